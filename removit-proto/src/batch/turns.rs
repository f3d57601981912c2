//! Whose turn it is: which request leaves next, and until when none does.
//!
//! Downloads have their own limit; uploads and polls share the budget and the
//! throttle.

use core::time::Duration;

use crate::batch::Batch;
use crate::batch::counts::BatchCounts;
use crate::batch::number::Work;
use crate::machine::{Action, WakeReason, Wakeup};
use crate::transport::time::Instant;

/// Where both wait, one request of four is an upload: accepted jobs come first,
/// and no upload starves.
const POLLS_BETWEEN_UPLOADS: u32 = 3;

impl Batch {
    /// Whose turn it is.
    pub(super) fn pick(&mut self, now: Instant) -> Option<Work> {
        if let Some(work) = self.pick_download(now) {
            return Some(work);
        }
        if self.throttle.pause(now).is_some()
            || self.throttle.is_probing()
            || self.budget.free_at() > now
        {
            return None;
        }
        if self.polls_in_a_row < POLLS_BETWEEN_UPLOADS || self.uploads.ready.is_empty() {
            if let Some(job) = self.polls.pop_due(now) {
                self.polls_in_a_row = self.polls_in_a_row.saturating_add(1);
                return Some(Work::Poll(job));
            }
        }
        let job = self.uploads.ready.pop_front()?;
        self.polls_in_a_row = 0;
        Some(Work::Upload(job))
    }

    pub(super) fn rest(&self, now: Instant) -> Action<BatchCounts> {
        let counts = self.jobs.counts();
        let is_left = counts.waiting > 0 && self.uploads.stop.is_none();
        let is_told = self.events.is_empty() || !self.policy.wait_until_stored;
        let is_resent = !self.uploads.resent.is_empty();
        if counts.open() == 0 && !is_left && !is_resent && is_told {
            return Action::Done(counts);
        }
        let at = |reason| move |at: Instant| (at > now).then_some(Wakeup { at, reason });
        let is_held = !self.uploads.ready.is_empty()
            || self.polls.is_due(now)
            || self.uploads.pauses.is_due(now)
            || self.may_open_upload();
        let held_until = || {
            let budget = at(WakeReason::Budget)(self.budget.free_at());
            self.throttle.pause(now).or(budget)
        };
        let pause_reason =
            self.throttle.pause(now).map_or(WakeReason::Backoff, |pause| pause.reason);
        // An event that nobody took may hold a receipt that was not seen.
        let nag = Duration::from_millis(if self.events.is_empty() { 1000 } else { 10 });
        let nag = Wakeup { at: now + nag, reason: WakeReason::Receipt };
        let wakeups = [
            self.flights.first_loss().and_then(at(WakeReason::AttemptDeadline)),
            self.polls.first().and_then(at(WakeReason::PollInterval)),
            self.uploads.pauses.first().and_then(at(pause_reason)),
            self.fetches.timers.first().and_then(at(WakeReason::Backoff)),
            if is_held { held_until() } else { None },
            (self.unstored > 0).then_some(nag),
        ];
        let first = wakeups.into_iter().flatten().min_by_key(|wakeup| wakeup.at);
        Action::SleepUntil(first.unwrap_or(nag))
    }
}
