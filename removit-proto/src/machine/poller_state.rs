//! What is stored of a wait, and moved to another clock. What it means is the machine's.

use core::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::api::finished::Finished;
use crate::api::job_id::JobId;
use crate::api::job_status::JobStatus;
use crate::api::seed::Seed;
use crate::machine::outlook::Outlook;
use crate::machine::poll_end::{Known, PollEnd};
use crate::machine::poll_error::{PollError, PollTrouble};
use crate::machine::poll_policy::PollPolicy;
use crate::machine::stored::{Move, Version};
use crate::machine::{InFlight, Wakeup};
use crate::transport::time::Instant;

/// Everything about a [`Poller`](crate::Poller) but its endpoint and key: to be stored.
///
/// What is promised of it is that of [`UploadState`](crate::UploadState). It holds the
/// newest status with its body, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct PollerState {
    #[serde(default)]
    pub(super) version: Version,
    pub(super) job_id: JobId,
    pub(super) policy: PollPolicy,
    pub(super) seed: Seed,
    pub(super) started: Instant,
    pub(super) deadline: Instant,
    pub(super) accepted_at: Option<Instant>,
    pub(super) polls: u64,
    pub(super) failures: u32,
    pub(super) last_sent: Option<Instant>,
    pub(super) latest: Option<JobStatus>,
    pub(super) trouble: Option<PollTrouble>,
    /// The latest present that it was told.
    #[serde(default)]
    pub(super) seen: Option<Instant>,
    /// What the looks so far say about the end.
    #[serde(default)]
    pub(super) outlook: Outlook,
    pub(super) phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredPhase")]
pub(super) enum Phase {
    Waiting(Wakeup),
    Polling(InFlight),
    Over(PollEnd),
}

/// The same, and the end as earlier releases stored it.
#[derive(Deserialize)]
enum StoredPhase {
    Waiting(Wakeup),
    Polling(InFlight),
    Over(PollEnd),
    Done(Result<Finished, PollError>),
}

impl From<StoredPhase> for Phase {
    fn from(phase: StoredPhase) -> Self {
        match phase {
            StoredPhase::Waiting(wakeup) => Self::Waiting(wakeup),
            StoredPhase::Polling(flight) => Self::Polling(flight),
            StoredPhase::Over(end) => Self::Over(end),
            StoredPhase::Done(end) => Self::Over(PollEnd::of(&end)),
        }
    }
}

impl Serialize for PollerState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for PollerState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let state = Self::deserialize(deserializer)?;
        match &state.phase {
            Phase::Over(end) if end.told(state.known()).is_none() => {
                Err(D::Error::custom("the end of the wait contradicts the job's status"))
            }
            _ => Ok(state),
        }
    }
}

impl PollerState {
    pub(super) const fn known(&self) -> Known<'_> {
        Known { job_id: &self.job_id, latest: &self.latest, trouble: &self.trouble }
    }

    /// The time since the job was accepted, or resumed.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now - self.accepted_at.unwrap_or(self.started)
    }

    /// Moves it to the clock of `now`, where that is another one.
    pub(super) fn move_to(&mut self, now: Instant) {
        let Some(by) = Move::between(self.seen.unwrap_or(self.started), now) else { return };
        let sometimes = self.accepted_at.iter_mut().chain(&mut self.last_sent);
        sometimes.chain([&mut self.started, &mut self.deadline]).for_each(|at| by.instant(at));
        match &mut self.phase {
            Phase::Waiting(wakeup) => by.wakeup(wakeup),
            Phase::Polling(flight) => by.flight(flight),
            Phase::Over(_) => {}
        }
        self.seen = Some(now);
    }
}
