//! Why something ended as it did, in one short line for people.

use core::fmt;

use serde::{Deserialize, Serialize};

/// At most 300 bytes of one line without control characters.
///
/// It is made of the core's own errors, which never hold the API key.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Reason(String);

impl Reason {
    /// The longest reason, in bytes.
    pub const MAX_LEN: usize = 300;

    /// The text with its white space folded, cut where it is too long.
    #[must_use]
    pub fn new(text: impl fmt::Display) -> Self {
        let mut line = String::new();
        for word in text.to_string().split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }));
        }
        let mut end = line.len().min(Self::MAX_LEN);
        while !line.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        line.truncate(end);
        Self(line)
    }

    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reason({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_short_line() {
        let reason = Reason::new(format!("a\r\n\tb\u{1b}[2J {}", "é".repeat(400)));
        assert!(reason.as_str().starts_with("a b\u{fffd}[2J é"));
        assert!(reason.as_str().len() <= Reason::MAX_LEN);
        assert_eq!(Reason::new(reason.as_str()), reason);
        assert_eq!(format!("{reason:?}"), format!("Reason({reason})"));
    }
}
