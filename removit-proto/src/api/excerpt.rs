//! A bounded, printable piece of a body that was not understood.

use core::fmt::{self, Write};

use http::Response;
use serde::{Deserialize, Serialize};

use crate::api::answer::Answer;
use crate::api::endpoint::Endpoint;

/// At most 4 KiB of an answer's body, for the operator to read.
///
/// Copies of the API key and control characters (which could steer a terminal)
/// are replaced.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Excerpt(String);

impl Excerpt {
    /// The largest piece that is kept, in bytes.
    pub const MAX_LEN: usize = 4096;

    /// What is kept of an answer's body, once it is decoded.
    pub(crate) fn of_answer<B: AsRef<[u8]>>(answer: &Response<B>, endpoint: &Endpoint) -> Self {
        Self::of(&Answer::read(answer).shown(), endpoint)
    }

    pub(crate) fn of(text: &str, endpoint: &Endpoint) -> Self {
        Self(kept(text, endpoint, Self::MAX_LEN))
    }

    /// What is kept of an answer to a request that had no key in it.
    pub(crate) fn unsigned(text: &str) -> Self {
        Self(printable(text, Self::MAX_LEN))
    }

    /// The text; empty where the body was.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is kept of a server's text: without the API key, without control
/// characters but for line breaks and tabs, and at most `max_len` bytes.
pub(crate) fn kept(text: &str, endpoint: &Endpoint, max_len: usize) -> String {
    // Redacted before it is cut, so that no half of a key stays at the cut.
    printable(&endpoint.redact(text), max_len)
}

/// At most `max_len` bytes of a text, without control characters but for line breaks
/// and tabs.
fn printable(text: &str, max_len: usize) -> String {
    let clean = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c };
    let printable = text.trim().replace("\r\n", "\n").chars().map(clean).collect::<String>();
    let mut end = printable.len().min(max_len);
    while !printable.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    printable.get(..end).unwrap_or_default().trim_end().to_owned()
}

impl fmt::Display for Excerpt {
    /// The first line's worth: white space folded, at most 200 characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(&self.0).fmt(f)
    }
}

/// A server's text as a part of an error's one line: white space folded, no
/// control character, at most 200 characters.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        let words = self.0.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut line = words.chars().map(clean);
        line.by_ref().take(200).try_for_each(|c| f.write_char(c))?;
        if line.next().is_some() { f.write_str(" …") } else { Ok(()) }
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Excerpt({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApiKey;

    fn endpoint() -> Endpoint {
        Endpoint::production(ApiKey::new("sk-secret").unwrap())
    }

    #[test]
    fn it_is_one_line_for_people_and_for_logs() {
        let excerpt = Excerpt::of("two\r\nlines", &endpoint());
        assert_eq!(excerpt.to_string(), "two lines");
        assert_eq!(format!("{excerpt:?}"), "Excerpt(two lines)");
    }

    #[test]
    fn an_echoed_key_is_not_kept_even_across_the_cut() {
        let mut body = vec![b'x'; Excerpt::MAX_LEN - 4];
        body.extend_from_slice(b"sk-secret and sk-secret");
        let excerpt = Excerpt::of(core::str::from_utf8(&body).unwrap(), &endpoint());
        assert!(!excerpt.as_str().contains("sk-s"), "{excerpt:?}");
        assert!(excerpt.as_str().len() <= Excerpt::MAX_LEN);
    }

    #[test]
    fn control_characters_are_not_kept() {
        let excerpt = Excerpt::of("\x1b[2Jgone\r\nline", &endpoint());
        assert_eq!(excerpt.as_str(), "\u{fffd}[2Jgone\nline");
    }

    #[test]
    fn the_bound_holds_for_what_is_kept_whatever_it_was_made_from() {
        for c in ["\u{1}", "\u{fffd}", "x"] {
            assert!(Excerpt::of(&c.repeat(9999), &endpoint()).as_str().len() <= Excerpt::MAX_LEN);
        }
    }

    #[test]
    fn a_long_body_is_shown_as_one_short_line() {
        let text = Excerpt::of(&"word\n".repeat(1000), &endpoint()).to_string();
        assert!(text.chars().count() <= 202 && !text.contains('\n'), "{text}");
    }
}
