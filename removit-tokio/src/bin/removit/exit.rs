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

#[cfg(test)]
mod tests {
    use std::io;

    use removit_tokio::SetupError;
    use removit_tokio::proto::{
        ApiError, ApiKey, ContentHash, Endpoint, InputKey, JobId, JobStatus, Reach,
    };
    use serde_json::json;

    use super::*;

    fn answer(status: u16) -> ApiError {
        let endpoint = Endpoint::production(ApiKey::new("any").unwrap());
        let answer = http::Response::builder().status(status).body("{}").unwrap();
        ApiError::decode(&answer, &endpoint)
    }

    fn id() -> JobId {
        "j-1".parse().unwrap()
    }

    fn status() -> Box<JobStatus> {
        let endpoint = Endpoint::production(ApiKey::new("any").unwrap());
        let answer = http::Response::builder().status(200).body(r#"{"state":"failed"}"#).unwrap();
        Box::new(JobStatus::decode(&answer, &id(), &endpoint).unwrap())
    }

    fn ambiguous() -> UploadError {
        let cause = json!({"Transport": TransportFailure::broken(Reach::MaybeSent, "reset")});
        serde_json::from_value(json!({"Ambiguous": {"cause": cause, "attempts": 1}})).unwrap()
    }

    fn unwritten() -> SaveError {
        SaveError::File { path: "a.png".into(), error: io::ErrorKind::PermissionDenied.into() }
    }

    fn refused_job(status: u16) -> Error {
        Error::Poll(PollError::Refused { job_id: id(), error: answer(status) })
    }

    #[test]
    fn each_error_has_its_exit_code_and_its_outcome() {
        let unread =
            PhotoError::File { path: "a.jpg".into(), error: io::ErrorKind::NotFound.into() };
        let failure = || TransportFailure::connect("refused");
        let not_sent = |failure| Error::Upload(UploadError::NotSent(failure));
        let rejected = |status| Error::Upload(UploadError::Rejected(answer(status)));
        let timed_out = PollError::TimedOut { job_id: id(), latest: None, trouble: None };
        let unreachable = PollError::Unreachable { job_id: id(), failure: failure(), latest: None };
        let failed = || vec![(None, unwritten())];
        let key = InputKey::new(ContentHash::new([1; 32]));
        for (error, exit, word) in [
            (Error::Photo(unread), Exit::LocalIo, "not_sent"),
            (Error::Photo(PhotoError::Empty { name: "a".into() }), Exit::Usage, "not_sent"),
            (rejected(401), Exit::KeyRefused, "rejected"),
            (rejected(402), Exit::NoCredits, "rejected"),
            (rejected(422), Exit::Rejected, "rejected"),
            (not_sent(TransportFailure::source("cut")), Exit::LocalIo, "not_sent"),
            (not_sent(failure()), Exit::NotSent, "not_sent"),
            (Error::Upload(ambiguous()), Exit::Ambiguous, "ambiguous"),
            (refused_job(401), Exit::KeyRefused, "rejected"),
            (refused_job(402), Exit::NoCredits, "rejected"),
            (refused_job(404), Exit::Rejected, "rejected"),
            (Error::Poll(timed_out), Exit::TimedOut, "timed_out"),
            (Error::Poll(unreachable), Exit::TimedOut, "timed_out"),
            (Error::Poll(PollError::Failed(status())), Exit::JobFailed, "failed"),
            (Error::Poll(PollError::NoResult(status())), Exit::JobFailed, "failed"),
            (Error::Destination { job_id: id(), error: unwritten() }, Exit::LocalIo, "done"),
            (Error::NoPlace(unwritten()), Exit::LocalIo, "not_sent"),
            (Error::Stopped(Stop::Unauthorized(answer(401))), Exit::KeyRefused, "not_sent"),
            (Error::Stopped(Stop::InsufficientCredits(answer(402))), Exit::NoCredits, "not_sent"),
            (Error::Stopped(Stop::Asked), Exit::NotSent, "not_sent"),
            (Error::Left { job_id: id() }, Exit::TimedOut, "timed_out"),
            (
                Error::FailedBefore { job_id: id(), reason: String::new() },
                Exit::JobFailed,
                "failed",
            ),
            (
                Error::Download { job_id: id(), saved: Vec::new(), failed: failed() },
                Exit::LocalIo,
                "done",
            ),
            (
                Error::Incomplete { job_id: id(), files: Vec::new(), failed: failed() },
                Exit::LocalIo,
                "done",
            ),
            (Error::Setup(SetupError::Roots { detail: String::new() }), Exit::NotSent, "not_sent"),
            (Error::Cancelled, Exit::NotSent, "not_sent"),
            (Error::Taken { key }, Exit::NotSent, "not_sent"),
        ] {
            assert_eq!((Exit::from(&error), outcome(&error)), (exit, word), "{error:?}");
        }
    }

    #[test]
    fn a_result_that_is_missing_says_whose_the_fault_is() {
        let url = "ftp://a".parse::<removit_tokio::proto::SourceUrl>().unwrap_err();
        let fetch = |error| SaveError::Fetch(error);
        let bad = http::StatusCode::BAD_GATEWAY;
        for (error, exit) in [
            (SaveError::Exists("a.png".into()), Exit::LocalIo),
            (unwritten(), Exit::LocalIo),
            (fetch(DownloadError::Transport(TransportFailure::sink("full"))), Exit::LocalIo),
            (fetch(DownloadError::Transport(TransportFailure::connect("no"))), Exit::NotSent),
            (fetch(DownloadError::Server(bad)), Exit::NotSent),
            (fetch(DownloadError::WrongLength { expected: None, received: 0 }), Exit::NotSent),
            (fetch(DownloadError::Refused(http::StatusCode::GONE)), Exit::Rejected),
            (fetch(DownloadError::TooManyRedirects), Exit::Rejected),
            (SaveError::UnsafeUrl(url), Exit::Rejected),
        ] {
            assert_eq!(of_result(&error), exit, "{error:?}");
        }
    }

    #[test]
    fn the_first_of_missing_results_decides() {
        let gone = SaveError::Fetch(DownloadError::Refused(http::StatusCode::GONE));
        let failed = vec![(Some("white".to_owned()), gone), (None, unwritten())];
        let error = Error::Download { job_id: id(), saved: Vec::new(), failed };
        assert_eq!(Exit::from(&error), Exit::Rejected);
    }
}
