//! Which uploads of a batch wait for what, by the numbers of their jobs.
//!
//! Sends nothing and reads no answer: that is in `uploads` and `late`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::batch::number::JobNumber;
use crate::batch::slot::Uploading;
use crate::batch::stop::Stop;
use crate::batch::timers::Timers;
use crate::transport::attempt_id::AttemptId;

#[derive(Clone, Debug)]
pub(super) struct UploadQueue {
    /// Not sent yet, in the order in which they will be.
    pub(super) waiting: VecDeque<JobNumber>,
    /// Between intent and answer.
    pub(super) open: BTreeSet<JobNumber>,
    /// Those whose intent is stored.
    pub(super) ready: VecDeque<JobNumber>,
    /// Those that pause before a further attempt.
    pub(super) pauses: Timers<JobNumber>,
    /// Attempts under way of jobs that an earlier attempt made meanwhile.
    pub(super) resent: BTreeMap<JobNumber, Box<Uploading>>,
    pub(super) given_up: BTreeMap<AttemptId, GivenUp>,
    /// Jobs that the driver gave up, and that an acceptance may still come for.
    pub(super) cancelled: BTreeSet<JobNumber>,
    pub(super) stop: Option<Stop>,
}

impl UploadQueue {
    pub(super) const fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            open: BTreeSet::new(),
            ready: VecDeque::new(),
            pauses: Timers::new(),
            resent: BTreeMap::new(),
            given_up: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            stop: None,
        }
    }

    /// Whether a further one may be announced.
    pub(super) fn may_open(&self, at_once: usize) -> bool {
        self.stop.is_none() && !self.waiting.is_empty() && self.open.len() < at_once.max(1)
    }
}

/// An attempt of which nobody knows whether it made a job.
#[derive(Clone, Copy, Debug)]
pub(super) struct GivenUp {
    pub(super) job: JobNumber,
    pub(super) attempt: u32,
}
