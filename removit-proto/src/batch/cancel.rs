//! One job given up by its driver, and the others as they are.
//!
//! Nothing that may have been paid for is forgotten: an upload under way is waited for,
//! and an acceptance is told, whenever it comes.

use crate::api::job_id::JobId;
use crate::batch::Batch;
use crate::batch::event::{BatchEvent, JobEnd};
use crate::batch::number::JobNumber;
use crate::batch::slot::{Ended, Open, Slot, Step};
use crate::machine::upload_error::{Ambiguity, UploadError};

/// Where a job is that is given up.
enum Stage {
    /// Nothing of it is under way.
    Waiting,
    Uploading(Step),
    Accepted(JobId),
    Ambiguous,
    Over,
}

impl Batch {
    /// Gives one job up. Before its upload it is not sent: the job ends as
    /// [`JobEnd::Cancelled`] without an id. After its acceptance it is left: it ends as
    /// [`JobEnd::Cancelled`] with its id, is asked for no more, and goes on at the vendor's.
    /// In between the answer is awaited, and the job ends as that says: left, not
    /// accepted, or ambiguous; it is not sent again.
    ///
    /// Of a job that is over, or of another batch, nothing changes.
    ///
    /// ```
    /// use removit_proto::{ApiKey, Batch, BatchEvent, BatchPolicy, Endpoint, Instant, JobEnd, Seed};
    /// use removit_proto::{Action, Machine, UploadRequest};
    ///
    /// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
    /// let mut batch = Batch::new(endpoint, BatchPolicy::default(), Seed::new(1));
    /// let job = batch.add(UploadRequest::from_url("https://example.com/cup.jpg".parse()?));
    /// batch.cancel(job);
    /// let Some(BatchEvent::Ended { end, .. }) = batch.next_event(Instant::ORIGIN) else { panic!() };
    /// assert_eq!(end, JobEnd::Cancelled { job_id: None });
    /// assert!(matches!(batch.next_action(Instant::ORIGIN), Action::Done(counts) if counts.cancelled == 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&mut self, job: JobNumber) {
        match self.stage(job) {
            // It stays in the queue, where its turn is passed over.
            Stage::Waiting => self.end_unsent(job),
            Stage::Uploading(Step::Sent) | Stage::Ambiguous => {
                self.uploads.cancelled.insert(job);
            }
            Stage::Uploading(step) => {
                match step {
                    Step::Intent { .. } => self.unstored = self.unstored.saturating_sub(1),
                    Step::Pausing { until } => self.uploads.pauses.cancel(until, job),
                    Step::Ready | Step::Sent => self.uploads.ready.retain(|ready| *ready != job),
                }
                self.uploads.open.remove(&job);
                self.end_unsent(job);
            }
            Stage::Accepted(job_id) => self.leave(job, job_id),
            Stage::Over => {}
        }
    }

    fn stage(&self, job: JobNumber) -> Stage {
        match self.jobs.get(job) {
            Some(Slot::Waiting(_)) => Stage::Waiting,
            Some(Slot::Known(job_id)) => Stage::Accepted(JobId::clone(job_id)),
            Some(Slot::Ended(Ended::Ambiguous { .. })) => Stage::Ambiguous,
            Some(Slot::Open(open)) => match open {
                Open::Uploading(uploading) => Stage::Uploading(uploading.step),
                Open::Unstored(unstored) => Stage::Accepted(unstored.accepted.job_id().clone()),
                Open::Running(running) => Stage::Accepted(running.poller.job_id().clone()),
                Open::Resting(resting) => Stage::Accepted(resting.poller.job_id().clone()),
                Open::Fetching(fetch) => Stage::Accepted(fetch.job_id().clone()),
            },
            Some(Slot::Ended(_)) | None => Stage::Over,
        }
    }

    /// Ends a job of which no attempt is under way. What is not known of earlier ones
    /// stays so.
    fn end_unsent(&mut self, job: JobNumber) {
        let end = match self.ambiguity(job) {
            Some(ambiguity) => {
                self.uploads.cancelled.insert(job);
                JobEnd::NotAccepted(UploadError::Ambiguous(ambiguity))
            }
            None => JobEnd::Cancelled { job_id: None },
        };
        self.finish(job, end);
    }

    fn ambiguity(&self, job: JobNumber) -> Option<Ambiguity> {
        match self.jobs.get(job)? {
            Slot::Waiting(waiting) => waiting.ambiguity.as_deref().cloned(),
            Slot::Open(Open::Uploading(uploading)) => uploading.upload.ambiguity().cloned(),
            _ => None,
        }
    }

    /// Asks for an accepted job no more.
    fn leave(&mut self, job: JobNumber, job_id: JobId) {
        match self.jobs.open_mut(job) {
            Some(Open::Unstored(_)) => self.unstored = self.unstored.saturating_sub(1),
            Some(Open::Fetching(fetch)) => {
                let active = fetch.count_active();
                self.fetches.end_active(active);
            }
            _ => {}
        }
        // Its timers fire once more, and find nothing.
        self.finish(job, JobEnd::Cancelled { job_id: Some(job_id) });
    }

    /// Ends a job that was given up while this attempt was under way.
    pub(super) fn end_cancelled(&mut self, job: JobNumber, error: UploadError) {
        self.uploads.open.remove(&job);
        match (self.ambiguity(job), error) {
            (None, error) => {
                self.uploads.cancelled.remove(&job);
                self.finish(job, JobEnd::NotAccepted(error));
            }
            // An acceptance may still come. Of this attempt more is known.
            (Some(ambiguity), error) => {
                if !matches!(error, UploadError::Ambiguous(_)) {
                    self.tell(BatchEvent::NotAccepted { job, error });
                }
                self.finish(job, JobEnd::NotAccepted(UploadError::Ambiguous(ambiguity)));
            }
        }
    }
}
