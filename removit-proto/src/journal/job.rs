//! What is known of one paid job.

use core::time::Duration;

use super::record::{Accepted, Ended, JobOutcome, Opened, Status};
use super::wall_time::WallTime;
use crate::api::job_id::JobId;

/// A paid job of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    id: JobId,
    accepted_at: WallTime,
    salvaged: bool,
    earlier_ambiguous: u32,
    latest: Option<Status>,
    ended: Option<Ended>,
}

impl Job {
    pub(super) const fn new(id: JobId, accepted_at: WallTime) -> Self {
        Self { id, accepted_at, salvaged: false, earlier_ambiguous: 0, latest: None, ended: None }
    }

    pub(super) fn accept(&mut self, accepted: &Accepted) {
        self.accepted_at = accepted.at;
        self.salvaged = accepted.salvaged;
        self.earlier_ambiguous = accepted.earlier_ambiguous;
    }

    pub(super) fn look(&mut self, status: Status) {
        self.latest = Some(status);
    }

    /// What is done stays done, whatever a later look says.
    pub(super) fn end(&mut self, ended: Ended) {
        if self.outcome() != Some(JobOutcome::Done) || ended.outcome == JobOutcome::Done {
            self.ended = Some(ended);
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &JobId {
        &self.id
    }

    /// When it was accepted.
    #[must_use]
    pub const fn accepted_at(&self) -> WallTime {
        self.accepted_at
    }

    /// Whether its id was found in an answer that could not be read otherwise.
    #[must_use]
    pub const fn is_salvaged(&self) -> bool {
        self.salvaged
    }

    /// How many earlier attempts of its upload ended ambiguous: up to so many
    /// further jobs may exist.
    #[must_use]
    pub const fn earlier_ambiguous(&self) -> u32 {
        self.earlier_ambiguous
    }

    /// The newest status that was noted.
    #[must_use]
    pub const fn latest(&self) -> Option<&Status> {
        self.latest.as_ref()
    }

    /// How the last wait for it ended, if one did.
    #[must_use]
    pub const fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// How long it took until it was seen to be over, where it is and one process watched
    /// it all the time.
    pub(super) fn took(&self, openings: &[Opened]) -> Option<Duration> {
        let ended = self.ended.as_ref()?;
        let is_over =
            matches!(ended.outcome, JobOutcome::Done | JobOutcome::Failed | JobOutcome::NoResult);
        let is_during = |at: WallTime| at > self.accepted_at && at <= ended.at;
        let was_left = openings.iter().any(|opened| is_during(opened.at));
        (is_over && !was_left).then(|| Duration::from_millis(ended.elapsed_ms))
    }

    pub(super) fn outcome(&self) -> Option<JobOutcome> {
        self.ended.as_ref().map(|ended| ended.outcome)
    }

    pub(super) fn is_lost(&self) -> bool {
        matches!(self.outcome(), Some(JobOutcome::Failed | JobOutcome::NoResult))
    }
}
