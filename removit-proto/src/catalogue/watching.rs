//! What is told of inputs while they are under way, and how one of them is given up.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::effect::{Effect, News};
use super::end::InputEnd;
use super::machine::Catalogue;
use crate::batch::JobNumber;
use crate::machine::observer::Observer;

impl<F, E> Catalogue<F, E> {
    /// Keeps news from now on: take them after each step.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.news = Some(VecDeque::new());
        self
    }

    /// The next news, and of which input.
    #[must_use = "news is told once"]
    pub fn next_news(&mut self) -> Option<(usize, News)> {
        self.news.as_mut()?.pop_front()
    }

    /// Tells this observer of acceptances and statuses from now on, and no other one.
    pub fn set_observer(&mut self, observer: Arc<dyn Observer>) {
        self.observer = observer;
    }

    /// Gives an input up, which may not have been admitted yet: before its upload it is
    /// not sent, after it the job is left. A job that other inputs share goes on for them.
    pub fn cancel(&mut self, index: usize) {
        if index >= self.taken_in {
            self.given_up.insert(index);
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
            Some(job_id) => InputEnd::Left { job_id: job_id.clone() },
            None => InputEnd::Cancelled,
        };
        self.keep_no_more(job, index);
        self.effects.push(Effect::Forget { job: None, inputs: vec![index] });
        self.end_input(index, job_id, end);
        self.end_if_over(job);
    }

    /// What waits to be kept is not kept for this input.
    fn keep_no_more(&mut self, job: JobNumber, index: usize) {
        let mut fewer = 0_usize;
        for effect in &mut self.effects {
            let Effect::Keep(keep) = effect else { continue };
            let before = keep.inputs.len();
            keep.inputs.retain(|(input, _)| *input != index);
            fewer = fewer.saturating_add(before.saturating_sub(keep.inputs.len()));
        }
        if let Some(book) = self.job_mut(job) {
            book.keeping = book.keeping.saturating_sub(fewer);
        }
    }

    /// Ends what waits to be sent, where uploads are stopped. `true` where there was
    /// something; take effects after it.
    pub fn turn_away(&mut self) -> bool {
        if self.stopped().is_none() {
            return false;
        }
        let sending: BTreeSet<JobNumber> = self.sending.values().copied().collect();
        let mut unsent = Vec::new();
        for (job, book) in &mut self.jobs {
            // Its acceptance may be there, and not be taken in.
            let has_id = book.job_id.is_some() || self.machine.job_id(*job).is_some();
            let is_unsent = !has_id && book.end.is_none() && !sending.contains(job);
            if is_unsent && !core::mem::replace(&mut book.is_turned_away, true) {
                unsent.push(*job);
            }
        }
        unsent.iter().for_each(|job| self.machine.cancel(*job));
        !unsent.is_empty()
    }

    /// Tells all who watch an input of this job.
    pub(super) fn tell_news(&mut self, job: JobNumber, tell: &News) {
        let Some(news) = &mut self.news else { return };
        let inputs = self.jobs.get(&job).map(|book| book.inputs.as_slice()).unwrap_or_default();
        news.extend(inputs.iter().map(|index| (*index, tell.clone())));
    }
}
