//! A poller between two looks, as small as its wait allows: what a batch keeps of each of a
//! million jobs.
//!
//! What the jobs of a batch share, and when the next look is due, is not in it: who keeps it
//! knows both. It decides nothing, and is never stored.

use crate::api::endpoint::Endpoint;
use crate::api::job_id::JobId;
use crate::api::packed_status::PackedStatus;
use crate::api::seed::Seed;
use crate::machine::outlook::Outlook;
use crate::machine::poll_error::PollTrouble;
use crate::machine::poll_policy::PollPolicy;
use crate::machine::poller::Poller;
use crate::machine::poller_state::{Phase, PollerState};
use crate::machine::stored::Version;
use crate::machine::{WakeReason, Wakeup};
use crate::transport::time::Instant;

#[derive(Clone, Debug)]
pub(crate) struct RestingPoller {
    job_id: JobId,
    latest: Option<PackedStatus>,
    trouble: Option<Box<PollTrouble>>,
    started: Instant,
    last_sent: Option<Instant>,
    polls: u64,
    outlook: Outlook,
    failures: u32,
    /// Whether the job was accepted when it started, and not resumed.
    is_new: bool,
}

impl RestingPoller {
    /// Of a poller that waits.
    pub(crate) fn of(poller: &mut Poller) -> Self {
        let state = &mut poller.state;
        Self {
            job_id: state.job_id.clone(),
            latest: state.latest.take().map(|status| PackedStatus::of(&status)),
            trouble: state.trouble.take().map(Box::new),
            started: state.started,
            last_sent: state.last_sent,
            polls: state.polls,
            outlook: state.outlook,
            failures: state.failures,
            is_new: state.accepted_at.is_some(),
        }
    }

    pub(crate) const fn job_id(&self) -> &JobId {
        &self.job_id
    }

    /// The poller that it was, whose next look is due at this moment, and the newest status:
    /// it need not be unpacked where that look brings another.
    pub(crate) fn wake(
        &mut self,
        endpoint: Endpoint,
        policy: PollPolicy,
        seed: Seed,
        due: Instant,
    ) -> (Poller, Option<PackedStatus>) {
        let state = PollerState {
            version: Version::CURRENT,
            job_id: self.job_id.clone(),
            policy,
            seed,
            started: self.started,
            deadline: self.started + policy.timeout,
            accepted_at: self.is_new.then_some(self.started),
            polls: self.polls,
            failures: self.failures,
            last_sent: self.last_sent,
            latest: None,
            trouble: self.trouble.take().map(|trouble| *trouble),
            seen: None,
            outlook: self.outlook,
            phase: Phase::Waiting(Wakeup { at: due, reason: WakeReason::PollInterval }),
        };
        (Poller { endpoint, state }, self.latest.take())
    }
}
