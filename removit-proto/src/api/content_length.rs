//! `Content-Length`: how long a body is by its server's word.
//!
//! Whether that came true is for others to judge.

use http::{HeaderMap, HeaderValue, header};

/// The announced length, where the body is not encoded in some other way.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    if is_encoded(headers) {
        return None;
    }
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Whether the bytes of the body are not those of what it stands for.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    let is_identity =
        |value: &HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    !headers.get_all(header::CONTENT_ENCODING).iter().all(is_identity)
}
