//! What those ask who run the program: is it alive, is it ready, how much is there.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::problem::{Answer, Problem};
use crate::app::App;

/// The process lives, whatever its database does: to end it would mend nothing.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// Requests can be served: the database answers, and the process is not about to end.
pub async fn ready(State(app): State<App>) -> Response {
    if app.leaving.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "about to end\n").into_response();
    }
    match tokio::time::timeout(std::time::Duration::from_secs(2), app.db.now()).await {
        Ok(Ok(_)) => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database is away\n").into_response(),
    }
}

/// For Prometheus.
pub async fn metrics(State(app): State<App>) -> Answer {
    let text = app.metrics.text(&app.db).await.map_err(Problem::from)?;
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, media)], text).into_response())
}
