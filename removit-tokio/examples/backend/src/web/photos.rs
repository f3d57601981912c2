//! Photos as callers ask for them, and what people decide about them.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::auth::Caller;
use super::problem::{Answer, Problem};
use crate::app::App;
use crate::db::decide::Decided;
use crate::db::photo;

/// The most photos of one page.
const LARGEST_PAGE: i64 = 200;

/// What can be asked of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    state: Option<String>,
    before: Option<String>,
    limit: Option<i64>,
}

/// `GET /photos?state=…&before=…&limit=…`
pub async fn list(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<Listed>, QueryRejection>,
) -> Answer {
    let Query(query) = query.map_err(|error| Problem::unreadable(error.body_text()))?;
    let state = match query.state.as_deref() {
        None | Some("") => None,
        Some(word) => Some(photo::State::parse(word).ok_or_else(|| {
            let words: Vec<_> = photo::State::ALL.iter().map(|state| state.as_str()).collect();
            Problem::unreadable(format!("`state` is one of {}", words.join(", ")))
        })?),
    };
    let limit = query.limit.unwrap_or(50);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(Problem::unreadable(format!("`limit` is 1 to {LARGEST_PAGE}")));
    }
    let (photos, next) = app.db.page(&caller.name, state, query.before.as_deref(), limit).await?;
    Ok(Json(json!({ "photos": photos, "next": next })).into_response())
}

/// `GET /photos/{id}`
pub async fn one(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let view = app.db.view(&caller.name, &id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(view).into_response())
}

/// `POST /photos/{id}/resend`: sends it again, which may cost again.
pub async fn resend(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let decided = app.db.resend(&caller.name, &id).await?;
    answer(&app, &caller, &id, decided).await
}

/// `POST /photos/{id}/retry`: goes on where that costs nothing.
pub async fn retry(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let decided = app.db.retry(&caller.name, &id).await?;
    answer(&app, &caller, &id, decided).await
}

async fn answer(app: &App, caller: &Caller, id: &str, decided: Decided) -> Answer {
    match decided {
        Decided::Unknown => Err(Problem::not_found()),
        Decided::Not(state) => Err(Problem::nothing_to_decide(state)),
        Decided::Yes => {
            let view = app.db.view(&caller.name, id).await?.ok_or_else(Problem::not_found)?;
            Ok((StatusCode::ACCEPTED, Json(view)).into_response())
        }
    }
}

/// `GET /account`: whether uploads go on.
pub async fn account(State(app): State<App>, Extension(caller): Extension<Caller>) -> Answer {
    let account = app.db.account().await?;
    Ok(Json(json!({
        "stopped": account.stopped.is_some(),
        "reason": account.stopped.filter(|_| caller.is_operator),
        "paused_ms": u64::try_from(account.paused_for.as_millis()).unwrap_or(u64::MAX),
        "operator": caller.is_operator,
    }))
    .into_response())
}

/// `POST /account/resume`: the key or the account is in order again.
pub async fn resume(State(app): State<App>, Extension(caller): Extension<Caller>) -> Answer {
    if !caller.is_operator {
        return Err(Problem::forbidden("only the caller named `operator` may"));
    }
    app.db.resume_uploads().await?;
    Ok::<Response, _>(StatusCode::NO_CONTENT.into_response())
}
