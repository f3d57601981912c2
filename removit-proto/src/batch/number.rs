//! Names inside one batch: which job, and what a request is for.
//!
//! Nothing here decides; these are the words that events, attempts and the
//! driver share.

use serde::{Deserialize, Serialize};

/// Names one job of one [`Batch`](crate::Batch): jobs are counted from zero in
/// the order in which they were added, so that a driver keeps its own part (the
/// photo, the folder) in a list beside the batch.
///
/// It is no [`JobId`](crate::JobId): that is the vendor's, and comes with the
/// acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobNumber(usize);

impl JobNumber {
    pub(super) const fn new(index: usize) -> Self {
        Self(index)
    }

    /// The position in the order of adding, from zero.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// What an attempt of a batch is for: see [`Batch::work`](crate::Batch::work).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Work {
    /// Sends the job's photo.
    Upload(JobNumber),
    /// Asks how the job is.
    Poll(JobNumber),
    /// Fetches one result into the driver's file.
    Download {
        /// The job.
        job: JobNumber,
        /// The place of the result in [`Finished::results`](crate::Finished::results).
        result: usize,
    },
}

impl Work {
    /// The job that the request is for.
    #[must_use]
    pub const fn job(self) -> JobNumber {
        match self {
            Self::Upload(job) | Self::Poll(job) | Self::Download { job, .. } => job,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_for_one_job() {
        let job = JobNumber::new(7);
        assert_eq!(job.index(), 7);
        for work in [Work::Upload(job), Work::Poll(job), Work::Download { job, result: 3 }] {
            assert_eq!(work.job(), job);
        }
    }
}
