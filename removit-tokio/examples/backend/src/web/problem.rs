//! Errors as callers see them: problem details (RFC 9457).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::db::photo::State;
use crate::error::Error;

/// What went wrong, and what a caller can do about it.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
}

/// What a handler answers.
pub type Answer<T = Response> = std::result::Result<T, Problem>;

impl Problem {
    fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, kind, title, detail: detail.into() }
    }

    /// The request cannot be read.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", "The request cannot be read", detail)
    }

    /// It can be read, and cannot be done.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request makes no sense", detail)
    }

    /// The key was used for something else.
    pub fn other_request() -> Self {
        let detail =
            "this Idempotency-Key was used for another photo or other options; nothing was taken";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "key-used", "The key was used before", detail)
    }

    /// Neither a form nor JSON.
    pub fn media() -> Self {
        let detail =
            "send multipart/form-data with a `file`, or application/json with a `file_url`";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "media-type",
            "Neither a form nor JSON",
            detail,
        )
    }

    /// The photo, or JSON about one, is larger than what is taken.
    pub fn too_large(limit: u64) -> Self {
        let detail = format!("at most {limit} bytes are taken");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "That is too large", detail)
    }

    /// The body came too slowly.
    pub fn too_slow() -> Self {
        let detail = "the body came too slowly; nothing was taken";
        Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "The request took too long", detail)
    }

    /// There is no such thing, or it is another caller's.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", "there is no such thing for you")
    }

    /// Another method.
    pub fn method() -> Self {
        let detail = "this path has no such method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", "Method not allowed", detail)
    }

    /// No token, or one that is not known.
    pub fn unauthorized() -> Self {
        let detail = "send `Authorization: Bearer` with your token";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Who are you?", detail)
    }

    /// Known, and not allowed.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    /// There is nothing to decide.
    pub fn nothing_to_decide(state: State) -> Self {
        let detail = format!("the photo is {}: there is nothing to decide", state.as_str());
        Self::new(StatusCode::CONFLICT, "nothing-to-decide", "Nothing to decide", detail)
    }

    /// The database is away, or what holds photos.
    pub fn away(what: &str) -> Self {
        let detail =
            format!("the {what} cannot be reached; send it again with the same Idempotency-Key");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "away", "Not now", detail)
    }

    /// Nobody's fault but ours. What it was is in the log.
    pub fn internal() -> Self {
        let detail = "the program failed; what it was is in its log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong", detail)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        tracing::error!("{error}");
        match error {
            Error::Database(_) => Self::away("database"),
            Error::Away(_) => Self::away("store of photos"),
            _ => Self::internal(),
        }
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        tracing::error!("{error}");
        Self::internal()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": format!("urn:removit-backend:{}", self.kind),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut answer = (self.status, body.to_string()).into_response();
        let headers = answer.headers_mut();
        let media = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media);
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            }
            _ => {}
        }
        answer
    }
}
