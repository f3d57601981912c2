//! How a wait ended, as a poller keeps it: without the status and the trouble, which
//! it has already. So no answer's text is in a stored state twice.

use serde::{Deserialize, Serialize};

use crate::api::finished::Finished;
use crate::api::job_id::JobId;
use crate::api::job_status::JobStatus;
use crate::machine::poll_error::{PollError, PollTrouble};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PollEnd {
    Finished,
    NoResult,
    Failed,
    Refused,
    Unreachable,
    TimedOut,
}

/// What a poller knows when its wait is over.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) job_id: &'a JobId,
    pub(crate) latest: &'a Option<JobStatus>,
    pub(crate) trouble: &'a Option<PollTrouble>,
}

impl PollEnd {
    pub(crate) const fn of(end: &Result<Finished, PollError>) -> Self {
        match end {
            Ok(_) => Self::Finished,
            Err(PollError::NoResult(_)) => Self::NoResult,
            Err(PollError::Failed(_)) => Self::Failed,
            Err(PollError::Refused { .. }) => Self::Refused,
            Err(PollError::Unreachable { .. }) => Self::Unreachable,
            Err(PollError::TimedOut { .. }) => Self::TimedOut,
        }
    }

    /// The end in full; `None` where what is known contradicts it.
    pub(crate) fn told(self, known: Known<'_>) -> Option<Result<Finished, PollError>> {
        let job_id = known.job_id.clone();
        let latest = || known.latest.clone().map(Box::new);
        Some(match (self, known.trouble) {
            (Self::Finished, _) => Ok(Finished::try_from(known.latest.clone()?).ok()?),
            (Self::NoResult, _) => Err(PollError::NoResult(latest()?)),
            (Self::Failed, _) => Err(PollError::Failed(latest()?)),
            (Self::Refused, Some(PollTrouble::Answer(error))) => {
                Err(PollError::Refused { job_id, error: error.clone() })
            }
            (Self::Unreachable, Some(PollTrouble::Transport(failure))) => {
                let failure = failure.clone();
                Err(PollError::Unreachable { job_id, failure, latest: latest() })
            }
            (Self::Refused | Self::Unreachable, _) => return None,
            (Self::TimedOut, trouble) => {
                let trouble = trouble.clone();
                Err(PollError::TimedOut { job_id, latest: latest(), trouble })
            }
        })
    }
}
