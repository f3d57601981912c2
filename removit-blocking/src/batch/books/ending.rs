//! How inputs end: with their job, with the batch, or unsent.
//!
//! Every input that was taken ends once, and what is left when a batch is over is
//! told as what it is.

use removit_proto::{
    Finished, Instant, JobEnd, JobId, JobNumber, Machine, Outcome, Reach, TransportFailure, Work,
};

use super::super::disk::Chore;
use super::super::processed::{Done, Processed};
use super::intents::Intents;
use super::{Books, JobBook};
use crate::Error;

impl Books {
    /// Gives up what is under way: an upload whose answer is not there is
    /// ambiguous. Take events and do chores, then [`close`](Self::close).
    pub fn leave(&mut self, now: Instant) {
        self.stop_uploading();
        let is_upload = |work: &Work| matches!(work, Work::Upload(_));
        let uploads: Vec<_> =
            self.machine.under_way().filter(|(_, work)| is_upload(work)).collect();
        for (attempt, _) in uploads {
            let detail = "its answer was not waited for";
            let failure = TransportFailure::broken(Reach::MaybeSent, detail);
            self.machine.handle(now, attempt, Outcome::Failed(failure));
        }
        // Nor is any other that the machine has given up.
        self.landed.extend(std::mem::take(&mut self.sending).into_values());
    }

    /// Another owner of the journal has this job's intent: it is not sent here, and
    /// nothing is written that would speak of the other one's upload.
    pub(super) fn leave_to_another(&mut self, job: JobNumber) {
        let Some(book) = self.job_mut(job) else { return };
        book.intents = Intents::default();
        let key = book.key;
        self.taken.extend(key);
        self.machine.cancel(job);
    }

    /// Takes in an input that nothing is done for any more.
    pub fn pass(&mut self) {
        let index = self.next_index();
        let stop = self.why_unsent();
        self.over(index, None, Err(Error::Stopped(stop)));
    }

    /// Nothing goes on any more: what is left was never sent, or goes on without
    /// this batch. `true` where there was something.
    pub fn close(&mut self) -> bool {
        let stop = self.why_unsent();
        while let Some((_, book)) = self.jobs.pop_first() {
            for index in book.inputs {
                let end = match (&book.job_id, &book.end) {
                    (None, Some(JobEnd::NotAccepted(error))) => Err(Error::Upload(error.clone())),
                    (None, _) => Err(Error::Stopped(stop.clone())),
                    (Some(job_id), _) => Err(Error::Left { job_id: job_id.clone() }),
                };
                self.over(index, book.job_id.clone(), end);
            }
        }
        self.has_over()
    }

    /// Its inputs are over once all of its results have their names. An ambiguous
    /// upload is, once nothing more can come of it: the machine gave it up, but its
    /// request may still be under way, and bring the job's id.
    pub(super) fn end_if_over(&mut self, job: JobNumber) {
        let is_sending = self.is_sending(job);
        let is_over = |book: &JobBook| match &book.end {
            Some(JobEnd::NotAccepted(_)) => !is_sending,
            Some(_) => book.keeping == 0,
            None => false,
        };
        if !self.job(job).is_some_and(is_over) {
            return;
        }
        let Some(mut book) = self.jobs.remove(&job) else { return };
        if let Some(key) = book.key {
            self.open.remove(&key);
        }
        if is_sending {
            self.left.insert(job, std::mem::take(&mut book.intents));
        }
        if book.finished.is_some() {
            self.chores.push(Chore::Forget(Some(job), book.inputs.clone()));
        }
        for index in book.inputs.iter().copied() {
            let end = match &book.end {
                Some(JobEnd::NotAccepted(error)) => Err(Error::Upload(error.clone())),
                Some(JobEnd::NotDone(error)) => Err(Error::Poll(error.clone())),
                Some(JobEnd::Cancelled { .. }) => Err(self.why_cancelled(&book)),
                _ => Ok(book.finished.clone()),
            };
            self.end_input(index, book.job_id.clone(), end);
        }
    }

    fn why_cancelled(&self, book: &JobBook) -> Error {
        match (&book.job_id, book.key.filter(|key| self.taken.contains(key))) {
            (Some(job_id), _) => Error::Left { job_id: job_id.clone() },
            (None, Some(key)) => Error::Taken { key },
            (None, None) if book.is_turned_away => Error::Stopped(self.why_unsent()),
            (None, None) => Error::Cancelled,
        }
    }

    pub(super) fn end_input(
        &mut self,
        index: usize,
        job_id: Option<JobId>,
        end: Result<Option<Finished>, Error>,
    ) {
        let input = self.inputs.remove(&index);
        let (there, failed, unexpected) =
            input.map(|input| (input.there, input.failed, input.unexpected)).unwrap_or_default();
        let files: Vec<_> = there.into_iter().map(|(_, path)| path).collect();
        let end = match (end, &job_id) {
            (Err(error), _) => Err(error),
            (Ok(_), Some(job_id)) if !failed.is_empty() => {
                Err(Error::Incomplete { job_id: job_id.clone(), files, failed })
            }
            (Ok(finished), _) => Ok(Done { files, finished, unexpected }),
        };
        self.over(index, job_id, end);
    }

    pub(super) fn over(&mut self, index: usize, job_id: Option<JobId>, end: Result<Done, Error>) {
        self.over.push_back(Processed { index, job_id, end });
    }
}
