//! What tells one version of a result from another, byte for byte (RFC 9110,
//! section 8.8): the condition under which a part may be put behind a part.
//!
//! Compares nothing itself: the server does, by `If-Range`.

use core::time::Duration;

use http::{HeaderMap, HeaderValue, header};

/// How much older than the answer a `Last-Modified` must be: only then can the result
/// not have changed again within the same second.
const SETTLED: Duration = Duration::from_secs(60);

/// A strong entity tag, or else a date that cannot be another version's.
pub(crate) fn strong_validator(headers: &HeaderMap) -> Option<&HeaderValue> {
    match headers.get(header::ETAG) {
        Some(tag) => Some(tag).filter(|tag| tag.as_bytes().starts_with(b"\"")),
        None => headers.get(header::LAST_MODIFIED).filter(|date| is_settled(date, headers)),
    }
}

fn is_settled(modified: &HeaderValue, headers: &HeaderMap) -> bool {
    let date = |value: &HeaderValue| httpdate::parse_http_date(value.to_str().ok()?).ok();
    let (Some(modified), Some(sent)) = (date(modified), headers.get(header::DATE).and_then(date))
    else {
        return false;
    };
    sent.duration_since(modified).is_ok_and(|age| age >= SETTLED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validator(headers: &[(&str, &str)]) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        strong_validator(&map).map(|value| value.to_str().unwrap().to_owned())
    }

    const NOON: (&str, &str) = ("date", "Sun, 22 Nov 2026 12:00:00 GMT");

    #[test]
    fn a_strong_tag_is_one_and_a_weak_one_is_none() {
        assert_eq!(validator(&[("etag", "\"v1\"")]).as_deref(), Some("\"v1\""));
        let settled = ("last-modified", "Sun, 22 Nov 2026 11:00:00 GMT");
        assert_eq!(validator(&[("etag", "W/\"v1\""), NOON, settled]), None);
    }

    #[test]
    fn a_date_is_one_where_it_is_a_minute_old() {
        for (modified, is_strong) in [
            ("Sun, 22 Nov 2026 11:59:00 GMT", true),
            ("Sun, 22 Nov 2026 11:59:01 GMT", false),
            ("Sun, 22 Nov 2026 13:00:00 GMT", false),
            ("yesterday", false),
        ] {
            let found = validator(&[NOON, ("last-modified", modified)]);
            assert_eq!(found.is_some(), is_strong, "{modified}");
            assert_eq!(validator(&[("last-modified", modified)]), None, "no `Date`");
        }
        assert_eq!(validator(&[NOON]), None);
    }
}
