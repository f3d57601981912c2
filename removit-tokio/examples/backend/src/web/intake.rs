//! `POST /photos`: a photo comes in, and is answered with an id of ours at once.
//!
//! Its bytes stream to disk and are whole before a row names them. A photo that is too
//! large is noticed as it comes; what is left of it is the middleware's (`body`).

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use removit_tokio::proto::{ContentHash, FileName, InputKey, SourceFile, SourceUrl, UploadRequest};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::asked::{json_body, name_of};
use super::auth::Caller;
use super::form::form;
use super::problem::{Answer, Problem};
use crate::app::App;
use crate::db::decide::{From, Given, Taken};
use crate::hooks::address;

/// The route.
pub async fn give(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer {
    let once = idempotency_key(request.headers())?;
    let media = request.headers().get(header::CONTENT_TYPE);
    let media = media.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let asked = match media.as_str() {
        "multipart/form-data" => form(&app, request).await?,
        "application/json" => json_body(request).await?,
        _ => return Err(Problem::media()),
    };
    let options = asked.options()?;
    let webhook = asked.webhook.as_deref().map(|url| address::check(url, &app.settings));
    let webhook = webhook.transpose().map_err(Problem::invalid)?;
    if webhook.is_some() && app.secrets.is_empty() {
        return Err(Problem::invalid("no secret is set up to sign webhooks with"));
    }
    let id = uuid::Uuid::now_v7().to_string();
    let (request, content, len, media) = match (&asked.whole, &asked.file_url) {
        (Some(whole), None) => {
            let name = FileName::new(&format!("{id}.{}", whole.image.extension()));
            let file = SourceFile::new(name, whole.image, whole.len);
            let file = file.map_err(|_| Problem::invalid("the photo is empty"))?;
            let media = Some(whole.image.mime().to_owned());
            (UploadRequest::from_file(file), whole.hash, whole.len, media)
        }
        (None, Some(url)) => {
            let url = url
                .parse::<SourceUrl>()
                .map_err(|error| Problem::invalid(format!("`file_url`: {error}")))?;
            let content = ContentHash::new(Sha256::digest(url.as_str()).into());
            (UploadRequest::from_url(url), content, 0, None)
        }
        _ => return Err(Problem::invalid("give either a `file` or a `file_url`")),
    };
    let preimage = InputKey::preimage(&request.clone().with_options(options.clone()), &content);
    let key = InputKey::new(ContentHash::new(Sha256::digest(preimage).into()));
    let name = asked.name.clone().or_else(|| asked.file_url.as_deref().map(name_of));
    let source = match (asked.whole, request.source()) {
        (Some(whole), _) => From::File(app.store.keep(whole, &id).await?),
        (None, removit_tokio::proto::Source::Url(url)) => From::Url(url.clone()),
        // One of both was made above.
        (None, _) => return Err(Problem::internal()),
    };
    let once = once.map(|once| {
        let digest = format!("{key} {}", webhook.as_deref().unwrap_or_default());
        (once, digest)
    });
    let given = Given {
        id,
        tenant: caller.name,
        name: name.unwrap_or_default(),
        source,
        media,
        len,
        options,
        key,
        webhook,
        once,
    };
    let taken = app.db.give(&given).await;
    if !matches!(taken, Ok(Taken::New)) {
        // Where the database's answer was lost the row may be there: the sweep decides.
        if let (From::File(file), Ok(_)) = (&given.source, &taken) {
            app.store.forget(file).await;
        }
    }
    let (id, replayed) = match taken? {
        Taken::New => (given.id, false),
        Taken::Before(id) => (id, true),
        Taken::Other => return Err(Problem::other_request()),
    };
    app.metrics.photo(!replayed);
    let location = format!("/photos/{id}");
    let body = json!({ "id": id, "href": location, "events": format!("{location}/events") });
    let mut answer = (StatusCode::ACCEPTED, axum::Json(body)).into_response();
    let headers = answer.headers_mut();
    if let Ok(value) = location.parse() {
        headers.insert(header::LOCATION, value);
    }
    if replayed {
        headers.insert("idempotent-replay", http::HeaderValue::from_static("true"));
    }
    Ok::<Response, _>(answer)
}

fn idempotency_key(headers: &HeaderMap) -> Answer<Option<String>> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let good =
        text.len() <= 255 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !good || values.next().is_some() {
        return Err(Problem::unreadable(
            "`Idempotency-Key` is one word of 1 to 255 ASCII characters",
        ));
    }
    Ok(Some(text.to_owned()))
}
