//! An answer that says no: the status decides, the body explains.
//!
//! The body is read where it is the documented JSON and kept in part where it
//! is not (contract, rule 6). What an error means for a paid job is decided by
//! the machines, not here.

use core::fmt;
use core::time::Duration;
use std::borrow::Cow;

use http::{Response, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::api::answer::Answer;
use crate::api::endpoint::Endpoint;
use crate::api::excerpt::{Excerpt, OneLine, kept};
use crate::api::loose_json::Loose;
use crate::api::retry_after::retry_after;
use crate::api::url_encoding::location_text;

/// An answer of the API other than the one that was hoped for.
///
/// ```
/// use removit_proto::{ApiError, ApiErrorKind, ApiKey, Endpoint};
///
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let answer = http::Response::builder()
///     .status(402)
///     .body(br#"{"error":"insufficient_credits"}"#.as_slice())?;
/// let error = ApiError::decode(&answer, &endpoint);
/// assert_eq!(error.kind(), ApiErrorKind::InsufficientCredits);
/// assert_eq!(error.code(), Some("insufficient_credits"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiError {
    /// Boxed, so that results with an error in them stay small.
    said: Box<Said>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    status: u16,
    code: Option<String>,
    message: Option<String>,
    details: Vec<(String, Vec<String>)>,
    location: Option<String>,
    retry_after: Option<Duration>,
    has_retry_after: bool,
    excerpt: Excerpt,
}

/// What an error answer is about, by its status alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// 401: the key is missing or refused.
    Unauthorized,
    /// 402: the account cannot pay for the job.
    InsufficientCredits,
    /// 404: the job is unknown, or belongs to another account.
    NotFound,
    /// 422: well-formed but refused; see [`ApiError::details`].
    Validation,
    /// 429: too many requests.
    RateLimited,
    /// 503: the service is down for now.
    Unavailable,
    /// 3xx: the base URL is not where the API is; redirects are not followed.
    Redirected,
    /// Any other 4xx.
    Refused,
    /// Any other 5xx, and what is no HTTP error at all.
    Server,
}

impl ApiError {
    /// Reads an answer of any status. Copies of the endpoint's key in the body
    /// are replaced, and of no text more than 4 KiB is kept.
    #[must_use]
    pub fn decode<B: AsRef<[u8]>>(answer: &Response<B>, endpoint: &Endpoint) -> Self {
        let body = Answer::read(answer);
        // What is in a page of a proxy, or in a notice, is not the API's own word.
        let json = body.object(|json, is_alone| is_alone && explains(json));
        let field = |key| json.and_then(|json| json.get(key));
        let text = |key| field(key).and_then(Loose::text);
        let clean = |text: Cow<'_, str>| kept(&text, endpoint, Excerpt::MAX_LEN);
        let said = Said {
            status: answer.status().as_u16(),
            code: text("error").map(clean),
            message: text("message").map(clean),
            details: field("details").map(|d| details(d, endpoint)).unwrap_or_default(),
            location: answer
                .headers()
                .get(header::LOCATION)
                .map(location_text)
                .map(Cow::from)
                .map(clean),
            retry_after: retry_after(answer.headers()),
            has_retry_after: answer.headers().contains_key(header::RETRY_AFTER),
            excerpt: Excerpt::of(&body.shown(), endpoint),
        };
        Self { said: Box::new(said) }
    }

    /// What the error is about.
    #[must_use]
    pub fn kind(&self) -> ApiErrorKind {
        match self.said.status {
            401 => ApiErrorKind::Unauthorized,
            402 => ApiErrorKind::InsufficientCredits,
            404 => ApiErrorKind::NotFound,
            422 => ApiErrorKind::Validation,
            429 => ApiErrorKind::RateLimited,
            503 => ApiErrorKind::Unavailable,
            300..=399 => ApiErrorKind::Redirected,
            400..=499 => ApiErrorKind::Refused,
            _ => ApiErrorKind::Server,
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.said.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body's `error`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.said.code.as_deref()
    }

    /// The body's `message`.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.said.message.as_deref()
    }

    /// The body's `details`: field names with what is wrong with each. At most
    /// 4 KiB of them are kept.
    #[must_use]
    pub fn details(&self) -> &[(String, Vec<String>)] {
        &self.said.details
    }

    /// How long the server asks to wait, at most an hour.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.said.retry_after
    }

    /// A bounded piece of the body, whatever it is.
    #[must_use]
    pub fn excerpt(&self) -> &Excerpt {
        &self.said.excerpt
    }

    /// Whether there is a `Retry-After`, even one that is not understood.
    pub(crate) fn has_retry_after(&self) -> bool {
        self.said.has_retry_after
    }

    /// Whether the body is a JSON error as the API writes them, rather than a
    /// page of some proxy.
    pub(crate) fn is_from_the_api(&self) -> bool {
        self.said.code.is_some() || self.said.message.is_some()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status())?;
        match (self.code().map(OneLine), self.message().map(OneLine)) {
            (Some(code), Some(message)) => write!(f, ": {code}: {message}")?,
            (Some(text), None) | (None, Some(text)) => write!(f, ": {text}")?,
            (None, None) if self.kind() == ApiErrorKind::Redirected => {
                let location = OneLine(self.said.location.as_deref().unwrap_or("an unnamed place"));
                write!(f, ": redirected to {location}, which is not followed; check the base URL")?;
            }
            (None, None) if self.said.excerpt.as_str().is_empty() => {
                f.write_str(" (empty body)")?;
            }
            (None, None) => write!(f, ": {}", self.said.excerpt)?,
        }
        if self.said.details.is_empty() {
            return Ok(());
        }
        let field =
            |(field, problems): &(String, Vec<String>)| format!("{field}: {}", problems.join(" "));
        let fields: Vec<_> = self.said.details.iter().map(field).collect();
        write!(f, "; {}", OneLine(&fields.join("; ")))
    }
}

impl core::error::Error for ApiError {}

/// Whether an object has one of the fields that tell of an error.
fn explains(json: Loose<'_>) -> bool {
    let says = |key| json.get(key).and_then(Loose::text).is_some();
    says("error")
        || says("message")
        || json.get("details").is_some_and(|details| {
            let below = |field: Loose<'_>| Some(field.texts()).filter(|texts| !texts.is_empty());
            !details.entries(below).is_empty()
        })
}

/// The names and texts of `details`, as many as fit into the bound together.
fn details(json: Loose<'_>, endpoint: &Endpoint) -> Vec<(String, Vec<String>)> {
    let mut left = Excerpt::MAX_LEN;
    let mut keep = |text: &str| {
        let text = (left > 0).then(|| kept(text, endpoint, left))?;
        // An empty text takes room too.
        left = left.saturating_sub(text.len().max(1));
        Some(text)
    };
    let mut details = Vec::new();
    for (field, problems) in json.entries(|value| Some(value.texts())) {
        let Some(field) = keep(&field) else { break };
        details.push((field, problems.iter().map_while(|text| keep(text)).collect()));
    }
    details
}

#[cfg(test)]
mod tests;
