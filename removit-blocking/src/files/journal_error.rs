//! Why a journal cannot be written or read, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use removit_proto::JobId;
use removit_proto::journal::{BrokenLine, ReadError, Record};

/// A journal that cannot be used, or that did not take a record.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournalError {
    /// Another process has it open. Nothing was changed.
    Locked {
        /// The journal.
        path: PathBuf,
        /// That process, where the journal says so.
        pid: Option<u32>,
    },
    /// There is something else in its place. Nothing was changed.
    NotAFile {
        /// The place.
        path: PathBuf,
        /// What is there.
        found: &'static str,
    },
    /// It cannot be opened, locked or read. Nothing was changed.
    Open {
        /// The journal.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It is no journal that can be read. Nothing was changed.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: ReadError,
    },
    /// It was damaged: what it says may be incomplete, so that no upload may be
    /// decided by it. Nothing was changed.
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The first line that is no record.
        broken: BrokenLine,
    },
    /// Its jobs belong to another API. Nothing was changed.
    OtherApi {
        /// The journal.
        path: PathBuf,
        /// The base URL that it was begun with.
        found: String,
    },
    /// Records were not stored for certain. What depends on them must not
    /// happen: no upload without its intent, no forgetting of an accepted job.
    NotStored {
        /// The journal.
        path: PathBuf,
        /// Why not.
        error: io::Error,
        /// The records.
        records: Vec<Record>,
    },
    /// A journal that is no file did not take records, or could not be loaded. What
    /// depends on it must not happen.
    Other {
        /// Why not.
        error: Box<dyn std::error::Error + Send + Sync>,
        /// The records; none where it was to be loaded.
        records: Vec<Record>,
    },
}

impl JournalError {
    /// The error of a [`Journal`](crate::Journal) of your own.
    ///
    /// ```
    /// use removit_blocking::JournalError;
    ///
    /// let error = JournalError::other("the connection is closed", &[]);
    /// assert_eq!(error.to_string(), "the journal cannot be used: the connection is closed");
    /// ```
    pub fn other(
        error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
        records: &[Record],
    ) -> Self {
        Self::Other { error: error.into(), records: records.to_vec() }
    }

    /// The jobs that exist, are paid for, and may not be in the journal.
    #[must_use]
    pub fn job_ids(&self) -> Vec<&JobId> {
        let records = match self {
            Self::NotStored { records, .. } | Self::Other { records, .. } => records.as_slice(),
            _ => &[],
        };
        let accepted = records.iter().filter_map(|record| match record {
            Record::Accepted(accepted) => Some(&accepted.job_id),
            _ => None,
        });
        accepted.collect()
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { path, pid } => {
                write!(f, "another process ")?;
                if let Some(pid) = pid {
                    write!(f, "({pid}) ")?;
                }
                write!(
                    f,
                    "is at work on the journal {}; wait for its end, or use another journal \
                     for other inputs",
                    path.display()
                )
            }
            Self::NotAFile { path, found } => {
                write!(f, "{} is {found}; a journal has to be a file of its own", path.display())
            }
            Self::Open { path, error } => {
                write!(
                    f,
                    "the journal {} cannot be opened: {error}; nothing was sent",
                    path.display()
                )
            }
            Self::Unreadable { path, error } => write!(
                f,
                "{} cannot be used as a journal: {error}; it was left as it is",
                path.display()
            ),
            Self::Damaged { path, broken } => write!(
                f,
                "the journal {} is damaged: {broken}; nothing is sent by it, as something may \
                 have been paid for that it no longer tells. A report of it can still be had",
                path.display()
            ),
            Self::OtherApi { path, found } => write!(
                f,
                "the journal {} belongs to jobs at {found}; use another journal",
                path.display()
            ),
            Self::NotStored { path, error, .. } => {
                write!(f, "the journal {} cannot be written: {error}", path.display())?;
                self.fmt_not_stored(f)
            }
            Self::Other { error, records } if records.is_empty() => {
                write!(f, "the journal cannot be used: {error}")
            }
            Self::Other { error, .. } => {
                write!(f, "the journal cannot be written: {error}")?;
                self.fmt_not_stored(f)
            }
        }
    }
}

impl JournalError {
    fn fmt_not_stored(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.job_ids().as_slice() {
            [] => f.write_str("; no upload is sent without its record"),
            ids => {
                f.write_str("; write down what is paid for and not in it:")?;
                ids.iter().try_for_each(|id| write!(f, " {id}"))
            }
        }
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Open { error, .. } | Self::NotStored { error, .. } => error.source(),
            Self::Unreadable { error, .. } => error.source(),
            Self::Damaged { broken, .. } => broken.source(),
            Self::Other { error, .. } => error.source(),
            Self::Locked { .. } | Self::NotAFile { .. } | Self::OtherApi { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use removit_proto::journal::{Intent, WallTime};
    use removit_proto::{Accepted, ContentHash, InputKey};

    use super::*;
    use crate::with_cause::{tells_its_cause, with_cause};

    fn intent() -> Intent {
        Intent::new(WallTime::default(), InputKey::new(ContentHash::new([1; 32])), 1)
    }

    fn accepted() -> Record {
        let answer = http::Response::builder().status(202).body(r#"{"job_id":"j"}"#).unwrap();
        let accepted = Accepted::decode(&answer).unwrap();
        Record::Accepted(intent().accepted(WallTime::default(), &accepted))
    }

    #[test]
    fn what_is_below_an_error_is_its_source() {
        let path = PathBuf::from("a");
        tells_its_cause(&JournalError::Open { path: path.clone(), error: with_cause() });
        let (error, records) = (with_cause(), Vec::new());
        tells_its_cause(&JournalError::NotStored { path, error, records });
        tells_its_cause(&JournalError::other(with_cause(), &[]));
    }

    #[test]
    fn an_error_says_whether_it_was_used_or_written_and_what_is_paid_for() {
        let record = [Record::Intent(intent())];
        for (records, text) in [
            (&[][..], "the journal cannot be used: it failed"),
            (
                &record,
                "the journal cannot be written: it failed; no upload is sent without its record",
            ),
            (
                &[accepted()],
                "the journal cannot be written: it failed; \
                 write down what is paid for and not in it: j",
            ),
        ] {
            assert_eq!(JournalError::other(with_cause(), records).to_string(), text);
        }
    }

    #[test]
    fn another_process_is_named_where_it_is_known() {
        let locked = |pid| JournalError::Locked { path: "a".into(), pid }.to_string();
        assert!(locked(Some(7)).starts_with("another process (7) is at work on the journal a;"));
        assert!(locked(None).starts_with("another process is at work on the journal a;"));
    }
}
