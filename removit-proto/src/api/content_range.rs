//! `Content-Range`: which part of a result an answer holds (RFC 9110, section 14.4).
//!
//! Says what the header says; whether that was asked for is for others to judge.

use http::{HeaderMap, header};

/// `bytes first-last/total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    pub(crate) first: u64,
    /// All of the result, where the server knows.
    pub(crate) total: Option<u64>,
}

impl ContentRange {
    /// `None` where there is none, more than one, or one that makes no sense.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(header::CONTENT_RANGE).iter();
        let (Some(value), None) = (all.next(), all.next()) else { return None };
        let (range, total) = value.to_str().ok()?.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.trim().split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let total = if total.trim() == "*" { None } else { Some(number(total.trim())?) };
        let makes_sense = first <= last && total.is_none_or(|total| last < total);
        makes_sense.then_some(Self { first, total })
    }
}

fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Option<(u64, Option<u64>)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::CONTENT_RANGE, value.parse().unwrap());
        }
        ContentRange::of(&headers).map(|range| (range.first, range.total))
    }

    #[test]
    fn a_range_has_a_beginning_and_perhaps_a_total() {
        assert_eq!(of(&["bytes 5-9/10"]), Some((5, Some(10))));
        assert_eq!(of(&[" bytes 0-0/* "]), Some((0, None)));
    }

    #[test]
    fn what_makes_no_sense_is_none() {
        for value in [
            "",
            "bytes",
            "bytes */10",
            "bytes 5-4/10",
            "bytes 5-10/10",
            "bytes -5/10",
            "bytes 5-/10",
            "bytes 5-9",
            "bytes +5-9/10",
            "lines 5-9/10",
            "bytes 5-9/x",
            "bytes 99999999999999999999-99999999999999999999/*",
        ] {
            assert_eq!(of(&[value]), None, "{value}");
        }
        assert_eq!(of(&["bytes 5-9/10", "bytes 5-9/10"]), None);
        assert_eq!(of(&[]), None);
    }
}
