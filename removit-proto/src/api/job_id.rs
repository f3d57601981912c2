//! The one reference to a paid job.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The longest id that is taken, in bytes.
const MAX_LEN: usize = 512;

/// A job's id as the server gave it: 1 to 512 bytes without control characters.
///
/// Store it before anything else; whoever has it can fetch the result later, in
/// another process, with either adapter.
///
/// ```
/// use removit_proto::JobId;
///
/// let id: JobId = "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a".parse()?;
/// assert_eq!(id.as_str().len(), 36);
/// assert!("".parse::<JobId>().is_err());
/// # Ok::<(), removit_proto::InvalidJobId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(String);

/// The text is empty, longer than 512 bytes, or has control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidJobId;

impl JobId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text names this job; UUIDs are the same in either case.
    pub(crate) fn is_named_by(&self, text: &str) -> bool {
        self.0.eq_ignore_ascii_case(text.trim())
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidJobId;

    fn try_from(text: String) -> Result<Self, InvalidJobId> {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.len() > MAX_LEN || trimmed.chars().any(char::is_control) {
            return Err(InvalidJobId);
        }
        Ok(Self(trimmed.to_owned()))
    }
}

impl core::str::FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, InvalidJobId> {
        Self::try_from(text.to_owned())
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobId({})", self.0)
    }
}

impl fmt::Display for InvalidJobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a job id: empty, longer than 512 bytes, or with control characters")
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
    fn what_no_job_can_be_called_is_refused() {
        let longest = "j".repeat(MAX_LEN);
        assert_eq!(format!(" {longest} ").parse::<JobId>().unwrap().as_str(), longest);
        for wrong in ["", " ", "a\nb", "a\u{7f}b", &format!("{longest}j")] {
            assert_eq!(wrong.parse::<JobId>(), Err(InvalidJobId), "{wrong:?}");
        }
    }
}
