//! `multipart/form-data` as a server reads it: text fields whole, the file in
//! passing.
//!
//! The parser buffers whatever its stream has ready, so the stream is handed to
//! it one chunk at a time, with an end to its patience where it finds nothing.

use core::fmt;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::digest::Digest;
use super::media_type::content_type;
use super::payload::{Broken, Form, Payload, ReceivedFile, TEXT_LIMIT};

const MOST_PARTS: usize = 64;

/// The boundary, or why there is none; `None` where the body is no form at all.
pub(super) fn boundary(headers: &HeaderMap) -> Option<Result<String, String>> {
    let essence = content_type(headers)?;
    if essence != "multipart/form-data" {
        return None;
    }
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(multer::parse_boundary(value).map_err(|error| error.to_string()))
}

pub(super) async fn read<S, E>(
    body: Pin<&mut S>,
    boundary: String,
    keep_limit: u64,
) -> Result<Payload, Broken>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
{
    let unread = Arc::new(AtomicUsize::new(0));
    let stream = OneAtATime { body, unread: Arc::clone(&unread), pause: false };
    // The parser's own limits are off: a file has none, a text field has its own.
    let limits = SizeLimit::new().whole_stream(u64::MAX).per_field(u64::MAX);
    let constraints = Constraints::new().size_limit(limits);
    let multipart = Multipart::with_constraints(stream, boundary, constraints);
    match read_parts(multipart, &unread, keep_limit).await {
        Ok(form) => Ok(Payload::Form(form)),
        Err(Flaw::Parser(multer::Error::StreamReadFailed(cause))) => match cause.downcast_ref() {
            Some(StreamError::Broken) => Err(Broken),
            _ => Ok(Payload::Malformed(cause.to_string())),
        },
        Err(Flaw::Parser(error)) => Ok(Payload::Malformed(error.to_string())),
        Err(Flaw::Text(reason)) => Ok(Payload::Malformed(reason.to_owned())),
    }
}

/// Why the parts could not be read.
enum Flaw {
    Parser(multer::Error),
    Text(&'static str),
}

impl From<multer::Error> for Flaw {
    fn from(error: multer::Error) -> Self {
        Self::Parser(error)
    }
}

async fn read_parts(
    mut multipart: Multipart<'_>,
    unread: &AtomicUsize,
    keep_limit: u64,
) -> Result<Form, Flaw> {
    let mut form = Form::default();
    let mut parts = 0_usize;
    while let Some(mut part) = multipart.next_field().await? {
        unread.store(0, Ordering::Relaxed);
        parts = parts.saturating_add(1);
        if parts > MOST_PARTS {
            return Err(Flaw::Text("too many parts"));
        }
        let Some(name) = part.name().filter(|name| !name.is_empty()).map(str::to_owned) else {
            return Err(Flaw::Text("a part without a name"));
        };
        match part.file_name().map(str::to_owned) {
            Some(file_name) => {
                let file = read_file(&mut part, file_name, unread, keep_limit).await?;
                // An empty file name is how a form sends "no file chosen".
                if name == "file" && !file.name.is_empty() {
                    form.file = Some(file);
                }
            }
            None => {
                let text = read_text(&mut part, unread).await?;
                form.fields.insert(name, text);
            }
        }
    }
    Ok(form)
}

async fn read_file(
    part: &mut Field<'_>,
    name: String,
    unread: &AtomicUsize,
    keep_limit: u64,
) -> Result<ReceivedFile, Flaw> {
    let content_type = part
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let mut digest = Digest::default();
    let mut kept = Some(BytesMut::new());
    while let Some(chunk) = part.chunk().await? {
        unread.store(0, Ordering::Relaxed);
        digest.update(&chunk);
        if digest.len() > keep_limit {
            kept = None;
        }
        if let Some(kept) = &mut kept {
            kept.extend_from_slice(&chunk);
        }
    }
    Ok(ReceivedFile {
        name,
        content_type,
        len: digest.len(),
        digest,
        kept: kept.map(BytesMut::freeze),
    })
}

async fn read_text(part: &mut Field<'_>, unread: &AtomicUsize) -> Result<String, Flaw> {
    let mut text = Vec::new();
    while let Some(chunk) = part.chunk().await? {
        unread.store(0, Ordering::Relaxed);
        if text.len().saturating_add(chunk.len()) > TEXT_LIMIT {
            return Err(Flaw::Text("a text field that is too long"));
        }
        text.extend_from_slice(&chunk);
    }
    String::from_utf8(text).map_err(|_| Flaw::Text("a text field that is not UTF-8"))
}

/// A body that has nothing more ready after each chunk, and that ends in an
/// error where too much of it was taken without a part coming out.
struct OneAtATime<'a, S> {
    body: Pin<&'a mut S>,
    unread: Arc<AtomicUsize>,
    pause: bool,
}

impl<S, E> Stream for OneAtATime<'_, S>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    type Item = Result<Bytes, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if core::mem::take(&mut self.pause) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = self.body.as_mut().poll_next(context);
        if let Poll::Ready(Some(Ok(chunk))) = &polled {
            self.pause = true;
            let before = self.unread.fetch_add(chunk.len(), Ordering::Relaxed);
            if before > TEXT_LIMIT {
                return Poll::Ready(Some(Err(StreamError::NothingFound)));
            }
        }
        polled.map(|item| item.map(|chunk| chunk.map_err(|_| StreamError::Broken)))
    }
}

/// Why the parser gets no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamError {
    Broken,
    NothingFound,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broken => "the connection broke",
            Self::NothingFound => "no part begins where one should",
        })
    }
}

impl core::error::Error for StreamError {}
