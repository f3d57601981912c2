//! Connections: HTTP/1.1 with a limit on how long a request's head may take, and a way
//! to end.
//!
//! `axum::serve` sets no timer, without which hyper's own limit does nothing.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use super::problem::Problem;
use crate::app::App;

/// How long a request's head may take, and an idle connection stay.
const HEAD: Duration = Duration::from_secs(15);

/// How long the program serves on after it was told to end, so that whoever watches
/// `/readyz` sends it nothing more.
const SERVED_ON: Duration = Duration::from_millis(500);

/// How long requests under way have at the end.
const LAST: Duration = Duration::from_secs(4);

/// Until the process is told to end, and a little longer.
pub async fn run(app: App, listener: TcpListener) {
    let router = super::router(app.clone());
    let graceful = GracefulShutdown::new();
    let ends = async {
        app.leaving.cancelled().await;
        tokio::time::sleep(SERVED_ON).await;
    };
    let mut ends = std::pin::pin!(ends);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Too many open files: those that are open end.
                    tracing::warn!("no connection could be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut ends => break,
        };
        let _nodelay = stream.set_nodelay(true);
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Callers leave as they like.
            let _ended = connection.await;
        });
    }
    drop(listener);
    let _elapsed = tokio::time::timeout(LAST, graceful.shutdown()).await;
}

/// Runs a request in a task of its own, which goes on when its caller leaves: a
/// transaction that is dropped half way would leave its connection unusable.
pub async fn in_a_task(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!("a request failed: {error}");
            Problem::internal().into_response()
        }
    }
}
