//! From a journal's bytes, in whatever pieces they come, to its replay.
//!
//! A crash leaves a torn line at the end. Whoever writes next closes it with a
//! mark and a line feed, so that it is known for what it is for ever, and its
//! bytes stay: a job's id may be in them. Any other line that is no record means
//! that the file was damaged.

use core::fmt;

use super::codec::{DecodeError, HEADER_START, LINE_LIMIT, decode};
use super::record::{Accepted, Record};
use super::replay::Replay;
use crate::api::loose_json;
use crate::journal::input_key::InputKey;

/// What closes a torn line. No record ends so.
const TORN_MARK: &[u8] = b" <torn>";

/// Reads a journal piece by piece. Memory is bounded by its longest line and by
/// what its records add up to.
///
/// ```
/// use removit_proto::journal::{Header, Reader, Record, Tail, WallTime, encode};
/// use std::time::Duration;
///
/// let now = WallTime::from_unix(Duration::from_secs(1_796_000_000));
/// let line = encode(&Record::Header(Header::new(now, "removit 0.1.0")));
/// let mut reader = Reader::new();
/// reader.feed(line.as_bytes());
/// reader.feed(b"{\"kind\":\"int"); // the process died here
/// let journal = reader.finish()?;
/// assert_eq!(journal.tail, Tail::Torn);
/// assert!(journal.check().is_ok());
/// # Ok::<(), removit_proto::journal::ReadError>(())
/// ```
#[derive(Debug, Default)]
pub struct Reader {
    /// The line that is not whole yet; nothing of one that is too long.
    line: Vec<u8>,
    is_too_long: bool,
    number: u64,
    fatal: Option<ReadError>,
    journal: Journal,
}

/// A journal that was read.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Journal {
    /// What its records add up to.
    pub replay: Replay,
    /// How it ends, and so what has to be written before the next record.
    pub tail: Tail,
    /// The lines that crashes tore, the one at the end included.
    pub torn: Vec<TornLine>,
    /// The lines that are no records and should be. See [`Journal::check`].
    pub broken: Vec<BrokenLine>,
}

/// How a journal ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tail {
    /// With a whole line, or with nothing at all.
    #[default]
    Whole,
    /// With a record whose line feed is missing. It counts.
    Unterminated,
    /// With a torn line.
    Torn,
}

/// A line that a crash tore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TornLine {
    /// Its number, from 1.
    pub line: u64,
    /// Whether the id of an accepted job was found in it. Then it counts.
    pub salvaged: bool,
}

/// A line that is no record, though no crash tore it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokenLine {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub error: DecodeError,
}

/// Why a file cannot be read as a journal at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// It does not begin as a journal does: it is some other file.
    NotAJournal,
    /// It is of another version of the format.
    Version {
        /// That version.
        found: u32,
    },
}

impl Reader {
    /// A reader at the start of a journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes in.
    pub fn feed(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.fatal.is_some() {
                return;
            }
            let Some(rest) = piece.strip_suffix(b"\n") else {
                self.keep(piece);
                continue;
            };
            if self.line.is_empty() && !self.is_too_long {
                // The whole line is here: it need not be copied.
                self.line(rest);
            } else {
                self.keep(rest);
                let line = core::mem::take(&mut self.line);
                self.line(&line);
                self.line = line;
                self.line.clear();
            }
            self.is_too_long = false;
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        if self.line.len().saturating_add(piece.len()) > LINE_LIMIT {
            self.is_too_long = true;
        }
        if !self.is_too_long {
            self.line.extend_from_slice(piece);
        }
    }

    /// The end of the file.
    ///
    /// # Errors
    /// [`ReadError`] where it is no journal that can be read.
    pub fn finish(mut self) -> Result<Journal, ReadError> {
        let last = core::mem::take(&mut self.line);
        if self.fatal.is_none() && (self.is_too_long || !last.is_empty()) {
            self.number = self.number.saturating_add(1);
            self.journal.tail = match self.decode(&last) {
                Ok(record) => {
                    self.apply(record);
                    Tail::Unterminated
                }
                Err(error) => {
                    self.torn_line(&last, error);
                    Tail::Torn
                }
            };
        }
        self.fatal.map_or(Ok(self.journal), Err)
    }

    /// A line that has its line feed.
    fn line(&mut self, line: &[u8]) {
        self.number = self.number.saturating_add(1);
        if line.is_empty() && !self.is_too_long && self.journal.replay.header().is_some() {
            return; // An editor's; nothing can have been in it.
        }
        let torn = line.strip_suffix(TORN_MARK);
        match self.decode(torn.unwrap_or(line)) {
            // Marked or not: nothing but its line feed was missing.
            Ok(record) => self.apply(record),
            Err(error) => match torn {
                Some(torn) => self.torn_line(torn, error),
                None => self.broken_line(error),
            },
        }
    }

    fn decode(&self, line: &[u8]) -> Result<Option<Record>, DecodeError> {
        if self.is_too_long { Err(DecodeError::TooLong) } else { decode(line) }
    }

    fn apply(&mut self, record: Option<Record>) {
        let is_header = matches!(record, Some(Record::Header(_)));
        if !is_header && self.journal.replay.header().is_none() {
            self.fatal = Some(ReadError::NotAJournal);
        } else if let Some(record) = record {
            self.journal.replay.apply(record);
        }
    }

    fn torn_line(&mut self, torn: &[u8], error: DecodeError) {
        if self.journal.replay.header().is_none() {
            // Only the beginning of a header can have been torn here.
            let begins = torn.iter().zip(HEADER_START).all(|(byte, expected)| byte == expected);
            if self.is_too_long || torn.is_empty() || !begins {
                return self.broken_line(error);
            }
        }
        let salvaged = salvage(torn, &self.journal.replay);
        let line = TornLine { line: self.number, salvaged: salvaged.is_some() };
        self.journal.torn.push(line);
        if let Some(accepted) = salvaged {
            self.journal.replay.apply(Record::Accepted(accepted));
        }
    }

    fn broken_line(&mut self, error: DecodeError) {
        let line = self.number;
        if let DecodeError::Version { found } = error {
            self.fatal = Some(ReadError::Version { found });
        } else if self.journal.replay.header().is_none() {
            self.fatal = Some(ReadError::NotAJournal);
        } else {
            self.journal.broken.push(BrokenLine { line, error });
        }
    }
}

/// The value of a field in a torn line, where it is whole.
fn text<T: core::str::FromStr>(torn: &[u8], field: &str) -> Option<T> {
    loose_json::salvage(&String::from_utf8_lossy(torn), field, |text| text.parse().ok())
}

/// The acceptance in a torn line, where its job's id is whole.
fn salvage(torn: &[u8], replay: &Replay) -> Option<Accepted> {
    if !torn.starts_with(br#"{"kind":"accepted","#) {
        return None;
    }
    let key: InputKey = text(torn, "key")?;
    let job_id = text(torn, "job_id")?;
    let at = text(torn, "at").unwrap_or_default();
    // An input has one upload at a time: it was the last.
    let attempt = replay.next_attempt(&key).saturating_sub(1);
    Some(Accepted { key, job_id, at, attempt, salvaged: true, earlier_ambiguous: 0 })
}

impl Journal {
    /// Whether each line is a record, or known to be torn.
    ///
    /// Where it is not, the file was damaged, and what the lost line said is not
    /// known: an input whose intent was in it would be paid for twice. Read it,
    /// fetch what was accepted, but send nothing by it.
    ///
    /// # Errors
    /// The first broken line.
    pub fn check(&self) -> Result<(), BrokenLine> {
        self.broken.first().map_or(Ok(()), |broken| Err(broken.clone()))
    }
}

impl Tail {
    /// What a writer puts before its first record.
    #[must_use]
    pub const fn repair(self) -> &'static [u8] {
        match self {
            Self::Whole => b"",
            Self::Unterminated => b"\n",
            Self::Torn => b" <torn>\n",
        }
    }
}

impl fmt::Display for BrokenLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is damaged: {}", self.line, self.error)
    }
}

impl core::error::Error for BrokenLine {}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAJournal => f.write_str("it is not a journal of Removit's"),
            Self::Version { found } => DecodeError::Version { found: *found }.fmt(f),
        }
    }
}

impl core::error::Error for ReadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_says_why() {
        let error = DecodeError::NotJson { column: 3 };
        let told = error.to_string();
        let broken = BrokenLine { line: 7, error };
        assert_eq!(broken.to_string(), format!("line 7 is damaged: {told}"));
        assert_eq!(ReadError::NotAJournal.to_string(), "it is not a journal of Removit's");
        let newer = DecodeError::Version { found: 2 }.to_string();
        assert_eq!(ReadError::Version { found: 2 }.to_string(), newer);
    }

    #[test]
    fn a_writer_ends_the_line_that_another_did_not() {
        for (tail, repair) in
            [(Tail::Whole, &b""[..]), (Tail::Unterminated, b"\n"), (Tail::Torn, b" <torn>\n")]
        {
            assert_eq!(tail.repair(), repair);
        }
    }
}
