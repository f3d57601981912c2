//! What each event of the machine means for the journal, the files and the caller.

use super::book::InputBook;
use super::effect::{Effect, Keep, News};
use super::end::Missing;
use super::machine::Catalogue;
use crate::api::accepted::Accepted;
use crate::api::finished::Finished;
use crate::batch::{BatchEvent, JobEnd, JobNumber, Receipt};
use crate::journal::{Ended, Intent, Record, WallTime};
use crate::machine::downloaded::Downloaded;
use crate::machine::upload_error::UploadError;
use crate::transport::time::Instant;
use crate::transport::transport_failure::TransportFailure;

impl<F, E> Catalogue<F, E> {
    pub(super) fn enter(&mut self, now: Instant, event: BatchEvent) {
        let at = WallTime::from_unix(now.since_origin());
        match event {
            BatchEvent::Intent { job, attempt, receipt } => {
                self.enter_intent(at, (job, attempt), receipt);
            }
            BatchEvent::Withdrawn { job } => {
                let detail = "uploads were stopped before it was sent";
                let error = UploadError::NotSent(TransportFailure::connect(detail));
                self.enter_not_accepted(at, job, &error);
            }
            BatchEvent::NotAccepted { job, error } => self.enter_not_accepted(at, job, &error),
            BatchEvent::Accepted { job, accepted, receipt } => {
                self.enter_accepted(at, job, &accepted, receipt);
            }
            BatchEvent::Status { job, status } => {
                self.observer.status(&status);
                self.tell_news(job, &News::Status(Box::new(status)));
            }
            BatchEvent::Finished { job, finished } => self.enter_finished(at, job, &finished),
            BatchEvent::Result { job, result, end } => match end {
                Ok(fetched) => self.enter_result(job, result, fetched),
                Err(error) => {
                    let variation = self.job(job).and_then(|book| book.variation(result));
                    self.each_input(job, |input| {
                        input.missing.push((variation.clone(), Missing::Fetch(error.clone())));
                    });
                }
            },
            BatchEvent::Ended { job, end } => self.enter_end(at, job, end),
            // `stopped` says it.
            BatchEvent::UploadsStopped(_) => {}
        }
    }

    fn enter_intent(&mut self, at: WallTime, (job, attempt): (JobNumber, u32), receipt: Receipt) {
        let key = self.job(job).and_then(|book| book.key);
        let (Some(replay), Some(key)) = (&self.replay, key) else {
            return self.machine.stored(receipt);
        };
        let intent = Intent::new(at, key, replay.next_attempt(&key));
        if let Some(book) = self.job_mut(job) {
            book.intents.begin(attempt, intent.clone());
        }
        self.store(Record::Intent(intent), Some(receipt));
    }

    /// The job goes on from here, also where it had ended as ambiguous: its acceptance
    /// came late. Of a second job for the same photo the id is kept.
    fn enter_accepted(
        &mut self,
        at: WallTime,
        job: JobNumber,
        accepted: &Accepted,
        receipt: Receipt,
    ) {
        self.tell_news(job, &News::Accepted(accepted.job_id().clone()));
        let intents = match self.jobs.get_mut(&job).map(Box::as_mut) {
            Some(book) => {
                if book.job_id.is_none() {
                    book.job_id = Some(accepted.job_id().clone());
                    book.accepted_at = Some(at);
                    book.end = None;
                    self.effects.push(Effect::DropPhoto(book.inputs.clone()));
                }
                Some(&mut book.intents)
            }
            None => self.left.get_mut(&job),
        };
        let intent = intents.and_then(|intents| intents.accepted(receipt.attempt()));
        match intent {
            Some(intent) => {
                let record = intent.accepted(at, accepted);
                self.store(Record::Accepted(record), Some(receipt));
            }
            None => self.machine.stored(receipt),
        }
        // Last: where it panics, the job and its record are there.
        self.observer.accepted(accepted);
    }

    fn enter_not_accepted(&mut self, at: WallTime, job: JobNumber, error: &UploadError) {
        let is_ambiguous = matches!(error, UploadError::Ambiguous(_));
        let intents = match self.jobs.get_mut(&job).map(Box::as_mut) {
            Some(book) => Some(&mut book.intents),
            None => self.left.get_mut(&job),
        };
        let intent = intents.and_then(|intents| intents.not_accepted(is_ambiguous));
        if let Some(intent) = intent {
            self.store(Record::NotAccepted(intent.not_accepted(at, error)), None);
        }
    }

    fn enter_finished(&mut self, at: WallTime, job: JobNumber, finished: &Finished) {
        self.observer.status(finished.status());
        self.tell_news(job, &News::Status(Box::new(finished.status().clone())));
        let Some(book) = self.job_mut(job) else { return };
        book.finished = Some(finished.clone());
        let elapsed = book.elapsed(at);
        if let Some(key) = book.key {
            self.store(Record::Ended(Ended::done(at, key, finished, elapsed)), None);
        }
        let is_wanted = |result: &usize| {
            self.job(job).is_some_and(|book| self.wanting(book, *result).next().is_some())
        };
        let there: Vec<_> =
            (0..finished.results().len()).filter(|result| !is_wanted(result)).collect();
        there.into_iter().for_each(|result| self.machine.skip(job, result));
    }

    fn enter_result(&mut self, job: JobNumber, result: usize, fetched: Downloaded) {
        let Some(book) = self.job(job) else { return };
        let variation = book.variation(result);
        if let Some(unexpected) = fetched.unexpected(book.asked) {
            self.each_input(job, |input| input.unexpected.push((variation.clone(), unexpected)));
        }
        let Some(book) = self.job(job) else { return };
        let inputs: Vec<_> = self.wanting(book, result).collect();
        // Without a journal there is nothing to be written.
        let key = book.key.filter(|_| self.replay.is_some());
        let count = inputs.len();
        let is_only = book.finished.as_ref().is_some_and(|done| done.results().len() == 1);
        if let Some(book) = self.job_mut(job) {
            book.keeping = book.keeping.saturating_add(count);
        }
        let keep = Keep { job, result, is_only, variation, fetched, key, inputs };
        self.effects.push(Effect::Keep(Box::new(keep)));
    }

    fn enter_end(&mut self, at: WallTime, job: JobNumber, end: JobEnd) {
        match &end {
            JobEnd::NotAccepted(error) => self.enter_not_accepted(at, job, error),
            JobEnd::Cancelled { job_id: None } => {
                let error = UploadError::NotSent(TransportFailure::connect("it was cancelled"));
                self.enter_not_accepted(at, job, &error);
            }
            JobEnd::NotDone(error) => {
                let known = self.job(job).and_then(|book| Some((book.key?, book.elapsed(at))));
                if let Some((key, elapsed)) = known {
                    let ended = Ended::failed(at, key, error, elapsed, &self.endpoint);
                    self.store(Record::Ended(ended), None);
                }
            }
            JobEnd::Done { .. } | JobEnd::Incomplete { .. } | JobEnd::Cancelled { .. } => {}
        }
        if let Some(book) = self.job_mut(job) {
            book.end = Some(end);
        }
        self.end_if_over(job);
    }

    fn each_input(&mut self, job: JobNumber, mut change: impl FnMut(&mut InputBook<F, E>)) {
        let Some(book) = self.jobs.get(&job) else { return };
        for index in &book.inputs {
            if let Some(input) = self.inputs.get_mut(index) {
                change(input);
            }
        }
    }
}
