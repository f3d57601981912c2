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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_counts_where_the_body_comes_as_it_is() {
        for (coding, length, expected) in [
            (None, "7", Some(7)),
            (None, " 7 ", Some(7)),
            (Some("identity"), "7", Some(7)),
            (Some(" IDENTITY "), "7", Some(7)),
            (Some("gzip"), "7", None),
            (Some(""), "7", None),
            (None, "-7", None),
            (None, "x", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_LENGTH, length.parse().unwrap());
            if let Some(coding) = coding {
                headers.insert(header::CONTENT_ENCODING, coding.parse().unwrap());
            }
            assert_eq!(content_length(&headers), expected, "{coding:?} {length}");
        }
        assert_eq!(content_length(&HeaderMap::new()), None);
    }
}
