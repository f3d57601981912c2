//! The attempts under way: one name each over the whole batch, and when it is lost.
//!
//! What the machines of the jobs call their attempts stays inside; here they get
//! the id that the driver sees, which is the batch's own.

use std::collections::BTreeMap;

use crate::api::seed::Seed;
use crate::batch::number::Work;
use crate::batch::timers::Timers;
use crate::transport::attempt::Attempt;
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::transport::time::Instant;

/// One attempt under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) id: AttemptId,
    pub(super) work: Work,
    /// What the job's own machine calls the attempt.
    pub(super) inner: AttemptId,
    lost_at: Instant,
}

#[derive(Clone, Debug)]
pub(super) struct Flights {
    seed: Seed,
    launched: u64,
    by_id: BTreeMap<AttemptId, Flight>,
    losses: Timers<AttemptId>,
}

impl Flights {
    pub(super) const fn new(seed: Seed) -> Self {
        Self { seed, launched: 0, by_id: BTreeMap::new(), losses: Timers::new() }
    }

    /// Gives the attempt its name over the whole batch.
    pub(super) fn launch(&mut self, work: Work, attempt: &mut Attempt, lost_at: Instant) {
        self.launched = self.launched.saturating_add(1);
        let id = AttemptId::new(MachineKind::Batch, self.seed, self.launched);
        self.by_id.insert(id, Flight { id, work, inner: attempt.id, lost_at });
        self.losses.set(lost_at, id);
        attempt.id = id;
    }

    pub(super) fn work(&self, id: AttemptId) -> Option<Work> {
        self.by_id.get(&id).map(|flight| flight.work)
    }

    /// All of them, in the order in which they were launched.
    pub(super) fn all(&self) -> impl Iterator<Item = (AttemptId, Work)> + '_ {
        self.by_id.values().map(|flight| (flight.id, flight.work))
    }

    /// Ends the attempt, if it is under way.
    pub(super) fn land(&mut self, id: AttemptId) -> Option<Flight> {
        let flight = self.by_id.remove(&id)?;
        self.losses.cancel(flight.lost_at, id);
        Some(flight)
    }

    /// Ends an attempt that is lost by now.
    pub(super) fn lost(&mut self, now: Instant) -> Option<Flight> {
        let id = self.losses.pop_due(now)?;
        self.by_id.remove(&id)
    }

    pub(super) fn first_loss(&self) -> Option<Instant> {
        self.losses.first()
    }
}
