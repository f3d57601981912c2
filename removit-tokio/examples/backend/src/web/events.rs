//! Server-sent events: the steps of a photo as they happen.
//!
//! A step's number is its place in its photo's history, so `Last-Event-ID` names exactly
//! what was seen. A stream listens before it reads, reads on every piece of news and
//! every few seconds besides: none is missed, none comes twice, whichever process the
//! step happened in. No stream holds a connection of the database while it waits.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::auth::Caller;
use super::problem::{Answer, Problem};
use crate::app::App;
use crate::db::photo;

/// The longest that a step of another process stays unseen when its news is lost.
const LOOK_EVERY: Duration = Duration::from_secs(4);

/// How often a quiet stream says that it is there; who vanished is noticed by that.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

type Steps = mpsc::Sender<Result<Event, Infallible>>;

/// `GET /photos/{id}/events`, which ends with the photo.
pub async fn of_photo(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    app.db.row_of(&caller.name, &id).await?.ok_or_else(Problem::not_found)?;
    let after = match headers.get("last-event-id").map(|value| value.to_str()) {
        None => 0,
        Some(Ok("")) => 0,
        Some(id) => id
            .ok()
            .and_then(|id| id.parse::<i64>().ok())
            .ok_or_else(|| Problem::unreadable("`Last-Event-ID` is the number of a step"))?,
    };
    let (steps, stream) = mpsc::channel(16);
    tokio::spawn(tell_photo(app, caller.name, id, after, steps));
    Ok(streaming(stream))
}

/// `GET /events`: that photos of a caller changed, for the page. It tells how they are
/// now, and nothing of the past.
pub async fn of_caller(State(app): State<App>, Extension(caller): Extension<Caller>) -> Response {
    let (steps, stream) = mpsc::channel(16);
    tokio::spawn(tell_caller(app, caller.name, steps));
    streaming(stream)
}

fn streaming(stream: mpsc::Receiver<Result<Event, Infallible>>) -> Response {
    let stream = futures_util::stream::unfold(stream, async |mut stream| {
        stream.recv().await.map(|event| (event, stream))
    });
    let alive = KeepAlive::new().interval(COMMENT_EVERY).text("here");
    let mut answer = Sse::new(stream).keep_alive(alive).into_response();
    // Proxies that gather answers would hold the steps back.
    answer.headers_mut().insert("x-accel-buffering", http::HeaderValue::from_static("no"));
    answer
}

async fn tell_photo(app: App, tenant: String, id: String, mut after: i64, steps: Steps) {
    let ended = ends(&app, &steps);
    // With this task the last holder of the stream ends, and so does the stream.
    let _over = ended.clone().drop_guard();
    let mut news = app.db.hub().listen();
    while !ended.is_cancelled() {
        // The state first: a step that comes after it is told by the next look.
        let state = match app.db.row_of(&tenant, &id).await {
            Ok(Some(row)) => Some((row.state, row.seq)),
            Ok(None) => return,
            Err(_) => None,
        };
        if let Ok(new) = app.db.steps(&id, after).await {
            for step in new {
                after = step.seq;
                let data = serde_json::to_string(&step).unwrap_or_default();
                let event = Event::default().id(step.seq.to_string()).event(step.kind).data(data);
                if steps.send(Ok(event)).await.is_err() {
                    return;
                }
            }
        }
        if state.is_some_and(|(state, seq)| is_over(state) && seq <= after) {
            // A client that comes back by itself has to know that there is no more.
            let _gone = steps.send(Ok(Event::default().event("end").data("{}"))).await;
            return;
        }
        tokio::select! {
            () = news.of(&id, LOOK_EVERY) => {}
            () = ended.cancelled() => {}
        }
    }
}

/// Of what a person may still decide the stream goes on.
fn is_over(state: photo::State) -> bool {
    matches!(state, photo::State::Done | photo::State::Failed | photo::State::Rejected)
}

async fn tell_caller(app: App, tenant: String, steps: Steps) {
    let ended = ends(&app, &steps);
    // With this task the last holder of the stream ends, and so does the stream.
    let _over = ended.clone().drop_guard();
    let mut news = app.db.hub().listen();
    while !ended.is_cancelled() {
        let changed = tokio::select! {
            changed = news.next() => changed,
            () = ended.cancelled() => return,
        };
        let event = match changed {
            Some(id) => match app.db.view(&tenant, &id).await {
                Ok(Some(view)) => Event::default()
                    .event("photo")
                    .data(serde_json::to_string(&view).unwrap_or_default()),
                _ => continue,
            },
            // The page reads its list again.
            None => Event::default().event("missed").data("{}"),
        };
        if steps.send(Ok(event)).await.is_err() {
            return;
        }
    }
}

/// Cancelled when the process is to end or the reader is gone.
fn ends(app: &App, steps: &Steps) -> CancellationToken {
    let ended = app.leaving.child_token();
    let (steps, told) = (steps.clone(), ended.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = steps.closed() => told.cancel(),
            () = told.cancelled() => {}
        }
    });
    ended
}
