//! Exit codes and outcomes: what scripts decide on.

use std::process::ExitCode;

use removit_tokio::proto::{
    ApiErrorKind, DownloadError, PollError, Stop, TransportFailure, UploadError,
};
use removit_tokio::{Error, PhotoError, SaveError};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    LocalIo = 1,
    Usage = 2,
    /// Inputs ended differently, or are left.
    Mixed = 3,
    KeyRefused = 4,
    NoCredits = 5,
    Ambiguous = 6,
    TimedOut = 7,
    Rejected = 8,
    JobFailed = 9,
    NotSent = 10,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match error {
            Error::Photo(PhotoError::File { .. }) => Self::LocalIo,
            Error::Photo(_) => Self::Usage,
            Error::Upload(UploadError::Rejected(error)) => refused(error.kind()),
            Error::Upload(UploadError::NotSent(failure)) if failure.is_local() => Self::LocalIo,
            Error::Upload(UploadError::Ambiguous(_)) => Self::Ambiguous,
            Error::Poll(PollError::Refused { error, .. }) => refused(error.kind()),
            // The job goes on: sending the photo again would pay twice.
            Error::Poll(PollError::TimedOut { .. } | PollError::Unreachable { .. }) => {
                Self::TimedOut
            }
            Error::Poll(_) => Self::JobFailed,
            Error::Destination { error, .. } => of_result(error),
            Error::NoPlace(error) => of_result(error),
            Error::Stopped(Stop::Unauthorized(_)) => Self::KeyRefused,
            Error::Stopped(Stop::InsufficientCredits(_)) => Self::NoCredits,
            Error::Left { .. } => Self::TimedOut,
            Error::FailedBefore { .. } => Self::JobFailed,
            Error::Download { failed, .. } | Error::Incomplete { failed, .. } => {
                failed.first().map_or(Self::NotSent, |(_, error)| of_result(error))
            }
            _ => Self::NotSent,
        }
    }
}

fn refused(kind: ApiErrorKind) -> Exit {
    match kind {
        ApiErrorKind::Unauthorized => Exit::KeyRefused,
        ApiErrorKind::InsufficientCredits => Exit::NoCredits,
        _ => Exit::Rejected,
    }
}

fn of_result(error: &SaveError) -> Exit {
    match error {
        SaveError::Exists(_) | SaveError::File { .. } => Exit::LocalIo,
        SaveError::Fetch(DownloadError::Transport(TransportFailure::Sink { .. })) => Exit::LocalIo,
        SaveError::Fetch(
            DownloadError::Transport(_)
            | DownloadError::Server(_)
            | DownloadError::WrongLength { .. },
        ) => Exit::NotSent,
        _ => Exit::Rejected,
    }
}

/// What became of the job, in the words of the JSON lines.
pub(crate) fn outcome(error: &Error) -> &'static str {
    match error {
        Error::Upload(UploadError::Rejected(_)) | Error::Poll(PollError::Refused { .. }) => {
            "rejected"
        }
        Error::Upload(UploadError::Ambiguous(_)) => "ambiguous",
        Error::Poll(PollError::TimedOut { .. } | PollError::Unreachable { .. }) => "timed_out",
        Error::Poll(_) => "failed",
        Error::Left { .. } => "timed_out",
        Error::FailedBefore { .. } => "failed",
        // The job is done; its results are not all here.
        Error::Destination { .. } | Error::Download { .. } | Error::Incomplete { .. } => "done",
        _ => "not_sent",
    }
}
