//! All jobs of a batch by their number, and how many are where.
//!
//! Counts move with the slots, here and nowhere else.

use crate::batch::counts::BatchCounts;
use crate::batch::number::JobNumber;
use crate::batch::slot::{Open, Slot};

#[derive(Clone, Debug)]
pub(super) struct Jobs {
    slots: Vec<Slot>,
    counts: BatchCounts,
}

impl Jobs {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), counts: BatchCounts::default() }
    }

    pub(super) const fn counts(&self) -> BatchCounts {
        self.counts
    }

    pub(super) fn push(&mut self, slot: Slot) -> JobNumber {
        let job = JobNumber::new(self.slots.len());
        count(&slot, &mut self.counts, usize::saturating_add);
        self.slots.push(slot);
        job
    }

    pub(super) fn put(&mut self, job: JobNumber, slot: Slot) {
        if let Some(place) = self.slots.get_mut(job.index()) {
            count(place, &mut self.counts, usize::saturating_sub);
            count(&slot, &mut self.counts, usize::saturating_add);
            *place = slot;
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
