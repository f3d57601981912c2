//! Who wakes when: a set of moments in order, O(log n) an operation.
//!
//! Decides nothing: whoever set a timer knows what it is for.

use std::collections::BTreeSet;

use crate::transport::time::Instant;

#[derive(Clone, Debug)]
pub(super) struct Timers<K> {
    set: BTreeSet<(Instant, K)>,
}

impl<K: Ord + Copy> Timers<K> {
    pub(super) const fn new() -> Self {
        Self { set: BTreeSet::new() }
    }

    pub(super) fn set(&mut self, at: Instant, key: K) {
        self.set.insert((at, key));
    }

    pub(super) fn cancel(&mut self, at: Instant, key: K) {
        self.set.remove(&(at, key));
    }

    /// The earliest moment that is set.
    pub(super) fn first(&self) -> Option<Instant> {
        self.set.first().map(|(at, _)| *at)
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.first().is_some_and(|at| at <= now)
    }

    /// Takes the earliest one that is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<K> {
        if !self.is_due(now) {
            return None;
        }
        self.set.pop_first().map(|(_, key)| key)
    }
}
