//! A form with a photo in it, which streams to disk as it comes.

use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use http::header;
use removit_tokio::proto::Params;
use tokio::time::Instant;

use super::asked::{Asked, IDLE, TEXT_LIMIT, name_of, unknown};
use super::body::{Held, Sips};
use super::problem::{Answer, Problem};
use crate::app::App;
use crate::store::Incoming;

/// A body may take this long, and a second more for each KiB that came.
const GRACE: Duration = Duration::from_secs(30);

pub(super) async fn form(app: &App, request: Request) -> Answer<Asked> {
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
