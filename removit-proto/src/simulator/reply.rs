//! An answer, and how its bytes go over the wire.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::Instant;

/// An answer as a server has to send it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Reply {
    /// How long to wait before the first byte.
    pub delay: Duration,
    /// The answer itself. `Content-Length` is the length of its body.
    pub response: Response<Bytes>,
    /// How the bytes go out.
    pub wire: Wire,
}

/// How the bytes of an answer go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wire {
    /// As fast as they can.
    Whole,
    /// Not at all: the connection closes instead.
    DropBeforeAnswer,
    /// The head with the full `Content-Length`, fewer bytes, then the end of
    /// the connection.
    CutBody {
        /// How many bytes of the body are sent.
        after: usize,
    },
    /// The head with the full `Content-Length`, fewer bytes, then nothing more,
    /// while the connection stays.
    Stall {
        /// How many bytes of the body are sent.
        after: usize,
    },
    /// In pieces.
    Drip {
        /// Bytes in a piece, at least one.
        chunk: usize,
        /// The time between two pieces.
        every: Duration,
    },
}

impl Reply {
    /// A JSON answer.
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// An answer with this type and body.
    pub(super) fn text(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let mut reply = Self::bare(status);
        *reply.response.body_mut() = body.into();
        reply.with(CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// An answer without a body.
    pub(super) fn bare(status: StatusCode) -> Self {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status;
        Self { delay: Duration::ZERO, response, wire: Wire::Whole }
    }

    /// No answer at all.
    pub(super) fn dropped() -> Self {
        Self { wire: Wire::DropBeforeAnswer, ..Self::bare(StatusCode::NO_CONTENT) }
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.response.headers_mut().insert(name, value);
        self
    }

    /// Leaves the header out where HTTP cannot carry the text. Beyond ASCII its
    /// bytes are those of UTF-8.
    pub(super) fn header(self, name: HeaderName, text: &str) -> Self {
        match HeaderValue::from_bytes(text.as_bytes()) {
            Ok(value) => self.with(name, value),
            Err(_) => self,
        }
    }

    /// The same reply, with the vendor's clock on it.
    pub(super) fn dated(self, now: Instant) -> Self {
        match date(now.since_origin()) {
            Some(date) => self.with(DATE, date),
            None => self,
        }
    }
}

/// An HTTP date, where the Unix epoch is the origin of time; none after the year
/// 9999, which the format cannot write.
pub(super) fn date(since_epoch: Duration) -> Option<HeaderValue> {
    const YEAR_10000: u64 = 253_402_300_800;
    if since_epoch.as_secs() >= YEAR_10000 {
        return None;
    }
    let moment: SystemTime = UNIX_EPOCH.checked_add(since_epoch)?;
    HeaderValue::from_str(&httpdate::fmt_http_date(moment)).ok()
}
