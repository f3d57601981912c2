//! A job that is over and has something to fetch.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api::job_id::JobId;
use crate::api::job_state::State;
use crate::api::job_status::JobStatus;
use crate::api::result_link::ResultLink;

/// A job that is done, with at least one result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "JobStatus", into = "JobStatus")]
pub struct Finished(JobStatus);

impl Finished {
    /// The job.
    #[must_use]
    pub fn job_id(&self) -> &JobId {
        self.0.job_id()
    }

    /// The results, at least one.
    #[must_use]
    pub fn results(&self) -> &[ResultLink] {
        self.0.results()
    }

    /// The whole of the last status.
    #[must_use]
    pub const fn status(&self) -> &JobStatus {
        &self.0
    }
}

impl TryFrom<JobStatus> for Finished {
    /// The status of a job that is not done or has no result.
    type Error = NotFinished;

    fn try_from(status: JobStatus) -> Result<Self, NotFinished> {
        if *status.state() == State::Done && !status.results().is_empty() {
            Ok(Self(status))
        } else {
            Err(NotFinished)
        }
    }
}

impl From<Finished> for JobStatus {
    fn from(finished: Finished) -> Self {
        finished.0
    }
}

/// The status is not of a job that is done with a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotFinished;

impl fmt::Display for NotFinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the job is not done, or is done without a result")
    }
}

impl core::error::Error for NotFinished {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_is_no_end_says_so() {
        assert!(NotFinished.to_string().contains("not done"));
    }
}
