//! The jobs of a batch by their number, and how many are where.
//!
//! Counts move with the slots, here and nowhere else. Of a job that is over nothing is
//! left but its count, so that a batch may live for long; what is ambiguous may still
//! turn out to be accepted, and stays.

use crate::batch::counts::BatchCounts;
use crate::batch::number::JobNumber;
use crate::batch::pages::Pages;
use crate::batch::slot::{Ended, Open, Slot};

#[derive(Clone, Debug)]
pub(super) struct Jobs {
    slots: Pages<Slot>,
    /// How many there were in all.
    added: usize,
    counts: BatchCounts,
}

impl Jobs {
    pub(super) fn new() -> Self {
        Self { slots: Pages::new(), added: 0, counts: BatchCounts::default() }
    }

    pub(super) const fn counts(&self) -> BatchCounts {
        self.counts
    }

    pub(super) fn push(&mut self, slot: Slot) -> JobNumber {
        let job = JobNumber::new(self.added);
        self.added = self.added.saturating_add(1);
        count(&slot, &mut self.counts, usize::saturating_add);
        self.slots.push(job.index(), slot);
        job
    }

    pub(super) fn put(&mut self, job: JobNumber, slot: Slot) {
        let Some(place) = self.slots.get_mut(job.index()) else { return };
        count(place, &mut self.counts, usize::saturating_sub);
        count(&slot, &mut self.counts, usize::saturating_add);
        match slot {
            Slot::Ended(ended) if !matches!(ended, Ended::Ambiguous { .. }) => {
                self.slots.remove(job.index());
            }
            slot => *place = slot,
        }
    }

    pub(super) fn get(&self, job: JobNumber) -> Option<&Slot> {
        self.slots.get(job.index())
    }

    pub(super) fn open_mut(&mut self, job: JobNumber) -> Option<&mut Open> {
        match self.slots.get_mut(job.index())? {
            Slot::Open(open) => Some(open),
            _ => None,
        }
    }
}

fn count(slot: &Slot, counts: &mut BatchCounts, step: fn(usize, usize) -> usize) {
    let place = slot.count_in(counts);
    *place = step(*place, 1);
}
