//! What a batch holds, and how what happens to its jobs is told.
//!
//! Decides nothing: the parts that do, from `uploads` to `turns`, lie above it.

use core::fmt;
use std::collections::VecDeque;

use crate::api::endpoint::Endpoint;
use crate::api::seed::Seed;
use crate::batch::budget::Budget;
use crate::batch::event::{BatchEvent, JobEnd};
use crate::batch::fetch_queue::FetchQueue;
use crate::batch::flights::Flights;
use crate::batch::jobs::Jobs;
use crate::batch::lessons::Lessons;
use crate::batch::number::JobNumber;
use crate::batch::policy::BatchPolicy;
use crate::batch::slot::{Ended, Open, Slot};
use crate::batch::throttle::Throttle;
use crate::batch::timers::Timers;
use crate::batch::upload_queue::UploadQueue;

/// Any number of jobs in one machine; [`batch`](crate::batch) says how to drive it.
pub struct Batch {
    pub(super) endpoint: Endpoint,
    pub(super) policy: BatchPolicy,
    seed: Seed,
    pub(super) jobs: Jobs,
    pub(super) events: VecDeque<Told>,
    serials: u64,
    /// How many jobs wait for their receipt.
    pub(super) unstored: usize,
    pub(super) flights: Flights,
    pub(super) budget: Budget,
    pub(super) throttle: Throttle,
    pub(super) uploads: UploadQueue,
    pub(super) polls: Timers<JobNumber>,
    pub(super) polls_in_a_row: u32,
    pub(super) fetches: FetchQueue,
    pub(super) lessons: Lessons,
}

/// What waits to be taken as an event.
#[derive(Debug)]
pub(super) enum Told {
    Event(Box<BatchEvent>),
    /// The newest status of this job. Not copied, so that a driver that takes no
    /// events does not pile them up.
    Status(JobNumber),
}

impl Batch {
    /// A batch without jobs.
    #[must_use]
    pub fn new(endpoint: Endpoint, policy: BatchPolicy, seed: Seed) -> Self {
        Self {
            endpoint,
            policy,
            seed,
            jobs: Jobs::new(),
            events: VecDeque::new(),
            serials: 0,
            unstored: 0,
            flights: Flights::new(seed),
            budget: Budget::new(policy.requests_per_second),
            throttle: Throttle::new(policy.backoff, seed),
            uploads: UploadQueue::new(),
            polls: Timers::new(),
            polls_in_a_row: 0,
            fetches: FetchQueue::new(),
            lessons: Lessons::new(),
        }
    }

    pub(super) fn finish(&mut self, job: JobNumber, end: JobEnd) {
        self.jobs.put(job, Slot::Ended(Ended::from(&end)));
        self.tell(BatchEvent::Ended { job, end });
    }

    pub(super) fn tell(&mut self, event: BatchEvent) {
        self.events.push_back(Told::Event(Box::new(event)));
    }

    pub(super) fn tell_status(&mut self, job: JobNumber) {
        if let Some(Open::Running(running)) = self.jobs.open_mut(job) {
            if !core::mem::replace(&mut running.told, true) {
                self.events.push_back(Told::Status(job));
            }
        }
    }

    pub(super) const fn next_serial(&mut self) -> u64 {
        self.serials = self.serials.saturating_add(1);
        self.serials
    }

    pub(super) fn seed_of(&self, job: JobNumber) -> Seed {
        self.seed.child(u64::try_from(job.index()).unwrap_or(u64::MAX))
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("endpoint", &self.endpoint)
            .field("counts", &self.jobs.counts())
            .field("stopped", &self.uploads.stop)
            .field("flights", &self.flights)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApiKey;

    #[test]
    fn a_batch_is_shown_by_its_counts_and_without_its_key() {
        let endpoint = Endpoint::production(ApiKey::new("s3cret-key").unwrap());
        let batch = Batch::new(endpoint, BatchPolicy::default(), Seed::new(1));
        let shown = format!("{batch:?}");
        for part in ["Batch", "https://api.removit.eu", "waiting: 0", "stopped: None"] {
            assert!(shown.contains(part), "{shown}");
        }
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
