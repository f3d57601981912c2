//! One real job from its acceptance to its results: when it is looked at, and
//! what comes next.

use std::collections::VecDeque;

use core::time::Duration;

use super::judge_status::Told;
use super::order::Order;
use super::policy::CheckPolicy;
use crate::api::seed::scale;
use crate::{Instant, ResultUrl};

/// How many looks in a row may bring nothing.
const MOST_BAD_LOOKS: u32 = 10;
/// The longest time between two looks.
const SLOWEST: Duration = Duration::from_secs(5);
/// How long a job may be unknown after its acceptance (contract, rule 11).
pub(super) const HIDDEN: Duration = Duration::from_secs(10);

/// A real job.
#[derive(Clone, Debug)]
pub(super) struct Follow {
    pub(super) job_id: String,
    pub(super) order: Order,
    pub(super) accepted_at: Instant,
    pub(super) told: Told,
    /// Its place among the jobs of the report.
    pub(super) place: usize,
    pub(super) fetches: VecDeque<Fetch>,
    /// When it is looked at next; `None` once that is over.
    pub(super) due: Option<Instant>,
    interval: Duration,
    bad_looks: u32,
    last_look: bool,
}

/// One result that is still to be fetched.
#[derive(Clone, Debug)]
pub(super) struct Fetch {
    pub(super) url: ResultUrl,
    pub(super) hops: u32,
}

impl Follow {
    pub(super) fn new(
        job_id: String,
        order: Order,
        now: Instant,
        place: usize,
        policy: &CheckPolicy,
    ) -> Self {
        Self {
            job_id,
            order,
            accepted_at: now,
            told: Told::default(),
            place,
            fetches: VecDeque::new(),
            due: Some(now + policy.poll_every),
            interval: policy.poll_every,
            bad_looks: 0,
            last_look: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.due.is_none() && self.fetches.is_empty()
    }

    /// Takes note that a look is sent.
    pub(super) fn looked(&mut self, now: Instant, policy: &CheckPolicy) {
        self.last_look = now >= self.deadline(policy);
    }

    /// The next look after one that was answered. `false`: there is none, since
    /// the job's time is over.
    pub(super) fn again(&mut self, now: Instant, policy: &CheckPolicy) -> bool {
        self.bad_looks = 0;
        self.schedule(now, Duration::ZERO, policy)
    }

    /// The next look after one that brought nothing. `false`: there is none.
    pub(super) fn after_bad_look(
        &mut self,
        now: Instant,
        wait: Duration,
        policy: &CheckPolicy,
    ) -> bool {
        self.bad_looks = self.bad_looks.saturating_add(1);
        self.bad_looks < MOST_BAD_LOOKS && self.schedule(now, wait, policy)
    }

    fn schedule(&mut self, now: Instant, wait: Duration, policy: &CheckPolicy) -> bool {
        let deadline = self.deadline(policy);
        if self.last_look {
            self.due = None;
            return false;
        }
        let wait = wait.max(self.interval);
        // The last look is at the deadline, and never under the floor.
        let soon = (now + wait).min(deadline).max(now + CheckPolicy::POLL_FLOOR);
        self.due = Some(soon);
        self.interval = scale(self.interval, 1.25).min(SLOWEST.max(policy.poll_every));
        true
    }

    fn deadline(&self, policy: &CheckPolicy) -> Instant {
        self.accepted_at + policy.job_timeout.max(HIDDEN)
    }
}
