//! Acceptances that come late: a paid job's id is told, stored and polled, whatever
//! became of its upload meanwhile (contract, rule 19).
//!
//! Knows which attempts were given up as ambiguous. What was rejected or not sent is
//! certain, and nothing is kept of it.

use crate::api::accepted::Accepted;
use crate::batch::Batch;
use crate::batch::event::{BatchEvent, Receipt};
use crate::batch::number::JobNumber;
use crate::batch::slot::{Ended, Open, Slot, Step};
use crate::batch::upload_queue::GivenUp;
use crate::machine::upload_error::{Ambiguity, UploadError};
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;

impl Batch {
    /// Keeps in mind an attempt that was left ambiguous.
    pub(super) fn give_up(&mut self, id: AttemptId, job: JobNumber, attempt: u32) {
        self.uploads.given_up.insert(id, GivenUp { job, attempt });
    }

    pub(super) fn accept_late(&mut self, now: Instant, id: AttemptId, accepted: Accepted) {
        let Some(GivenUp { job, attempt }) = self.uploads.given_up.remove(&id) else { return };
        match self.unknown_without_one(job) {
            Some(unknown) => {
                self.interrupt(job);
                self.accept(now, job, attempt, accepted.after_ambiguous(unknown));
            }
            None => self.tell_further(job, attempt, accepted),
        }
    }

    /// How many other attempts of a job are ambiguous; `None` where its id is known.
    fn unknown_without_one(&self, job: JobNumber) -> Option<u32> {
        let ambiguity = match self.jobs.get(job)? {
            Slot::Waiting(waiting) => waiting.ambiguity.as_deref(),
            Slot::Ended(Ended::Ambiguous { attempts }) => return Some(attempts.saturating_sub(1)),
            Slot::Open(Open::Uploading(uploading)) => uploading.upload.ambiguity(),
            _ => return None,
        };
        Some(ambiguity.map_or(0, Ambiguity::attempts).saturating_sub(1))
    }

    /// Sends the job's photo no further time. What is under way stays so.
    fn interrupt(&mut self, job: JobNumber) {
        let Some(Open::Uploading(uploading)) = self.jobs.open_mut(job) else { return };
        uploading.upload.resolve_one();
        match uploading.step {
            Step::Sent => {
                let resent = uploading.clone();
                self.uploads.resent.insert(job, resent);
                return;
            }
            Step::Intent { .. } => self.unstored = self.unstored.saturating_sub(1),
            Step::Ready => self.uploads.ready.retain(|ready| *ready != job),
            Step::Pausing { until } => self.uploads.pauses.cancel(until, job),
        }
        let is_told = !matches!(uploading.step, Step::Pausing { .. });
        self.uploads.open.remove(&job);
        if is_told {
            self.tell(BatchEvent::Withdrawn { job });
        }
    }

    /// Ends the attempt that was under way while an earlier one was accepted.
    pub(super) fn settle_resent(
        &mut self,
        now: Instant,
        job: JobNumber,
        (id, inner): (AttemptId, AttemptId),
        outcome: Outcome,
    ) {
        let Some(mut uploading) = self.uploads.resent.remove(&job) else { return };
        self.uploads.open.remove(&job);
        if uploading.settle(now, inner, outcome) {
            self.give_up(id, job, uploading.attempts());
        }
        match uploading.upload.end() {
            Some(Ok(accepted)) => {
                self.tell_further(job, uploading.attempts(), accepted);
            }
            Some(Err(error)) => self.tell_not_accepted(job, error),
            None => {
                if let Some((_, error)) = uploading.upload.waiting() {
                    self.tell_not_accepted(job, error);
                }
            }
        }
    }

    fn tell_not_accepted(&mut self, job: JobNumber, error: UploadError) {
        self.tell(BatchEvent::NotAccepted { job, error });
    }

    /// Tells of a second paid job for the same photo. The batch goes on with the
    /// first.
    fn tell_further(&mut self, job: JobNumber, attempt: u32, accepted: Accepted) {
        let receipt = Receipt { job, serial: self.next_serial(), attempt };
        self.tell(BatchEvent::Accepted { job, accepted, receipt });
    }
}
