//! What an attempt is, for those who watch: which job and which input it is of. No request,
//! and no secret.

use crate::api::job_id::JobId;
use crate::transport::attempt::{Attempt, Step};
use crate::transport::attempt_id::AttemptId;

/// Which attempt an [`Observer`](crate::Observer) is told of.
///
/// It may be logged: the key and no URL are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptInfo {
    /// Its name: the same in each event of one attempt, another one for a repetition.
    pub id: AttemptId,
    /// What it does.
    pub step: Step,
    /// The job that it is of, where that has an id by then.
    pub job_id: Option<JobId>,
    /// In a batch or a dispatcher: the number of the first input that it is for.
    pub input: Option<usize>,
    /// How often the same was sent before.
    pub resent: u64,
}

impl AttemptInfo {
    /// Of this attempt.
    #[must_use]
    pub fn of(attempt: &Attempt) -> Self {
        let Attempt { id, step, job_id, input, resent, .. } = attempt;
        Self { id: *id, step: *step, job_id: job_id.clone(), input: *input, resent: *resent }
    }
}
