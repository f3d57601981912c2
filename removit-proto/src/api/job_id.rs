//! The one reference to a paid job.

use core::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// The longest id that is taken, in bytes.
const MAX_LEN: usize = 4096;

/// A job's id as the server gave it: opaque text of 1 to 4,096 bytes, whatever
/// characters it has (contract, rule 15). Only one that is all white space is none.
///
/// Store it before anything else; whoever has it can fetch the result later, in
/// another process, with either adapter. It comes back exactly as it was given:
/// `Display` writes it as it is, `Debug` with its control characters escaped.
///
/// ```
/// use removit_proto::JobId;
///
/// let id: JobId = "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a".parse()?;
/// assert_eq!(id.as_str().len(), 36);
/// assert!("".parse::<JobId>().is_err());
/// # Ok::<(), removit_proto::InvalidJobId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct JobId(Arc<str>);

/// The text is blank, or longer than 4,096 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidJobId;

impl JobId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id for a person to read, in one line: its control characters are escaped.
    /// To store or to send it, take [`as_str`](Self::as_str).
    ///
    /// ```
    /// let id: removit_proto::JobId = "a\nb".parse()?;
    /// assert_eq!(id.printable(), "a\\nb");
    /// # Ok::<(), removit_proto::InvalidJobId>(())
    /// ```
    #[must_use]
    pub fn printable(&self) -> String {
        let escape = |c: char| if c.is_control() { c.escape_debug().to_string() } else { c.into() };
        self.0.chars().map(escape).collect()
    }

    /// Whether a text names this job; UUIDs are the same in either case.
    pub(crate) fn is_named_by(&self, text: &str) -> bool {
        self.0.trim().eq_ignore_ascii_case(text.trim())
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidJobId;

    fn try_from(text: String) -> Result<Self, InvalidJobId> {
        text.parse()
    }
}

impl core::str::FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, InvalidJobId> {
        if text.trim().is_empty() || text.len() > MAX_LEN {
            return Err(InvalidJobId);
        }
        Ok(Self(text.into()))
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        (*id.0).to_owned()
    }
}

impl Serialize for JobId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobId({})", self.0.escape_debug())
    }
}

impl fmt::Display for InvalidJobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a job id: blank, or longer than 4,096 bytes")
    }
}

impl core::error::Error for InvalidJobId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_text_that_it_shows() {
        let id: JobId = "j-1".parse().unwrap();
        assert_eq!(
            (id.to_string(), format!("{id:?}")),
            ("j-1".to_owned(), "JobId(j-1)".to_owned())
        );
        assert_eq!(String::from(id), "j-1");
        assert!(InvalidJobId.to_string().len() > 10);
    }

    #[test]
    fn an_id_has_any_characters_and_keeps_them() {
        for text in [" a ", "a\nb", "nul\0", "a\"b\\c", "\u{1b}[2J", "\u{1f600}", "\\ud800"] {
            let id: JobId = text.parse().unwrap();
            assert_eq!((id.as_str(), id.to_string().as_str()), (text, text));
            let stored = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<JobId>(&stored).unwrap(), id);
            assert!(!format!("{id:?}").chars().any(char::is_control), "{id:?}");
        }
    }

    #[test]
    fn what_no_job_can_be_called_is_refused() {
        let longest = "j".repeat(MAX_LEN);
        assert_eq!(longest.parse::<JobId>().unwrap().as_str(), longest);
        for wrong in ["", " ", "\n", &format!("{longest}j")] {
            assert_eq!(wrong.parse::<JobId>(), Err(InvalidJobId), "{wrong:?}");
        }
    }

    #[test]
    fn a_job_is_named_in_either_case() {
        let id: JobId = "Ab-1".parse().unwrap();
        assert!(id.is_named_by("aB-1") && id.is_named_by(" Ab-1\n") && !id.is_named_by("Ab"));
    }
}
