//! How work with a photo ends without its result, and what that means for a
//! paid job.

use std::fmt;
use std::path::PathBuf;

use removit_proto::{InputKey, JobError, JobId, PollError, Stop, UploadError};

use crate::{PhotoError, SaveError, Saved, SetupError};

/// Why there is no result, or not each of them. Wherever a job exists, its id
/// is here: the id is enough to come back for the results.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The transport could not be set up. Nothing was sent.
    Setup(SetupError),
    /// The photo is none that can be sent. Nothing was sent.
    Photo(PhotoError),
    /// The upload was not accepted.
    Upload(UploadError),
    /// The wait ended without a result.
    Poll(PollError),
    /// There is no place for the results. Nothing was fetched; they stay on the
    /// server.
    Destination {
        /// The job.
        job_id: JobId,
        /// What is in the way.
        error: SaveError,
    },
    /// At least one of the results was not fetched. It stays on the server.
    Download {
        /// The job.
        job_id: JobId,
        /// What is on disk, whole.
        saved: Vec<Saved>,
        /// What is not, by variation.
        failed: Vec<(Option<String>, SaveError)>,
    },
    /// There is no place for the results. Nothing was sent.
    NoPlace(SaveError),
    /// In a batch: some results of a job are missing. They stay on the server.
    Incomplete {
        /// The job.
        job_id: JobId,
        /// What is on disk, whole.
        files: Vec<PathBuf>,
        /// What is not, by variation.
        failed: Vec<(Option<String>, SaveError)>,
    },
    /// In a batch: uploads were stopped before it was its turn. Nothing was sent.
    Stopped(Stop),
    /// It was cancelled before its upload. Nothing was sent.
    Cancelled,
    /// Another owner of the journal has it: the photo is that one's to send, and its job
    /// to wait for. Nothing was sent here.
    Taken {
        /// What the photo is known by in the journal.
        key: InputKey,
    },
    /// The job exists, and its end was not waited for.
    Left {
        /// The job.
        job_id: JobId,
    },
    /// In a batch: an earlier run, of which the journal tells, ended without a
    /// result. The photo is not sent again unasked.
    FailedBefore {
        /// The job.
        job_id: JobId,
        /// Why, as it was written then; empty where the job named no result.
        reason: String,
    },
}

impl Error {
    /// The job, where one certainly exists.
    #[must_use]
    pub fn job_id(&self) -> Option<&JobId> {
        match self {
            Self::Poll(error) => Some(error.job_id()),
            Self::Destination { job_id, .. }
            | Self::Download { job_id, .. }
            | Self::Incomplete { job_id, .. }
            | Self::Left { job_id }
            | Self::FailedBefore { job_id, .. } => Some(job_id),
            Self::Setup(_)
            | Self::Photo(_)
            | Self::Upload(_)
            | Self::NoPlace(_)
            | Self::Stopped(_)
            | Self::Cancelled
            | Self::Taken { .. } => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(error) => error.fmt(f),
            Self::Photo(error) => error.fmt(f),
            Self::Upload(error) => error.fmt(f),
            Self::Poll(error) => error.fmt(f),
            Self::Destination { job_id, error } => write!(
                f,
                "job {} is done, but nothing was fetched: {error}; \
                 choose another destination and download again with this id",
                job_id.printable()
            ),
            Self::Download { job_id, saved, failed } => missing(f, job_id, saved.len(), failed),
            Self::NoPlace(error) => write!(f, "nothing was sent: {error}"),
            Self::Incomplete { job_id, files, failed } => missing(f, job_id, files.len(), failed),
            Self::Stopped(Stop::Unauthorized(error)) => {
                write!(f, "not sent, as the key is refused: {error}")
            }
            Self::Stopped(Stop::InsufficientCredits(error)) => {
                write!(f, "not sent, as the account has no credits left: {error}")
            }
            Self::Stopped(Stop::Unreachable(failure)) => write!(f, "not sent: {failure}"),
            Self::Stopped(_) => f.write_str("not sent, as uploads were stopped before its turn"),
            Self::Cancelled => f.write_str("cancelled before it was sent"),
            Self::Taken { key } => write!(
                f,
                "not sent, as another process that shares the journal has this photo ({key})"
            ),
            Self::Left { job_id } => {
                let id = job_id.printable();
                write!(f, "job {id} goes on; wait for it with this id, and do not send again")
            }
            Self::FailedBefore { job_id, reason } => {
                let id = job_id.printable();
                write!(f, "job {id} ended without a result in an earlier run")?;
                if !reason.is_empty() {
                    write!(f, ": {reason}")?;
                }
                f.write_str("; the photo is not sent again unasked")
            }
        }
    }
}

/// Some results of a job that is done are missing.
fn missing(
    f: &mut fmt::Formatter<'_>,
    job_id: &JobId,
    there: usize,
    failed: &[(Option<String>, SaveError)],
) -> fmt::Result {
    let all = there.saturating_add(failed.len());
    let id = job_id.printable();
    write!(f, "job {id} is done, but {} of {all} results failed", failed.len())?;
    for (variation, error) in failed {
        let name = variation.as_deref().unwrap_or("final_url");
        write!(f, "; {}: {error}", name.escape_debug())?;
    }
    f.write_str("; the results stay on the server, download again with this id")
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Setup(error) => error.source(),
            Self::Photo(error) => error.source(),
            Self::Upload(error) => error.source(),
            Self::Poll(error) => error.source(),
            Self::Destination { error, .. } => error.source(),
            Self::Download { failed, .. } | Self::Incomplete { failed, .. } => {
                failed.first().and_then(|(_, error)| error.source())
            }
            Self::NoPlace(error) => error.source(),
            Self::Stopped(_)
            | Self::Cancelled
            | Self::Taken { .. }
            | Self::Left { .. }
            | Self::FailedBefore { .. } => None,
        }
    }
}

impl From<SetupError> for Error {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

impl From<PhotoError> for Error {
    fn from(error: PhotoError) -> Self {
        Self::Photo(error)
    }
}

impl From<UploadError> for Error {
    fn from(error: UploadError) -> Self {
        Self::Upload(error)
    }
}

impl From<JobError> for Error {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Upload(error) => Self::Upload(error),
            JobError::Poll(error) => Self::Poll(error),
        }
    }
}

impl From<PollError> for Error {
    fn from(error: PollError) -> Self {
        Self::Poll(error)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};

    use removit_proto::DownloadError;

    use super::*;
    use crate::with_cause::{tells_its_cause, with_cause};

    #[test]
    fn an_error_says_what_became_of_the_job_and_what_to_do() {
        let job_id: JobId = "j".parse().unwrap();
        let full = || SaveError::File { path: "a".into(), error: ErrorKind::StorageFull.into() };
        let failed = vec![(None, full()), (Some("x\ny".to_owned()), full())];
        let failed_before =
            |reason: &str| Error::FailedBefore { job_id: job_id.clone(), reason: reason.into() };
        let unreachable = removit_proto::TransportFailure::unreachable("no certificate");
        for (error, text) in [
            (
                Error::Destination { job_id: job_id.clone(), error: full() },
                "job j is done, but nothing was fetched: a cannot be written: no storage space; \
                 choose another destination and download again with this id",
            ),
            (
                Error::Download { job_id: job_id.clone(), saved: Vec::new(), failed },
                "job j is done, but 2 of 2 results failed; final_url: a cannot be written: \
                 no storage space; x\\ny: a cannot be written: no storage space; \
                 the results stay on the server, download again with this id",
            ),
            (
                Error::Incomplete {
                    job_id: job_id.clone(),
                    files: vec!["b".into()],
                    failed: Vec::new(),
                },
                "job j is done, but 0 of 1 results failed; \
                 the results stay on the server, download again with this id",
            ),
            (Error::NoPlace(full()), "nothing was sent: a cannot be written: no storage space"),
            (
                Error::Stopped(Stop::Unreachable(unreachable.clone())),
                &format!("not sent: {unreachable}"),
            ),
            (Error::Stopped(Stop::Asked), "not sent, as uploads were stopped before its turn"),
            (Error::Cancelled, "cancelled before it was sent"),
            (
                Error::Left { job_id: job_id.clone() },
                "job j goes on; wait for it with this id, and do not send again",
            ),
            (
                failed_before("too dark"),
                "job j ended without a result in an earlier run: too dark; \
                 the photo is not sent again unasked",
            ),
            (
                failed_before(""),
                "job j ended without a result in an earlier run; \
                 the photo is not sent again unasked",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn what_is_below_an_error_is_its_source() {
        let unwritten = || SaveError::File { path: "a".into(), error: with_cause() };
        let unread = PhotoError::File { path: "a".into(), error: with_cause() };
        let failed = || vec![(None, unwritten())];
        let job_id: JobId = "j".parse().unwrap();
        for error in [
            Error::Photo(unread),
            Error::Destination { job_id: job_id.clone(), error: unwritten() },
            Error::Download { job_id: job_id.clone(), saved: Vec::new(), failed: failed() },
            Error::Incomplete { job_id, files: Vec::new(), failed: failed() },
            Error::NoPlace(unwritten()),
        ] {
            tells_its_cause(&error);
        }
    }

    #[test]
    fn what_an_error_says_is_not_said_again_by_what_is_below_it() {
        let denied = || io::Error::new(ErrorKind::PermissionDenied, "no access");
        let unwritten = || SaveError::File { path: "a".into(), error: denied() };
        let unread = PhotoError::File { path: "a".into(), error: denied() };
        let url = "ftp://a".parse::<removit_proto::SourceUrl>().unwrap_err();
        let failed = || vec![(None, unwritten())];
        let job_id: JobId = "j".parse().unwrap();
        let errors: Vec<Box<dyn std::error::Error>> = vec![
            Box::new(unwritten()),
            Box::new(Error::NoPlace(unwritten())),
            Box::new(Error::Destination { job_id: job_id.clone(), error: unwritten() }),
            Box::new(Error::Incomplete { job_id, files: Vec::new(), failed: failed() }),
            Box::new(Error::Photo(unread)),
            Box::new(PhotoError::Unreadable { name: "a".into(), error: denied() }),
            Box::new(PhotoError::Url(url)),
            Box::new(SaveError::UnsafeUrl(url)),
            Box::new(SaveError::Fetch(DownloadError::TooManyRedirects)),
        ];
        for error in errors {
            let said = error.to_string();
            let mut below = error.source();
            while let Some(source) = below {
                assert!(!said.contains(&source.to_string()), "{said} / {source}");
                below = source.source();
            }
        }
    }
}
