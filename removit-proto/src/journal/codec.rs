//! One record, one line: JSON with the kind first.

use core::fmt;
use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::reason::Reason;
use super::record::{Header, Record};

/// The longest line that is read, in bytes: 4 MiB.
pub const LINE_LIMIT: usize = 4 * 1024 * 1024;

/// How the first line of every journal begins, whatever its version.
pub(super) const HEADER_START: &[u8] = br#"{"kind":"header","format":"removit-journal","#;

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is not a JSON object with a `kind`.
    NotJson {
        /// Where, in bytes from 1.
        column: usize,
    },
    /// Its fields are not those of its kind.
    Fields {
        /// The kind.
        kind: &'static str,
        /// What is wrong, for people.
        detail: Reason,
    },
    /// It is the header of a journal in another version of the format.
    Version {
        /// That version.
        found: u32,
    },
    /// It is longer than [`LINE_LIMIT`].
    TooLong,
}

/// The record as one line with its line feed, and no other line feed in it,
/// whatever names and paths hold.
#[must_use]
pub fn encode(record: &Record) -> String {
    // Strings, numbers and maps with strings as keys always serialise.
    let mut line = serde_json::to_string(record).unwrap_or_default();
    line.push('\n');
    line
}

/// Reads a line, with or without its line feed. `None` is a kind of record that
/// a later minor version brought, and that may be ignored; so are fields that
/// are not known.
///
/// # Errors
/// [`DecodeError`] where the line is no record of this version.
///
/// ```
/// use removit_proto::journal::{DecodeError, Record, decode};
///
/// let line = br#"{"kind":"opened","at":"2026-11-24T11:07:00.000Z","by":"removit 0.1.0","new":[]}"#;
/// assert!(matches!(decode(line), Ok(Some(Record::Opened(opened))) if opened.by == "removit 0.1.0"));
/// assert_eq!(decode(br#"{"kind":"news","at":7}"#), Ok(None));
///
/// let header = br#"{"kind":"header","format":"removit-journal","version":2}"#;
/// assert_eq!(decode(header), Err(DecodeError::Version { found: 2 }));
/// ```
pub fn decode(line: &[u8]) -> Result<Option<Record>, DecodeError> {
    if line.len() > LINE_LIMIT {
        return Err(DecodeError::TooLong);
    }
    let head: Head<'_> = serde_json::from_slice(line)
        .map_err(|error| DecodeError::NotJson { column: error.column() })?;
    Ok(Some(match &*head.kind {
        "header" => {
            if let Some(found) = head.version.filter(|version| *version != Header::VERSION) {
                return Err(DecodeError::Version { found });
            }
            Record::Header(fields("header", line)?)
        }
        "opened" => Record::Opened(fields("opened", line)?),
        "planned" => Record::Planned(fields("planned", line)?),
        "intent" => Record::Intent(fields("intent", line)?),
        "accepted" => Record::Accepted(fields("accepted", line)?),
        "not_accepted" => Record::NotAccepted(fields("not_accepted", line)?),
        "status" => Record::Status(fields("status", line)?),
        "ended" => Record::Ended(fields("ended", line)?),
        "saved" => Record::Saved(fields("saved", line)?),
        _ => return Ok(None),
    }))
}

/// What is read of a line before its kind is known.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(default, deserialize_with = "number_or_nothing")]
    version: Option<u32>,
}

/// A later kind may mean anything by `version`.
fn number_or_nothing<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Version {
        Number(u32),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Version::deserialize(from)? {
        Version::Number(number) => Some(number),
        Version::Other(_) => None,
    })
}

fn fields<T: DeserializeOwned>(kind: &'static str, line: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(line).map_err(|error| {
        if error.is_data() {
            DecodeError::Fields { kind, detail: Reason::new(error) }
        } else {
            DecodeError::NotJson { column: error.column() }
        }
    })
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { column } => {
                write!(f, "it is not a record: column {column} is not as JSON has it")
            }
            Self::Fields { kind, detail } => {
                write!(f, "it is not a record of kind {kind}: {detail}")
            }
            Self::Version { found } => write!(
                f,
                "it is of version {found} of the format, and only {} can be read; use a newer program",
                Header::VERSION
            ),
            Self::TooLong => write!(f, "it is longer than {LINE_LIMIT} bytes"),
        }
    }
}

impl core::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_record_is_told_with_what_is_wrong_with_it() {
        let long = vec![b' '; LINE_LIMIT + 1];
        for (line, said) in [
            (&b"{\"kind\":"[..], "it is not a record: column 8"),
            (br#"{"kind":"opened"}"#, "it is not a record of kind opened: missing field"),
            (br#"{"kind":"header","version":7}"#, "it is of version 7 of the format, and only 1"),
            (&long, "it is longer than 4194304 bytes"),
        ] {
            let error = decode(line).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
        assert_eq!(decode(&long[1..]), Err(DecodeError::NotJson { column: LINE_LIMIT }));
    }

    #[test]
    fn a_record_of_an_unknown_kind_is_passed_over() {
        for line in [&br#"{"kind":"later"}"#[..], br#"{"kind":"later","version":"x"}"#] {
            assert_eq!(decode(line), Ok(None), "{}", line.escape_ascii());
        }
    }
}
