//! How many jobs of a batch are where: for progress bars, and the batch's end.

/// How many jobs are where. Their sum is the number of jobs that were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchCounts {
    /// Not sent yet. At the end: left because uploads were stopped.
    pub waiting: usize,
    /// Between intent and answer, pauses between attempts included.
    pub uploading: usize,
    /// Accepted, and not over.
    pub running: usize,
    /// Done, with results being fetched.
    pub fetching: usize,
    /// Ended as [`JobEnd::Done`](crate::JobEnd::Done).
    pub done: usize,
    /// Ended as [`JobEnd::Incomplete`](crate::JobEnd::Incomplete).
    pub incomplete: usize,
    /// Ended as [`JobEnd::NotDone`](crate::JobEnd::NotDone).
    pub not_done: usize,
    /// Ended as [`JobEnd::NotAccepted`](crate::JobEnd::NotAccepted), certainly
    /// without a job.
    pub not_accepted: usize,
    /// Ended as [`JobEnd::NotAccepted`](crate::JobEnd::NotAccepted), perhaps
    /// with a job.
    pub ambiguous: usize,
    /// Ended as [`JobEnd::Cancelled`](crate::JobEnd::Cancelled).
    pub cancelled: usize,
}

impl BatchCounts {
    /// How many jobs are over.
    #[must_use]
    pub const fn ended(&self) -> usize {
        let done = self.done.saturating_add(self.incomplete);
        let not_accepted = self.not_accepted.saturating_add(self.ambiguous);
        let done = done.saturating_add(self.not_done).saturating_add(self.cancelled);
        done.saturating_add(not_accepted)
    }

    /// How many jobs are neither waiting nor over.
    #[must_use]
    pub const fn open(&self) -> usize {
        self.uploading.saturating_add(self.running).saturating_add(self.fetching)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_waits_is_open_or_has_ended() {
        let counts = BatchCounts {
            waiting: 1,
            uploading: 2,
            running: 4,
            fetching: 8,
            done: 16,
            incomplete: 32,
            not_done: 64,
            not_accepted: 128,
            ambiguous: 256,
            cancelled: 512,
        };
        assert_eq!((counts.open(), counts.ended()), (2 + 4 + 8, 1008));
    }
}
