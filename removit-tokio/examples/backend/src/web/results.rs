//! Files: what a caller gave, and what came of it.
//!
//! A file is served as what its bytes are, to be shown in a page and never to run:
//! whatever it is called, and whatever is in an SVG.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;

use super::auth::Caller;
use super::problem::{Answer, Problem};
use crate::app::App;
use crate::db::fetches::FINAL;
use crate::error::Error;

/// `GET /photos/{id}/results/{variation}`; `final` is the one of `delivery_mode=final_url`.
pub async fn one(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path((id, variation)): Path<(String, String)>,
) -> Answer {
    let row = app.db.row_of(&caller.name, &id).await?.ok_or_else(Problem::not_found)?;
    let results = app.db.results_of(&row.id).await?;
    let found = results.iter().find(|result| result.variation == variation);
    // With one result there is no doubt which is meant.
    let only = || results.first().filter(|_| results.len() == 1 && variation == FINAL);
    let result = found.or_else(only).ok_or_else(Problem::not_found)?;
    file(&app, &result.file, &result.media).await
}

/// `GET /photos/{id}/original`: the photo as it was given.
pub async fn original(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let row = app.db.row_of(&caller.name, &id).await?.ok_or_else(Problem::not_found)?;
    let (Some(name), Some(media)) = (&row.file, &row.media) else {
        return Err(Problem::not_found());
    };
    file(&app, name, media).await
}

async fn file(app: &App, name: &str, media: &str) -> Answer {
    let (len, bytes) = app.store.read(name).await.map_err(|error| match error {
        Error::Io(error) => {
            tracing::error!("{name}: {error}");
            Problem::not_found()
        }
        error => error.into(),
    })?;
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_LENGTH, len.to_string()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
        (header::CACHE_CONTROL, "private, max-age=3600".to_owned()),
    ];
    Ok::<Response, _>((headers, Body::from_stream(bytes)).into_response())
}
