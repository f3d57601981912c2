//! What a batch learns of its jobs: how long each kind takes.
//!
//! Jobs of which the kind or the moment of acceptance is not known teach nothing, and
//! are not taught. When to look is the [`Poller`](crate::Poller)'s own.

use core::time::Duration;
use std::collections::BTreeMap;

use crate::api::job_state::State;
use crate::batch::kind::Kind;
use crate::batch::slot::Running;
use crate::machine::durations::Durations;
use crate::transport::time::Instant;

#[derive(Clone, Debug)]
pub(super) struct Lessons {
    kinds: BTreeMap<Kind, Durations>,
}

impl Lessons {
    pub(super) const fn new() -> Self {
        Self { kinds: BTreeMap::new() }
    }

    /// What is known of a kind.
    pub(super) fn of(&self, kind: Option<Kind>) -> Option<&Durations> {
        self.kinds.get(&kind?)
    }

    /// Takes note of the look at a job that its poller was told of just now. One that
    /// brought no status says nothing.
    pub(super) fn note(&mut self, now: Instant, running: &mut Running) {
        let (poller, pending_at) = (&running.poller, millis(running.pending_at));
        let (Some(kind), Some(status)) = (running.kind, poller.news()) else { return };
        let Some((asked_at, age)) = poller.ages(now) else { return };
        let durations = self.kinds.entry(kind).or_insert_with(Durations::new);
        match status.state() {
            State::Done | State::Failed => durations.ended(pending_at, age),
            State::Pending | State::Unknown(_) => {
                durations.lived(pending_at, asked_at);
                running.pending_at = u32::try_from(asked_at.as_millis()).unwrap_or(u32::MAX);
            }
        }
    }

    /// Takes note of a job of an earlier run, which was pending at the one age and over
    /// at the other.
    pub(super) fn note_earlier(&mut self, kind: Kind, pending_at: Duration, over_at: Duration) {
        let durations = self.kinds.entry(kind).or_insert_with(Durations::new);
        durations.lived(Duration::ZERO, pending_at);
        durations.ended(pending_at, over_at);
    }
}

fn millis(millis: u32) -> Duration {
    Duration::from_millis(millis.into())
}
