//! A poller between two looks, as small as its wait allows: what a batch keeps of each of a
//! million jobs.
//!
//! What the jobs of a batch share, and when the next look is due, is not in it: who keeps it
//! knows both. It decides nothing, and is never stored.

use core::num::NonZeroU64;
use core::time::Duration;

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
    started: Moment,
    last_sent: Option<Moment>,
    polls: u32,
    outlook: Outlook,
    failures: u32,
    /// Whether the job was accepted when it started, and not resumed.
    is_new: bool,
}

impl RestingPoller {
    /// Of a poller that waits; `None` where one of its numbers is greater than what has
    /// room here, as after 500 years.
    pub(crate) fn of(poller: &mut Poller) -> Option<Self> {
        let state = &mut poller.state;
        let last_sent = match state.last_sent {
            Some(sent) => Some(Moment::of(sent)?),
            None => None,
        };
        let (started, polls) = (Moment::of(state.started)?, state.polls.try_into().ok()?);
        Some(Self {
            job_id: state.job_id.clone(),
            latest: state.latest.take().map(|status| PackedStatus::of(&status)),
            trouble: state.trouble.take().map(Box::new),
            started,
            last_sent,
            polls,
            outlook: state.outlook,
            failures: state.failures,
            is_new: state.accepted_at.is_some(),
        })
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
        let started = self.started.instant();
        let state = PollerState {
            version: Version::CURRENT,
            job_id: self.job_id.clone(),
            policy,
            seed,
            started,
            deadline: started + policy.timeout,
            accepted_at: self.is_new.then_some(started),
            polls: self.polls.into(),
            failures: self.failures,
            last_sent: self.last_sent.map(Moment::instant),
            latest: None,
            trouble: self.trouble.take().map(|trouble| *trouble),
            seen: None,
            outlook: self.outlook,
            phase: Phase::Waiting(Wakeup { at: due, reason: WakeReason::PollInterval }),
        };
        (Poller { endpoint, state }, self.latest.take())
    }
}

/// An [`Instant`] in half of its room: the nanoseconds since the origin, and one.
#[derive(Clone, Copy, Debug)]
struct Moment(NonZeroU64);

impl Moment {
    fn of(at: Instant) -> Option<Self> {
        let nanos = u64::try_from(at.since_origin().as_nanos()).ok()?;
        nanos.checked_add(1).and_then(NonZeroU64::new).map(Self)
    }

    const fn instant(self) -> Instant {
        Instant::from_origin(Duration::from_nanos(self.0.get().saturating_sub(1)))
    }
}
