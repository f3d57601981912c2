//! How inputs end: with their job, with the catalogue, or unsent.
//!
//! Every input that was taken ends once, and what is left when a catalogue is over is
//! told as what it is.

use super::book::JobBook;
use super::effect::Effect;
use super::end::{Done, InputEnd, Processed};
use super::machine::Catalogue;
use crate::api::job_id::JobId;
use crate::batch::{JobEnd, JobNumber, Stop, Work};
use crate::machine::Machine;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;
use crate::transport::transport_failure::{Reach, TransportFailure};

impl<F, E> Catalogue<F, E> {
    /// Gives up what is under way: an upload whose answer is not there is ambiguous.
    /// Carry the effects out, then [`close`](Self::close).
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
        self.landed.extend(core::mem::take(&mut self.sending).into_values());
        self.advance(now);
    }

    /// Nothing goes on any more: what is left was never sent, or goes on without this
    /// catalogue. `true` where inputs are over that were not told yet.
    pub fn close(&mut self) -> bool {
        let stop = self.why_unsent();
        while let Some((_, book)) = self.jobs.pop_first() {
            let JobBook { inputs, job_id, end, .. } = *book;
            for index in inputs {
                let end = match (&job_id, &end) {
                    (None, Some(JobEnd::NotAccepted(error))) => {
                        InputEnd::NotAccepted(error.clone())
                    }
                    (None, _) => InputEnd::Stopped(stop.clone()),
                    (Some(job_id), _) => InputEnd::Left { job_id: job_id.clone() },
                };
                self.over.push_back(Processed::new(index, job_id.clone(), end));
            }
        }
        self.inputs.clear();
        self.open.clear();
        self.has_over()
    }

    /// Its inputs are over once all of its results have their names. An ambiguous upload
    /// is, once nothing more can come of it: the machine gave it up, but its request may
    /// still be under way, and bring the job's id.
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
        if let Some(key) = book.key.filter(|key| self.open.get(key) == Some(&job)) {
            self.open.remove(&key);
        }
        if is_sending {
            self.left.insert(job, core::mem::take(&mut book.intents));
        }
        if book.finished.is_some() {
            self.effects.push(Effect::Forget { job: Some(job), inputs: book.inputs.clone() });
        }
        for index in book.inputs.iter().copied() {
            let end = match &book.end {
                Some(JobEnd::NotAccepted(error)) => InputEnd::NotAccepted(error.clone()),
                Some(JobEnd::NotDone(error)) => InputEnd::NotDone(error.clone()),
                Some(JobEnd::Cancelled { .. }) => self.why_cancelled(&book),
                Some(JobEnd::Done { .. } | JobEnd::Incomplete { .. }) | None => {
                    let (files, unexpected) = (Vec::new(), Vec::new());
                    InputEnd::Done(Done { files, unexpected, finished: book.finished.clone() })
                }
            };
            self.end_input(index, book.job_id.clone(), end);
        }
    }

    fn why_cancelled(&self, book: &JobBook) -> InputEnd<F, E> {
        match (&book.job_id, book.key.filter(|key| self.taken.contains(key))) {
            (Some(job_id), _) => InputEnd::Left { job_id: job_id.clone() },
            (None, Some(key)) => InputEnd::Taken { key },
            (None, None) if book.is_turned_away => InputEnd::Stopped(self.why_unsent()),
            (None, None) => InputEnd::Cancelled,
        }
    }

    /// Ends an input with what is noted of its results.
    pub(super) fn end_input(
        &mut self,
        index: usize,
        job_id: Option<JobId>,
        mut end: InputEnd<F, E>,
    ) {
        let input = self.inputs.remove(&index);
        if let (InputEnd::Done(done), Some(input)) = (&mut end, input) {
            let files: Vec<_> = input.there.into_iter().map(|(_, file)| file).collect();
            match &job_id {
                Some(job_id) if !input.missing.is_empty() => {
                    let (job_id, missing) = (job_id.clone(), input.missing);
                    end = InputEnd::Incomplete { job_id, files, missing };
                }
                _ => {
                    done.files = files;
                    done.unexpected = input.unexpected;
                }
            }
        }
        self.over.push_back(Processed::new(index, job_id, end));
    }

    pub(super) fn why_unsent(&self) -> Stop {
        self.machine.stopped().cloned().unwrap_or(Stop::Asked)
    }
}
