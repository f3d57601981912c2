//! What is told of inputs while they are under way, and how one of them is given up.
//!
//! For a dispatcher, whose callers each watch an input of their own. A batch tells of
//! ends alone, and keeps nothing of this.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use removit_proto::{JobId, JobNumber, JobStatus, Stop};

use super::super::disk::Chore;
use super::Books;
use crate::Error;

/// What happened to an input that is not over.
#[derive(Clone, Debug)]
pub enum News {
    /// Its job exists.
    Accepted(JobId),
    /// Its job was looked at.
    Status(Box<JobStatus>),
}

/// What is kept for those who watch.
#[derive(Debug, Default)]
pub(super) struct Watching {
    news: VecDeque<(usize, News)>,
    /// Inputs that were given up before they were admitted.
    pub(super) given_up: HashSet<usize>,
}

impl Watching {
    pub(super) fn tell(&mut self, index: usize, news: News) {
        self.news.push_back((index, news));
    }
}

impl Books {
    /// Keeps news from now on: take them after each step.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.watching = Some(Watching::default());
        self
    }

    /// The next news, and of which input.
    #[must_use]
    pub fn next_news(&mut self) -> Option<(usize, News)> {
        self.watching.as_mut()?.news.pop_front()
    }

    /// Gives an input up: before its upload it is not sent, after it the job is left.
    /// A job that other inputs share goes on for them.
    pub fn cancel(&mut self, index: usize) {
        if index >= self.taken_in {
            if let Some(watching) = &mut self.watching {
                watching.given_up.insert(index);
            }
            return;
        }
        let Some(job) = self.inputs.get(&index).and_then(|input| input.job) else { return };
        let Some(book) = self.job_mut(job) else { return };
        if book.inputs == [index] {
            return self.machine.cancel(job);
        }
        book.inputs.retain(|other| *other != index);
        let job_id = book.job_id.clone();
        let end = match &job_id {
            Some(job_id) => Error::Left { job_id: job_id.clone() },
            None => Error::Cancelled,
        };
        self.chores.push(Chore::Forget(None, vec![index]));
        self.end_input(index, job_id, Err(end));
    }

    /// Ends what waits to be sent, where uploads are stopped. `true` where there was
    /// something; take events after it.
    pub fn turn_away(&mut self) -> bool {
        if self.stopped().is_none() {
            return false;
        }
        let sending: HashSet<JobNumber> = self.sending.values().copied().collect();
        let mut unsent = Vec::new();
        for (job, book) in &mut self.jobs {
            let is_unsent = book.job_id.is_none() && book.end.is_none() && !sending.contains(job);
            if is_unsent && !std::mem::replace(&mut book.is_turned_away, true) {
                unsent.push(*job);
            }
        }
        unsent.iter().for_each(|job| self.machine.cancel(*job));
        !unsent.is_empty()
    }

    /// Tells the observer nothing from now on: it panicked, perhaps.
    pub fn observe_no_more(&mut self) {
        self.observer = Arc::new(());
    }

    /// Sends uploads again after a stop.
    pub fn resume_uploads(&mut self) {
        self.machine.resume_uploads();
    }

    pub(super) fn why_unsent(&self) -> Stop {
        self.machine.stopped().cloned().unwrap_or(Stop::Asked)
    }

    /// Tells all who watch an input of this job.
    pub(super) fn tell_news(&mut self, job: JobNumber, news: &News) {
        let Some(watching) = &mut self.watching else { return };
        let inputs = self.jobs.get(&job).map(|book| book.inputs.as_slice()).unwrap_or_default();
        watching.news.extend(inputs.iter().map(|index| (*index, news.clone())));
    }
}
