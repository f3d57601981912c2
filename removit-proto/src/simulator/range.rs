//! Which part of a result a request asks for (RFC 9110, section 14).
//!
//! One range alone is understood; several, other units and nonsense are passed
//! over, as a server may, and the whole is served.

use http::HeaderMap;
use http::header::{IF_RANGE, RANGE};

/// What to serve of `len` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of it: 200.
    Whole,
    /// The bytes from `first` up to `last`, both included: 206.
    Part { first: usize, last: usize },
    /// Nothing that is there: 416.
    Beyond,
}

impl Asked {
    /// Reads `Range`, and `If-Range` against the strong tag of what is there now.
    pub(super) fn of(headers: &HeaderMap, etag: &str, len: usize) -> Self {
        let Some(range) = headers.get(RANGE).and_then(|value| value.to_str().ok()) else {
            return Self::Whole;
        };
        // A date is not the tag: the simulator has no `Last-Modified`.
        if headers.get(IF_RANGE).is_some_and(|tag| tag.as_bytes() != etag.as_bytes()) {
            return Self::Whole;
        }
        let Some((first, last)) = range
            .strip_prefix("bytes=")
            .filter(|set| !set.contains(','))
            .and_then(|set| set.trim().split_once('-'))
        else {
            return Self::Whole;
        };
        let end = len.saturating_sub(1);
        match (number(first), number(last)) {
            (Some(first), _) if first >= len => Self::Beyond,
            (Some(first), None) if last.is_empty() => Self::Part { first, last: end },
            (Some(first), Some(last)) if first <= last => Self::Part { first, last: last.min(end) },
            (None, Some(0)) if first.is_empty() => Self::Beyond,
            (None, Some(_)) if first.is_empty() && len == 0 => Self::Beyond,
            (None, Some(count)) if first.is_empty() => {
                Self::Part { first: len.saturating_sub(count), last: end }
            }
            _ => Self::Whole,
        }
    }
}

/// Digits alone; more of them than a number holds still mean "very far".
fn number(digits: &str) -> Option<usize> {
    let are_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    are_digits.then(|| digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str, if_range: Option<&str>) -> Asked {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        if let Some(tag) = if_range {
            headers.insert(IF_RANGE, tag.parse().unwrap());
        }
        Asked::of(&headers, "\"now\"", 10)
    }

    #[test]
    fn a_range_has_a_start_an_end_or_a_length() {
        assert_eq!(asked("bytes=4-", None), Asked::Part { first: 4, last: 9 });
        assert_eq!(asked("bytes=0-0", None), Asked::Part { first: 0, last: 0 });
        assert_eq!(asked("bytes=4-99", None), Asked::Part { first: 4, last: 9 });
        assert_eq!(asked("bytes=-3", None), Asked::Part { first: 7, last: 9 });
        assert_eq!(asked("bytes=-99", None), Asked::Part { first: 0, last: 9 });
        for beyond in ["bytes=10-", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(asked(beyond, None), Asked::Beyond, "{beyond}");
        }
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        for range in ["bytes=0-1,3-4", "lines=0-1", "bytes=5-2", "bytes=-", "bytes=x-1", "bytes"] {
            assert_eq!(asked(range, None), Asked::Whole, "{range}");
        }
        assert_eq!(Asked::of(&HeaderMap::new(), "\"now\"", 10), Asked::Whole);
    }

    #[test]
    fn a_part_of_another_version_is_not_served() {
        assert_eq!(asked("bytes=4-", Some("\"now\"")), Asked::Part { first: 4, last: 9 });
        for other in ["\"then\"", "W/\"now\"", "now", "Sun, 22 Nov 2026 10:00:00 GMT"] {
            assert_eq!(asked("bytes=4-", Some(other)), Asked::Whole, "{other}");
        }
    }
}
