//! What one job's answer means for all: 429 and 503 slow the whole batch down.
//!
//! After an overload nothing is sent for as long as the server asks, or for a
//! growing pause; then one request at a time probes, until one of them is
//! answered. Verdicts about single jobs are made in their own machines.

use core::time::Duration;

use bytes::Bytes;
use http::Response;

use crate::api::retry_after::retry_after;
use crate::api::seed::Seed;
use crate::machine::Wakeup;
use crate::machine::retry::Backoff;
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;
use crate::transport::transport_failure::TransportFailure;

#[derive(Clone, Debug)]
pub(super) struct Throttle {
    backoff: Backoff,
    seed: Seed,
    /// How many overloads there were since the last answer.
    overloads: u32,
    latest: Option<AttemptId>,
    /// The latest attempt when the pause that holds, or held last, began.
    began_after: Option<AttemptId>,
    pause: Option<Wakeup>,
    probing: bool,
    probe: Option<AttemptId>,
    /// Whether no connection was made since the last answer.
    unreached: bool,
}

/// What an outcome says about the API as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Answers,
    Overloaded(Option<Duration>),
    Unreached,
    Nothing,
}

impl Signal {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Response(answer) | Outcome::Partial(answer) => Self::of_answer(answer),
            Outcome::Failed(TransportFailure::Connect { .. }) => Self::Unreached,
            _ => Self::Nothing,
        }
    }

    fn of_answer(answer: &Response<Bytes>) -> Self {
        match answer.status().as_u16() {
            429 | 503 => Self::Overloaded(retry_after(answer.headers())),
            500..=599 => Self::Nothing,
            _ => Self::Answers,
        }
    }
}

impl Throttle {
    pub(super) const fn new(backoff: Backoff, seed: Seed) -> Self {
        Self {
            backoff,
            seed,
            overloads: 0,
            latest: None,
            began_after: None,
            pause: None,
            probing: false,
            probe: None,
            unreached: false,
        }
    }

    /// The pause that holds at `now`.
    pub(super) fn pause(&self, now: Instant) -> Option<Wakeup> {
        self.pause.filter(|wakeup| now < wakeup.at)
    }

    /// Whether a probe is under way: nothing else leaves before its outcome.
    pub(super) const fn is_probing(&self) -> bool {
        self.probe.is_some()
    }

    pub(super) fn launched(&mut self, id: AttemptId) {
        self.latest = Some(id);
        if self.probing {
            self.probe = Some(id);
        }
    }

    /// Takes note of what came of a request.
    pub(super) fn note(&mut self, now: Instant, id: AttemptId, outcome: &Outcome) {
        if self.probe == Some(id) {
            self.probe = None;
        }
        let before_the_pause = self.began_after.is_some_and(|last| id <= last);
        match Signal::of(outcome) {
            Signal::Answers => {
                self.unreached = false;
                // What left before the pause says nothing about the time after it.
                if !before_the_pause {
                    self.overloads = 0;
                    self.probing = false;
                    self.probe = None;
                }
            }
            Signal::Overloaded(asked) => {
                self.unreached = false;
                self.hold(now, asked, before_the_pause);
            }
            // One connection may fail by bad luck; of two the network is the cause.
            Signal::Unreached if self.unreached => self.hold(now, None, before_the_pause),
            Signal::Unreached => self.unreached = true,
            Signal::Nothing => {}
        }
    }

    fn hold(&mut self, now: Instant, asked: Option<Duration>, before_the_pause: bool) {
        if before_the_pause && asked.is_none() {
            return;
        }
        let (wait, reason) = self.backoff.wait(self.overloads, Duration::ZERO, asked, self.seed);
        if !before_the_pause {
            self.overloads = self.overloads.saturating_add(1);
            self.began_after = self.latest;
            self.probing = true;
        }
        let longer = Wakeup { at: now + wait, reason };
        if self.pause.is_none_or(|pause| pause.at < longer.at) {
            self.pause = Some(longer);
        }
    }
}
