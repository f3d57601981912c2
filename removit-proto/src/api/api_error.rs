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
mod tests {
    use super::*;
    use crate::ApiKey;
    use http::HeaderValue;

    fn decode(status: u16, body: &str) -> ApiError {
        let endpoint = Endpoint::production(ApiKey::new("sk-secret").unwrap());
        let answer = Response::builder().status(status).body(body.to_owned()).unwrap();
        ApiError::decode(&answer, &endpoint)
    }

    #[test]
    fn details_name_each_field_in_the_servers_order() {
        let body = r#"{"error":"validation","details":{"mode":["Bad.","Worse."],"file":"Lone."}}"#;
        let error = decode(422, body);
        assert_eq!(
            error.to_string(),
            "422 Unprocessable Entity: validation; mode: Bad. Worse.; file: Lone."
        );
    }

    #[test]
    fn a_flood_of_fields_is_kept_in_part() {
        let field = |n: usize| format!(r#""{n}":["x"]"#);
        let fields: Vec<_> = (0..3000).map(field).collect();
        let error = decode(422, &format!(r#"{{"details":{{{}}}}}"#, fields.join(",")));
        assert!((500..2000).contains(&error.details().len()), "{}", error.details().len());
    }

    #[test]
    fn an_answer_without_words_of_the_api_is_told_by_what_there_is() {
        assert_eq!(decode(502, "").to_string(), "502 Bad Gateway (empty body)");
        assert_eq!(decode(502, "<html>").to_string(), "502 Bad Gateway: <html>");
        assert_eq!(
            decode(302, "<html>").to_string(),
            "302 Found: redirected to an unnamed place, which is not followed; check the base URL"
        );
    }

    #[test]
    fn an_html_page_is_kept_in_part_and_the_status_decides() {
        let error = decode(503, &format!("<html>{}</html>", "x".repeat(10_000)));
        assert_eq!(error.kind(), ApiErrorKind::Unavailable);
        assert_eq!(error.excerpt().as_str().len(), Excerpt::MAX_LEN);
        assert!(!error.is_from_the_api());
    }

    #[test]
    fn an_echoed_key_is_nowhere_in_the_error() {
        let body = r#"{"error":"sk-secret","message":"sk-secret!",
            "details":{"k":["sk-secret"],"sk-secret":["x"]}}"#;
        let error = decode(401, body);
        assert!(!format!("{error} {error:?}").contains("sk-secret"), "{error:?}");
    }

    #[test]
    fn a_field_name_cannot_steer_a_terminal() {
        let error = decode(422, r#"{"details":{"\u001b[2J":["x"]}}"#);
        assert_eq!(error.details()[0].0, "\u{fffd}[2J");
    }

    #[test]
    fn every_text_that_is_kept_is_bounded_and_so_are_all_details_together() {
        let long = "x".repeat(10_000);
        let error = decode(422, &format!(r#"{{"error":"{long}","message":"{long}"}}"#));
        let lengths = [error.code(), error.message()].map(|text| text.map(str::len));
        assert_eq!(lengths, [Some(Excerpt::MAX_LEN); 2]);

        let crowd: Vec<_> = (0..5000).map(|i| format!(r#""f{i}":["{i}"," "]"#)).collect();
        let error = decode(422, &format!(r#"{{"details":{{{}}}}}"#, crowd.join(",")));
        let kept: usize = error.details().iter().map(|(f, p)| f.len() + p.concat().len()).sum();
        assert!((1000..=Excerpt::MAX_LEN).contains(&kept), "{kept}");
    }

    #[test]
    fn an_empty_php_map_of_details_is_no_detail() {
        assert!(decode(422, r#"{"error":"validation","details":[]}"#).details().is_empty());
    }

    #[test]
    fn an_error_is_read_out_of_notices_and_never_out_of_a_page() {
        let json = r#"{"error":"busy","message":"Later."}"#;
        let notice = "<br />\n<b>Warning</b>: {\"error\":\"wrong\"} in <b>a.php</b><br />\n";
        for body in [
            format!("{notice}{json}"),
            format!("{json}\n{notice}"),
            format!("\u{feff} {json}"),
            format!("{{\"debug\":1}}\n{json}"),
        ] {
            let error = decode(503, &body);
            assert_eq!((error.code(), error.message()), (Some("busy"), Some("Later.")), "{body}");
        }
        // Neither says anything of what became of an upload.
        assert!(!decode(503, notice).is_from_the_api());
        let page = format!("<!DOCTYPE html><script>{json}</script>");
        assert!(!decode(503, &page).is_from_the_api());
        let quoting = decode(503, r#"{"error":"<html>"}"#);
        assert_eq!(quoting.code(), Some("<html>"));
    }

    #[test]
    fn what_is_kept_of_a_compressed_body_is_text() {
        let told = |encoding: &str, body: &[u8]| {
            let answer = Response::builder().status(502).header("content-encoding", encoding);
            let endpoint = Endpoint::production(ApiKey::new("sk-secret").unwrap());
            let error = ApiError::decode(&answer.body(body).unwrap(), &endpoint);
            error.excerpt().as_str().to_owned()
        };
        let page = b"<h1>Bad gateway for sk-secret</h1>";
        let zlib = miniz_oxide::deflate::compress_to_vec_zlib(page, 6);
        assert_eq!(told("deflate", &zlib), "<h1>Bad gateway for ***</h1>");
        assert_eq!(told("gzip", page), "<h1>Bad gateway for ***</h1>");
        assert!(
            told("deflate", &zlib[..20]).starts_with("<h1>Bad"),
            "{}",
            told("deflate", &zlib[..20])
        );
        assert_eq!(told("br", b"\x8b\xff"), "[a body in the encoding \"br\", which is not read]");
        assert_eq!(told("gzip", b"\x1f\x8b"), "[a compressed body that is cut off or damaged]");
    }

    #[test]
    fn a_location_in_raw_bytes_is_shown() {
        let answer = Response::builder()
            .status(302)
            .header("location", HeaderValue::from_bytes("/é".as_bytes()).unwrap());
        let endpoint = Endpoint::production(ApiKey::new("sk-secret").unwrap());
        let error = ApiError::decode(&answer.body("").unwrap(), &endpoint);
        assert!(error.to_string().contains("redirected to /é,"), "{error}");
    }

    #[test]
    fn a_cut_off_body_still_has_its_status() {
        let error = decode(401, r#"{"error":"unauth"#);
        assert_eq!(error.kind(), ApiErrorKind::Unauthorized);
        assert_eq!(error.code(), None);
    }

    #[test]
    fn an_object_that_says_nothing_of_an_error_does_not_hide_one_before_it() {
        let error = r#"{"error":"busy"}"#;
        for other in ["{}", r#"{"debug":1}"#, r#"{"details":[]}"#, r#"{"details":{"file":[]}}"#] {
            let read = decode(422, &format!("{error}\n{other}"));
            assert_eq!(read.code(), Some("busy"), "{other}");
        }
        for (last, code, details) in [
            (r#"{"error":"bad"}"#, Some("bad"), 0),
            (r#"{"message":"Bad."}"#, None, 0),
            (r#"{"details":{"file":["Bad."]}}"#, None, 1),
            (r#"{"details":{"file":"Bad."}}"#, None, 1),
            (r#"{"details":["Bad."]}"#, None, 1),
        ] {
            let read = decode(422, &format!("{error}\n{last}"));
            assert_eq!((read.code(), read.details().len()), (code, details), "{last}");
        }
    }
}
