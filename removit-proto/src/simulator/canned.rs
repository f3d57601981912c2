//! Answers that need no work: every error of the contract, and what proxies and
//! broken servers send in its place.

use core::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{LOCATION, RETRY_AFTER};
use serde_json::json;

use super::reply::{Reply, date};
use crate::Instant;

/// A ready-made answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Canned {
    /// 401, no key came.
    KeyMissing,
    /// 401, the key is not accepted.
    KeyInvalid,
    /// 402
    NoCredits,
    /// 404
    NotFound,
    /// 422 with the contract's documented details.
    Validation,
    /// 429 with a JSON body.
    RateLimited {
        /// When to come back.
        retry_after: Option<RetryAfter>,
    },
    /// 503 with a JSON body.
    Unavailable {
        /// When to come back.
        retry_after: Option<RetryAfter>,
    },
    /// Any status without a body, and with `Retry-After` where given: a bare
    /// 503, a 502 of a proxy, an expired result's 403.
    Bare {
        /// The status.
        status: StatusCode,
        /// When to come back.
        retry_after: Option<RetryAfter>,
    },
    /// The HTML page of a proxy.
    Html(StatusCode),
    /// JSON that says that there is nothing yet, with whatever status.
    NotReady(StatusCode),
    /// JSON that ends in the middle of a word.
    CutJson(StatusCode),
    /// JSON that is not UTF-8.
    InvalidUtf8(StatusCode),
    /// JSON with a `job_id` and this many bytes of filling.
    Huge {
        /// The status.
        status: StatusCode,
        /// The length of the filling in bytes.
        bytes: usize,
    },
    /// A redirect.
    Redirect {
        /// 301, 302, 307 or 308.
        status: StatusCode,
        /// Where to.
        to: Target,
    },
}

/// The value of `Retry-After`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(u64),
    /// An HTTP date so long after the request arrived.
    Date(Duration),
    /// Any text, such as one that is no time at all.
    Text(String),
}

/// Where a redirect points to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// The address that was asked for: a loop where it happens every time.
    Here,
    /// Another path of the same host. Results are served there, too.
    OtherPath,
    /// Another path of the same host, in raw UTF-8 with a blank and brackets in it.
    /// Results are served there, too.
    RawPath,
    /// The same path on the vendor's other host: from the API's to the
    /// results', and back. Results are served there, too.
    OtherOrigin,
    /// Any text, such as an address that must not be followed.
    Text(String),
}

/// What a canned answer needs to know of the request and the simulator.
pub(super) struct Scene<'a> {
    pub(super) now: Instant,
    pub(super) path_and_query: &'a str,
    pub(super) other_base: &'a str,
}

impl Canned {
    /// A status alone.
    #[must_use]
    pub const fn bare(status: StatusCode) -> Self {
        Self::Bare { status, retry_after: None }
    }

    pub(super) fn reply(&self, scene: &Scene<'_>) -> Reply {
        match self {
            Self::KeyMissing => unauthorized("API key missing"),
            Self::KeyInvalid => unauthorized("API key invalid"),
            Self::NoCredits => error(StatusCode::PAYMENT_REQUIRED, "insufficient_credits"),
            Self::NotFound => error(StatusCode::NOT_FOUND, "not_found"),
            Self::Validation => Reply::json(
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!({"error": "validation", "details": {
                    "file": ["You must provide either file_url or file"],
                    "mode": ["The value you selected is not a valid choice."],
                }}),
            ),
            Self::RateLimited { retry_after } => {
                error(StatusCode::TOO_MANY_REQUESTS, "rate_limited")
                    .retry_after(retry_after.as_ref(), scene.now)
            }
            Self::Unavailable { retry_after } => {
                error(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable")
                    .retry_after(retry_after.as_ref(), scene.now)
            }
            Self::Bare { status, retry_after } => {
                Reply::bare(*status).retry_after(retry_after.as_ref(), scene.now)
            }
            Self::Html(status) => Reply::text(*status, "text/html; charset=UTF-8", html(*status)),
            Self::NotReady(status) => {
                let body = json!({"status": "pending", "message": "The result is not ready yet."});
                Reply::json(*status, &body)
            }
            Self::CutJson(status) => {
                Reply::text(*status, "application/json", r#"{"status":"queued","mo"#)
            }
            Self::InvalidUtf8(status) => Reply::text(
                *status,
                "application/json",
                Bytes::from_static(b"{\"status\":\"\xc3\x28\xff\",\"error\":\"\xfe\"}"),
            ),
            Self::Huge { status, bytes } => {
                let filling = "x".repeat(*bytes);
                Reply::json(*status, &json!({"filling": filling, "job_id": "none"}))
            }
            Self::Redirect { status, to } => {
                Reply::bare(*status).header(LOCATION, &to.location(scene))
            }
        }
    }
}

impl Target {
    fn location(&self, scene: &Scene<'_>) -> String {
        match self {
            Self::Here => scene.path_and_query.to_owned(),
            Self::OtherPath => format!("/moved{}", scene.path_and_query),
            Self::RawPath => format!("/movéd [1]{}", scene.path_and_query),
            Self::OtherOrigin => format!("{}{}", scene.other_base, scene.path_and_query),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Reply {
    fn retry_after(self, value: Option<&RetryAfter>, now: Instant) -> Self {
        match value {
            None => self,
            Some(RetryAfter::Seconds(seconds)) => self.header(RETRY_AFTER, &seconds.to_string()),
            Some(RetryAfter::Text(text)) => self.header(RETRY_AFTER, text),
            Some(RetryAfter::Date(after)) => match date((now + *after).since_origin()) {
                Some(date) => self.with(RETRY_AFTER, date),
                None => self,
            },
        }
    }
}

/// One of the contract's errors that have nothing but a name.
pub(super) fn error(status: StatusCode, name: &str) -> Reply {
    Reply::json(status, &json!({ "error": name }))
}

fn unauthorized(message: &str) -> Reply {
    Reply::json(StatusCode::UNAUTHORIZED, &json!({"error": "unauthorized", "message": message}))
}

fn html(status: StatusCode) -> String {
    format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
}
