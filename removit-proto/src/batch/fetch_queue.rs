//! Which results of a batch wait for their download, and how many are being fetched.
//!
//! Knows no URL and no attempt: each job keeps its own.

use std::collections::VecDeque;

use crate::batch::number::JobNumber;
use crate::batch::timers::Timers;

/// Names a result: a job and its place.
pub(super) type ResultOf = (JobNumber, usize);

#[derive(Clone, Debug)]
pub(super) struct FetchQueue {
    waiting: VecDeque<ResultOf>,
    /// How many downloads are active, pauses between attempts included.
    active: usize,
    /// When active ones go on.
    pub(super) timers: Timers<ResultOf>,
}

impl FetchQueue {
    pub(super) const fn new() -> Self {
        Self { waiting: VecDeque::new(), active: 0, timers: Timers::new() }
    }

    pub(super) fn queue(&mut self, job: JobNumber, results: impl IntoIterator<Item = usize>) {
        self.waiting.extend(results.into_iter().map(|result| (job, result)));
    }

    /// Takes the next one, where one more may be active.
    pub(super) fn next(&mut self, at_once: usize) -> Option<ResultOf> {
        if self.active < at_once { self.waiting.pop_front() } else { None }
    }

    /// One more is active.
    pub(super) const fn began(&mut self) {
        self.active = self.active.saturating_add(1);
    }

    /// So many active ones go on no more.
    pub(super) const fn end_active(&mut self, count: usize) {
        self.active = self.active.saturating_sub(count);
    }
}
