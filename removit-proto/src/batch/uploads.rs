//! The uploads of a batch: from their turn to what follows an attempt.
//!
//! An attempt is sent only after its intent is stored. Verdicts and retries are
//! the [`Upload`]'s own.

use crate::api::accepted::Accepted;
use crate::batch::Batch;
use crate::batch::event::{BatchEvent, JobEnd, Receipt};
use crate::batch::number::JobNumber;
use crate::batch::slot::{Open, Slot, Step, Unstored, Uploading, Waiting};
use crate::batch::stop::Stop;
use crate::machine::upload::Upload;
use crate::machine::upload_error::UploadError;
use crate::machine::{Action, Machine};
use crate::transport::attempt::Attempt;
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;

impl Batch {
    fn uploading(&mut self, job: JobNumber) -> Option<&mut Uploading> {
        match self.jobs.open_mut(job)? {
            Open::Uploading(uploading) => Some(uploading),
            _ => None,
        }
    }

    pub(super) fn may_open_upload(&self) -> bool {
        self.uploads.may_open(self.policy.uploads_at_once)
    }

    /// Announces the uploads whose turn it is.
    pub(super) fn open_uploads(&mut self, now: Instant) {
        if self.throttle.pause(now).is_some() {
            return;
        }
        while let Some(job) = self.uploads.pauses.pop_due(now) {
            self.intend(job);
        }
        while self.may_open_upload() {
            let Some(job) = self.uploads.waiting.pop_front() else { return };
            let Some(Slot::Waiting(waiting)) = self.jobs.get(job) else { continue };
            let Waiting { request, ambiguity, attempts } = (**waiting).clone();
            let seed = self.seed_of(job);
            let upload = Upload::new(self.endpoint.clone(), request, self.policy.upload, seed, now)
                .after_ambiguous(ambiguity.map(|ambiguity| *ambiguity));
            let step = Step::Ready;
            self.jobs.put(
                job,
                Open::Uploading(Uploading { upload, earlier: attempts, step }.into()).into(),
            );
            self.uploads.open.insert(job);
            self.intend(job);
        }
    }

    /// Says that an attempt follows, and waits until that is stored.
    fn intend(&mut self, job: JobNumber) {
        let (serial, waits) = (self.next_serial(), self.policy.wait_until_stored);
        let Some(uploading) = self.uploading(job) else { return };
        let attempt = uploading.attempts().saturating_add(1);
        uploading.step = if waits { Step::Intent { serial } } else { Step::Ready };
        if waits {
            self.unstored = self.unstored.saturating_add(1);
        } else {
            self.uploads.ready.push_back(job);
        }
        let receipt = Receipt { job, serial, attempt };
        self.tell(BatchEvent::Intent { job, attempt, receipt });
    }

    pub(super) fn intent_stored(&mut self, job: JobNumber, stored: u64) {
        let Some(uploading) = self.uploading(job) else { return };
        if uploading.step == (Step::Intent { serial: stored }) {
            uploading.step = Step::Ready;
            self.unstored = self.unstored.saturating_sub(1);
            self.uploads.ready.push_back(job);
        }
    }

    pub(super) fn send_upload(&mut self, now: Instant, job: JobNumber) -> Option<Attempt> {
        let uploading = self.uploading(job)?;
        if let Action::Send(attempt) = uploading.upload.next_action(now) {
            uploading.step = Step::Sent;
            return Some(attempt);
        }
        self.after_upload(job);
        None
    }

    pub(super) fn settle_upload(
        &mut self,
        now: Instant,
        job: JobNumber,
        (id, inner): (AttemptId, AttemptId),
        outcome: Outcome,
    ) {
        let Some(uploading) = self.uploading(job) else {
            return self.settle_resent(now, job, (id, inner), outcome);
        };
        let is_ambiguous = uploading.settle(now, inner, outcome);
        let attempt = uploading.attempts();
        if let Some(Ok(accepted)) = uploading.upload.end() {
            self.uploads.open.remove(&job);
            return self.accept(now, job, attempt, accepted);
        }
        if is_ambiguous {
            self.give_up(id, job, attempt);
        }
        self.after_upload(job);
    }

    /// Goes on after an attempt that was not accepted.
    fn after_upload(&mut self, job: JobNumber) {
        let is_stopped = self.uploads.stop.is_some();
        let is_cancelled = self.uploads.cancelled.contains(&job);
        let Some(uploading) = self.uploading(job) else { return };
        let (pause, error) = match (uploading.upload.end(), uploading.upload.waiting()) {
            (Some(Err(error)), _) => (None, error),
            (_, Some((wakeup, error))) => (Some(wakeup.at), error),
            _ => return,
        };
        if is_cancelled {
            return self.end_cancelled(job, error);
        }
        match pause {
            Some(until) if !is_stopped => {
                uploading.step = Step::Pausing { until };
                self.uploads.pauses.set(until, job);
                self.tell(BatchEvent::NotAccepted { job, error });
            }
            // Not the job's fault, and known not to be processed: it may wait.
            Some(_) if !matches!(error, UploadError::Ambiguous(_)) => {
                self.tell(BatchEvent::NotAccepted { job, error });
                self.put_back(job);
            }
            None if matches!(&error, UploadError::Rejected(no) if Stop::for_answer(no).is_some()) =>
            {
                self.tell(BatchEvent::NotAccepted { job, error });
                self.put_back(job);
            }
            _ => {
                self.uploads.open.remove(&job);
                self.finish(job, JobEnd::NotAccepted(error));
            }
        }
    }

    pub(super) fn accept(
        &mut self,
        now: Instant,
        job: JobNumber,
        attempt: u32,
        accepted: Accepted,
    ) {
        let serial = self.next_serial();
        let receipt = Receipt { job, serial, attempt };
        if self.uploads.cancelled.remove(&job) {
            let job_id = Some(accepted.job_id().clone());
            self.tell(BatchEvent::Accepted { job, accepted, receipt });
            return self.finish(job, JobEnd::Cancelled { job_id });
        }
        let kind = self.jobs.get(job).and_then(Slot::kind);
        let unstored = Unstored { accepted: accepted.clone(), kind, at: now, serial };
        self.jobs.put(job, Open::Unstored(unstored.into()).into());
        self.unstored = self.unstored.saturating_add(1);
        self.tell(BatchEvent::Accepted { job, accepted, receipt });
        if !self.policy.wait_until_stored {
            self.acceptance_stored(job, serial);
        }
    }

    /// Sends no further upload. What was not sent waits again.
    pub(super) fn stop_for(&mut self, stop: Stop) {
        if self.uploads.stop.is_some() {
            return;
        }
        self.uploads.stop = Some(stop.clone());
        self.uploads.ready.clear();
        let open: Vec<_> = self.uploads.open.iter().copied().collect();
        for job in open.into_iter().rev() {
            self.withdraw(job);
        }
        self.tell(BatchEvent::UploadsStopped(stop));
    }

    fn withdraw(&mut self, job: JobNumber) {
        let Some(uploading) = self.uploading(job) else { return };
        let (step, ambiguity) = (uploading.step, uploading.upload.ambiguity().cloned());
        match step {
            Step::Sent => return,
            Step::Intent { .. } => self.unstored = self.unstored.saturating_sub(1),
            Step::Ready => {}
            Step::Pausing { until } => self.uploads.pauses.cancel(until, job),
        }
        if let Some(ambiguity) = ambiguity {
            // What is sent no more must not be counted as unpaid.
            self.uploads.open.remove(&job);
            return self.finish(job, JobEnd::NotAccepted(UploadError::Ambiguous(ambiguity)));
        }
        if !matches!(step, Step::Pausing { .. }) {
            self.tell(BatchEvent::Withdrawn { job });
        }
        self.put_back(job);
    }

    /// The job waits again, before all others.
    fn put_back(&mut self, job: JobNumber) {
        self.uploads.open.remove(&job);
        let Some(uploading) = self.uploading(job) else { return };
        let waiting = Waiting {
            request: uploading.upload.request().clone(),
            ambiguity: uploading.upload.ambiguity().cloned().map(Box::new),
            attempts: uploading.attempts(),
        };
        self.jobs.put(job, Slot::Waiting(Box::new(waiting)));
        self.uploads.waiting.push_front(job);
    }
}
