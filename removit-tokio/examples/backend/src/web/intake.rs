//! `POST /photos`: a photo comes in, and is answered with an id of ours at once.
//!
//! Its bytes stream to disk and are whole before a row names them. A photo that is too
//! large is noticed as it comes; what is left of it is the middleware's (`body`).

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use removit_tokio::proto::{
    ContentHash, FileName, InputKey, Mode, Params, SourceFile, SourceUrl, UploadOptions,
    UploadRequest,
};

use super::auth::Caller;
use super::body::{Held, Sips};
use super::problem::{Answer, Problem};
use crate::app::App;
use crate::db::decide::{From, Given, Taken};
use crate::hooks::address;
use crate::store::{Incoming, Whole};

/// The longest field that is no photo, and the longest JSON body.
const TEXT_LIMIT: usize = 64 * 1024;

/// Longer than this nobody waits for the next bytes.
const IDLE: Duration = Duration::from_secs(15);

/// A body may take this long, and a second more for each KiB that came.
const GRACE: Duration = Duration::from_secs(30);

/// The longest name that is kept of a photo, in characters.
const NAME_LIMIT: usize = 200;

/// Options that are text, in forms and in JSON. They are called as the vendor's are.
const WORDS: [&str; 3] = ["mode", "delivery_mode", "output_format"];

/// What was asked for, before it is checked.
#[derive(Debug, Default)]
struct Asked {
    name: Option<String>,
    whole: Option<Whole>,
    file_url: Option<String>,
    webhook: Option<String>,
    /// As the core stores options.
    options: Map<String, Value>,
    params: Option<Params>,
}

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

impl Asked {
    /// Keeps a field that is text; `false` where nobody knows it.
    fn text(&mut self, name: &str, text: String) -> Answer<bool> {
        let slot = match name {
            "file_url" => &mut self.file_url,
            "webhook_url" => &mut self.webhook,
            "name" => &mut self.name,
            _ if WORDS.contains(&name) => {
                return match self.options.insert(name.to_owned(), text.into()) {
                    None => Ok(true),
                    Some(_) => Err(Problem::invalid(format!("`{name}` is there twice"))),
                };
            }
            _ => return Ok(false),
        };
        match slot.replace(text) {
            None => Ok(true),
            Some(_) => Err(Problem::invalid(format!("`{name}` is there twice"))),
        }
    }

    fn options(&self) -> Answer<UploadOptions> {
        let mut stored = self.options.clone();
        let is_params = stored.get("mode").and_then(Value::as_str) == Some("params");
        match (&self.params, is_params) {
            (Some(_), false) => return Err(Problem::invalid("`params` needs `mode=params`")),
            (None, true) => return Err(Problem::invalid("`mode=params` needs `params`")),
            (Some(_), true) => {
                stored.remove("mode");
            }
            (None, false) => {}
        }
        let options = serde_json::from_value::<UploadOptions>(stored.into());
        let mut options = options.map_err(|error| Problem::invalid(error.to_string()))?;
        if let Some(params) = &self.params {
            options.mode = Some(Mode::Params(params.clone()));
        }
        Ok(options)
    }
}

async fn json_body(request: Request) -> Answer<Asked> {
    let mut stream = request.into_body().into_data_stream();
    let mut body = Vec::new();
    let reading = async {
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(|_| Problem::unreadable("the body broke off"))?;
            if body.len() + bytes.len() > TEXT_LIMIT {
                return Err(Problem::too_large(TEXT_LIMIT as u64));
            }
            body.extend_from_slice(&bytes);
        }
        Ok(())
    };
    tokio::time::timeout(IDLE, reading).await.map_err(|_| Problem::too_slow())??;
    let object: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|error| Problem::unreadable(format!("not a JSON object: {error}")))?;
    let mut asked = Asked::default();
    for (name, value) in object {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("params", Value::String(set)) => asked.params = Some(Params::set(set)),
            ("params", Value::Object(object)) => asked.params = Some(Params::Object(object)),
            (_, Value::String(text)) => {
                if !asked.text(&name, text)? {
                    return Err(unknown(&name));
                }
            }
            _ => return Err(Problem::invalid(format!("`{name}` is not what is expected there"))),
        }
    }
    asked.name = asked.name.as_deref().map(name_of);
    Ok(asked)
}

fn unknown(name: &str) -> Problem {
    let name: String = name.chars().take(40).filter(|c| !c.is_control()).collect();
    Problem::invalid(format!("nobody knows a field `{name}`"))
}

async fn form(app: &App, request: Request) -> Answer<Asked> {
    let limit = app.settings.max_photo;
    let headers = request.headers();
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse().ok());
    // Whoever asks first need not send anything.
    let asks = headers.get(header::EXPECT).is_some();
    if asks
        && length.is_some_and(|length: u64| length > limit.saturating_add(4 * TEXT_LIMIT as u64))
    {
        return Err(Problem::too_large(limit));
    }
    let held = Held::default();
    let (head, body) = request.into_parts();
    let body = Body::from_stream(Sips::of(body, held.clone()));
    let form = Multipart::from_request(Request::from_parts(head, body), &()).await;
    let mut form = form.map_err(|error| Problem::unreadable(error.body_text()))?;
    let mut asked = Asked::default();
    fields(app, &mut form, &mut Pace::begin(held), &mut asked).await?;
    Ok(asked)
}

async fn fields(app: &App, form: &mut Multipart, pace: &mut Pace, asked: &mut Asked) -> Answer<()> {
    while let Some(mut field) = pace.next(form.next_field()).await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            if asked.whole.is_some() {
                return Err(Problem::invalid("one photo at a time: `file` is there twice"));
            }
            if asked.name.is_none() {
                asked.name = field.file_name().map(name_of).filter(|name| !name.is_empty());
            }
            let incoming = app.store.incoming().await?;
            let incoming = photo(&mut field, pace, incoming, app.settings.max_photo).await?;
            asked.whole = Some(incoming.end().await?.map_err(Problem::invalid)?);
            continue;
        }
        let mut text = Vec::new();
        while let Some(bytes) = pace.bytes(field.chunk()).await? {
            if text.len() + bytes.len() > TEXT_LIMIT {
                return Err(Problem::invalid("a field is longer than 64 KiB"));
            }
            text.extend_from_slice(&bytes);
        }
        let text =
            String::from_utf8(text).map_err(|_| Problem::unreadable("a field is not UTF-8"))?;
        if name == "params" {
            let params = match text.trim_start().starts_with('{') {
                true => {
                    Params::from_json(&text).map_err(|error| Problem::invalid(error.to_string()))?
                }
                false => Params::set(text),
            };
            if asked.params.replace(params).is_some() {
                return Err(Problem::invalid("`params` is there twice"));
            }
        } else if text.is_empty() {
            // What a page's form sends where nothing was chosen.
        } else if !asked.text(&name, text)? {
            return Err(unknown(&name));
        }
    }
    Ok(())
}

async fn photo(
    field: &mut Field<'_>,
    pace: &mut Pace,
    mut to: Incoming,
    limit: u64,
) -> Answer<Incoming> {
    while let Some(bytes) = pace.bytes(field.chunk()).await? {
        if to.came() + bytes.len() as u64 > limit {
            return Err(Problem::too_large(limit));
        }
        to.write(&bytes).await?;
    }
    Ok(to)
}

/// Honest photos may be slow; nobody may hold a connection with a byte now and then.
struct Pace {
    began: Instant,
    came: u64,
    held: Held,
}

impl Pace {
    fn begin(held: Held) -> Self {
        Self { began: Instant::now(), came: 0, held }
    }

    async fn next<T>(
        &self,
        next: impl Future<Output = Result<Option<T>, MultipartError>>,
    ) -> Answer<Option<T>> {
        let latest = self.began + GRACE + Duration::from_secs(self.came / 1024);
        let at = latest.min(Instant::now() + IDLE);
        match tokio::time::timeout_at(at, next).await {
            Ok(Ok(next)) => {
                self.held.given();
                Ok(next)
            }
            Ok(Err(error)) => Err(Problem::unreadable(error.body_text())),
            Err(_) => Err(Problem::too_slow()),
        }
    }

    async fn bytes(
        &mut self,
        next: impl Future<Output = Result<Option<Bytes>, MultipartError>>,
    ) -> Answer<Option<Bytes>> {
        let next = self.next(next).await?;
        self.came += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Ok(next)
    }
}

/// A name to show: the last part of a path or URL, in letters that do no harm.
fn name_of(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(NAME_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_without_what_is_signed() {
        assert_eq!(name_of("../../etc/cup.jpg"), "cup.jpg");
        assert_eq!(name_of("https://a.example/b/cup.jpg?signature=secret"), "cup.jpg");
        assert_eq!(name_of("C:\\photos\\cup.jpg"), "cup.jpg");
        assert_eq!(name_of("a\r\nb\0.png"), "ab.png");
    }
}
