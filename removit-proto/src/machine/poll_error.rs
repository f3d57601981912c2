//! How watching a job ends without its result. The job's id is always there.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api::api_error::{ApiError, ApiErrorKind};
use crate::api::excerpt::{Excerpt, OneLine};
use crate::api::job_id::JobId;
use crate::api::job_status::JobStatus;
use crate::api::status_unreadable::StatusUnreadable;
use crate::transport::transport_failure::TransportFailure;

/// A wait that ended without a result. The job was paid for: keep its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PollError {
    /// The job failed for good (contract, rule 1). The whole body is in the status.
    Failed(Box<JobStatus>),
    /// The job is done and names no result (contract, rule 2).
    NoResult(Box<JobStatus>),
    /// The server refuses to say how the job is (contract, rule 12). The job
    /// itself is not affected.
    Refused {
        /// The job.
        job_id: JobId,
        /// The server's word.
        error: ApiError,
    },
    /// No connection was made, and trying again does not mend it. The job goes on;
    /// the same id continues the wait once that is mended.
    Unreachable {
        /// The job.
        job_id: JobId,
        /// What is wrong with the way to the server.
        failure: TransportFailure,
        /// The newest status, if any poll brought one.
        latest: Option<Box<JobStatus>>,
    },
    /// The deadline passed. The job goes on; the same id continues the wait.
    TimedOut {
        /// The job.
        job_id: JobId,
        /// The newest status, if any poll brought one.
        latest: Option<Box<JobStatus>>,
        /// What went wrong with the last poll, if something did.
        trouble: Option<PollTrouble>,
    },
}

/// Why one poll brought no status. It costs time only (contract, rule 12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PollTrouble {
    /// No whole answer.
    Transport(TransportFailure),
    /// An answer other than 200.
    Answer(ApiError),
    /// A 200 answer that could not be read.
    Unreadable {
        /// Why not.
        why: StatusUnreadable,
        /// A piece of it.
        excerpt: Excerpt,
    },
}

impl PollError {
    /// The job, which can be asked about again with this id.
    #[must_use]
    pub fn job_id(&self) -> &JobId {
        match self {
            Self::Failed(status) | Self::NoResult(status) => status.job_id(),
            Self::Refused { job_id, .. }
            | Self::Unreachable { job_id, .. }
            | Self::TimedOut { job_id, .. } => job_id,
        }
    }

    /// The status, where one look was all that was wanted
    /// ([`PollPolicy::one_look`](crate::PollPolicy::one_look)): a job that is
    /// not over is an answer then, and so is one that failed.
    ///
    /// # Errors
    /// The error itself, where the look brought no status.
    pub fn into_status(self) -> Result<JobStatus, Self> {
        match self {
            Self::Failed(status) | Self::NoResult(status) => Ok(*status),
            Self::TimedOut { latest: Some(status), trouble: None, .. } => Ok(*status),
            error => Err(error),
        }
    }

    /// The newest status that is known.
    #[must_use]
    pub fn latest(&self) -> Option<&JobStatus> {
        match self {
            Self::Failed(status) | Self::NoResult(status) => Some(status),
            Self::TimedOut { latest, .. } | Self::Unreachable { latest, .. } => latest.as_deref(),
            Self::Refused { .. } => None,
        }
    }
}

impl fmt::Display for PollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let job_id = self.job_id().printable();
        match self {
            Self::Failed(status) => {
                let word = OneLine(status.step().unwrap_or("failed"));
                write!(f, "job {job_id} failed for good ({word})")
            }
            Self::NoResult(_) => write!(
                f,
                "job {job_id} is done but names no result, against the API's contract; \
                 ask the vendor with this id"
            ),
            Self::Refused { error, .. } => {
                write!(f, "job {job_id}: the server refuses to show it: {error}")?;
                f.write_str(match error.kind() {
                    ApiErrorKind::Unauthorized => "; check the API key, the job is not lost",
                    ApiErrorKind::NotFound => "; it is unknown, or belongs to another account",
                    _ => "",
                })
            }
            Self::Unreachable { failure, .. } => write!(
                f,
                "job {job_id}: its status could not be had: {failure}; the job goes on, \
                 ask for it again with this id once that is mended"
            ),
            Self::TimedOut { latest: None, trouble: Some(trouble), .. } => write!(
                f,
                "job {job_id}: its status could not be had: {trouble}; the job goes on, \
                 ask for it again with this id"
            ),
            Self::TimedOut { latest, trouble, .. } => {
                write!(f, "job {job_id} was not done in time")?;
                if let Some(step) = latest.as_deref().and_then(JobStatus::step) {
                    write!(f, " (last step: {})", OneLine(step))?;
                }
                if let Some(trouble) = trouble {
                    write!(f, "; the last look failed: {trouble}")?;
                }
                f.write_str("; the job goes on, wait for it again with this id")
            }
        }
    }
}

impl core::error::Error for PollError {}

impl fmt::Display for PollTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(failure) => failure.fmt(f),
            Self::Answer(error) => error.fmt(f),
            Self::Unreadable { why, excerpt } if excerpt.as_str().is_empty() => why.fmt(f),
            Self::Unreadable { why, excerpt } => write!(f, "{why}: {excerpt}"),
        }
    }
}

impl core::error::Error for PollTrouble {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApiKey, Endpoint, Excerpt, TransportFailure};

    fn endpoint() -> Endpoint {
        Endpoint::production(ApiKey::new("sk-secret").unwrap())
    }

    fn id() -> JobId {
        "j-1".parse().unwrap()
    }

    fn status(body: &str) -> Box<JobStatus> {
        Box::new(JobStatus::decode(&http::Response::new(body), &id(), &endpoint()).unwrap())
    }

    fn refused(status: u16) -> PollError {
        let answer = http::Response::builder().status(status).body("").unwrap();
        PollError::Refused { job_id: id(), error: ApiError::decode(&answer, &endpoint()) }
    }

    fn late(latest: Option<&str>, trouble: Option<PollTrouble>) -> PollError {
        PollError::TimedOut { job_id: id(), latest: latest.map(status), trouble }
    }

    fn unreachable() -> PollError {
        let failure = TransportFailure::unreachable("expired");
        PollError::Unreachable { job_id: id(), failure, latest: None }
    }

    fn no_connection() -> PollTrouble {
        PollTrouble::Transport(TransportFailure::connect("down"))
    }

    #[test]
    fn each_names_the_job_and_says_what_becomes_of_it() {
        let step = r#"{"state":"pending","status":"pending_x"}"#;
        for (error, said) in [
            (PollError::Failed(status(r#"{"state":"failed","status":"expired"}"#)), "(expired)"),
            (PollError::Failed(status(r#"{"state":"failed"}"#)), "for good (failed)"),
            (PollError::NoResult(status(r#"{"state":"done"}"#)), "names no result"),
            (refused(401), "; check the API key, the job is not lost"),
            (refused(404), "; it is unknown, or belongs to another account"),
            (refused(422), "refuses to show it: 422"),
            (late(None, Some(no_connection())), "had: no connection: down; the job goes on"),
            (late(Some(step), None), "in time (last step: pending_x); the job goes on"),
            (unreachable(), "not mend it: expired; the job goes on, ask for it again with this"),
            (late(None, None), "was not done in time; the job goes on"),
            (late(Some(step), Some(no_connection())), "; the last look failed: no connection"),
        ] {
            let text = error.to_string();
            assert!(text.starts_with("job j-1") && text.contains(said), "{text}");
        }
        assert!(refused(422).to_string().ends_with("body)"), "no advice: {}", refused(422));
    }

    #[test]
    fn what_could_not_be_read_is_shown_where_there_is_something() {
        let unreadable = |body: &str| PollTrouble::Unreadable {
            why: StatusUnreadable::NoStatus,
            excerpt: Excerpt::of(body, &endpoint()),
        };
        let why = StatusUnreadable::NoStatus.to_string();
        assert_eq!(unreadable("").to_string(), why);
        assert_eq!(unreadable("<html>").to_string(), format!("{why}: <html>"));
    }

    #[test]
    fn what_was_last_known_of_the_job_is_kept() {
        let failed = || status(r#"{"state":"failed"}"#);
        let pending = r#"{"state":"pending"}"#;
        let unreachable_after = PollError::Unreachable {
            job_id: id(),
            failure: TransportFailure::unreachable("expired"),
            latest: Some(status(pending)),
        };
        for (error, latest, is_status) in [
            (PollError::Failed(failed()), Some(failed()), true),
            (PollError::NoResult(failed()), Some(failed()), true),
            (refused(404), None, false),
            (unreachable(), None, false),
            (unreachable_after, Some(status(pending)), false),
            (late(None, None), None, false),
            (late(Some(pending), None), Some(status(pending)), true),
            (late(Some(pending), Some(no_connection())), Some(status(pending)), false),
        ] {
            assert_eq!((error.job_id(), error.latest()), (&id(), latest.as_deref()), "{error}");
            let told = error.clone().into_status();
            let expected =
                if is_status { latest.map(|status| *status).ok_or(error) } else { Err(error) };
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn trouble_is_told_as_what_it_is() {
        let PollError::Refused { error, .. } = refused(502) else { unreachable!() };
        assert_eq!(PollTrouble::Answer(error.clone()).to_string(), error.to_string());
        assert_eq!(no_connection().to_string(), "no connection: down");
    }
}
