//! How a job ends: with what became of each of its results, or without any.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api::finished::Finished;
use crate::api::job_id::JobId;
use crate::machine::download_error::DownloadError;
use crate::machine::downloaded::Downloaded;
use crate::machine::poll_error::PollError;
use crate::machine::upload_error::UploadError;

/// What a [`Job`](crate::Job) ends with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JobOutput {
    /// The job's last status before its results were fetched.
    pub finished: Finished,
    /// What became of each result, in the order of [`Finished::results`]; nothing where
    /// they are not fetched. One that failed stays on the server.
    pub results: Vec<Result<Downloaded, DownloadError>>,
}

/// Why a [`Job`](crate::Job) has nothing to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobError {
    /// The upload was not accepted. What that means for the account is the error's to say.
    Upload(UploadError),
    /// The job is paid for, and the wait for it ended without a result.
    Poll(PollError),
}

impl JobError {
    /// The job, where one exists: waiting for it again costs nothing.
    #[must_use]
    pub fn job_id(&self) -> Option<&JobId> {
        match self {
            Self::Upload(_) => None,
            Self::Poll(error) => Some(error.job_id()),
        }
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upload(error) => error.fmt(f),
            Self::Poll(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for JobError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Upload(error) => error.source(),
            Self::Poll(error) => error.source(),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::error::Error;

    use super::*;
    use crate::transport::transport_failure::TransportFailure;

    #[test]
    fn an_error_of_a_job_is_that_of_the_step_that_failed() {
        let not_sent = UploadError::NotSent(TransportFailure::connect("down"));
        let job_id: JobId = "j-1".parse().unwrap();
        let late = PollError::TimedOut { job_id: job_id.clone(), latest: None, trouble: None };
        for (error, told, id) in [
            (JobError::Upload(not_sent.clone()), not_sent.to_string(), None),
            (JobError::Poll(late.clone()), late.to_string(), Some(&job_id)),
        ] {
            assert_eq!((error.to_string(), error.job_id()), (told, id));
        }
        let source = |error: &dyn Error| error.source().map(ToString::to_string);
        assert_eq!(source(&JobError::Upload(not_sent.clone())), source(&not_sent));
        assert_eq!(source(&not_sent).as_deref(), Some("no connection: down"));
        assert_eq!(source(&JobError::Poll(late)), None);
    }
}
