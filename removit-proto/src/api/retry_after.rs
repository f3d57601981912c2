//! `Retry-After`, as a bounded wait from the moment of the answer.

use core::time::Duration;

use http::{HeaderMap, header};

/// The longest wait that a server can ask for; more is read as this much.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(3600);

/// How long an answer asks to wait (contract, rule 4).
///
/// A date is measured against the answer's own `Date`: the core has no clock,
/// and the caller's need not agree with the server's. A date without `Date`, a
/// date that has passed and a text of neither form say nothing.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // Too many digits for a number still mean "very long".
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let until = httpdate::parse_http_date(text).ok()?;
        let sent = httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok()?;
        until.duration_since(sent).ok()?
    };
    Some(wait.min(MAX_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn wait(retry_after_text: &str, date: Option<&str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_str(retry_after_text).unwrap());
        if let Some(date) = date {
            headers.insert(header::DATE, HeaderValue::from_str(date).unwrap());
        }
        retry_after(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_are_taken_as_they_are() {
        assert_eq!(wait("7", None), Some(7));
        assert_eq!(wait(" 0 ", None), Some(0));
    }

    #[test]
    fn a_date_counts_from_the_answers_own_date() {
        let date = Some("Sun, 22 Nov 2026 10:00:00 GMT");
        assert_eq!(wait("Sun, 22 Nov 2026 10:00:30 GMT", date), Some(30));
        assert_eq!(wait("Sunday, 22-Nov-26 10:00:30 GMT", date), Some(30));
        assert_eq!(wait("Sun, 22 Nov 2026 10:00:30 GMT", None), None);
        assert_eq!(wait("Sun, 22 Nov 2026 10:00:30 GMT", Some("today")), None);
    }

    #[test]
    fn a_date_in_the_past_says_nothing() {
        let date = Some("Sun, 22 Nov 2026 10:00:00 GMT");
        assert_eq!(wait("Sun, 22 Nov 2026 09:59:59 GMT", date), None);
    }

    #[test]
    fn an_absurd_wait_is_bounded() {
        assert_eq!(wait("99999999999999999999999999", None), Some(3600));
        let date = Some("Sun, 22 Nov 2026 10:00:00 GMT");
        assert_eq!(wait("Sun, 22 Nov 2099 10:00:00 GMT", date), Some(3600));
    }

    #[test]
    fn other_texts_say_nothing() {
        for text in ["", "-1", "1.5", "soon", "+3"] {
            assert_eq!(wait(text, None), None, "{text}");
        }
    }
}
