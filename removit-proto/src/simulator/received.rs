//! A request as it arrived: the head, and the body parsed while it streamed in.
//!
//! Reading needs no runtime and bounded memory: a file is counted and digested
//! chunk by chunk, and kept only up to the configured limit. Nothing here judges
//! whether the request is a good one.

use core::fmt;
use core::future::poll_fn;
use core::pin::{Pin, pin};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};

use super::fault::Fault;
use super::form;
use super::key::X_API_KEY;
use super::kind::{Kind, Origin};
use super::media_type::content_type;
use super::payload::{Broken, Payload, TEXT_LIMIT};

/// The right to have one request's body read, given by
/// [`Simulator::admit`](super::Simulator::admit).
#[derive(Debug)]
pub struct Ticket {
    pub(super) origin: Origin,
    pub(super) kind: Kind,
    pub(super) keep_limit: u64,
    pub(super) faults: Vec<Fault>,
}

/// A request that has arrived whole, for
/// [`Simulator::answer`](super::Simulator::answer).
#[derive(Debug)]
pub struct Received {
    pub(super) ticket: Ticket,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
}

/// The client vanished before the body was whole. Nothing was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted {
    pub(super) kind: Kind,
}

impl Interrupted {
    /// What the request was for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection broke before the request's body was whole")
    }
}

impl core::error::Error for Interrupted {}

impl Ticket {
    /// What the request is for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What to report where the body cannot be read to its end.
    #[must_use]
    pub fn interrupted(&self) -> Interrupted {
        Interrupted { kind: self.kind }
    }

    /// Reads the whole body, in bounded memory.
    ///
    /// A body that makes no sense is still received: the answer to it is the
    /// vendor's 422.
    ///
    /// # Errors
    /// [`Interrupted`] where the stream failed before its end.
    pub async fn read<S, E>(
        self,
        head: http::request::Parts,
        body: S,
    ) -> Result<Received, Interrupted>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
    {
        let mut body = pin!(body);
        let payload = match form::boundary(&head.headers) {
            None => read_text(body.as_mut()).await,
            Some(Ok(boundary)) => form::read(body.as_mut(), boundary, self.keep_limit).await,
            Some(Err(reason)) => Ok(Payload::Malformed(reason)),
        };
        let payload = payload.map_err(|Broken| self.interrupted())?;
        // What follows the last boundary belongs to the request as well.
        while let Some(chunk) = next(body.as_mut()).await {
            chunk.map_err(|_| self.interrupted())?;
        }
        let mut headers = head.headers;
        for (name, value) in &mut headers {
            if name == X_API_KEY || name == AUTHORIZATION {
                value.set_sensitive(true);
            }
        }
        Ok(Received { ticket: self, uri: head.uri, headers, payload })
    }
}

impl Received {
    pub(super) fn is_json(&self) -> bool {
        content_type(&self.headers).is_some_and(|essence| essence == "application/json")
    }
}

pub(super) async fn next<S: Stream + ?Sized>(mut stream: Pin<&mut S>) -> Option<S::Item> {
    poll_fn(|context| stream.as_mut().poll_next(context)).await
}

async fn read_text<S, E>(mut body: Pin<&mut S>) -> Result<Payload, Broken>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    let mut text = BytesMut::new();
    let mut too_long = false;
    while let Some(chunk) = next(body.as_mut()).await {
        let chunk = chunk.map_err(|_| Broken)?;
        too_long |= text.len().saturating_add(chunk.len()) > TEXT_LIMIT;
        if !too_long {
            text.extend_from_slice(&chunk);
        }
    }
    Ok(if too_long { Payload::TooLong } else { Payload::Text(text.freeze()) })
}
