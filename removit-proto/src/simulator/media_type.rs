//! The type of a body, as a server compares it. Judges none.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The `Content-Type` without its parameters, in lower case.
pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(essence(value))
}

/// A MIME type without its parameters, in lower case.
pub(super) fn essence(mime: &str) -> String {
    let essence = mime.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}
