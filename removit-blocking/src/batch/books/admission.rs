//! How an input comes into a batch, by what the journal knows of it from earlier.

use removit_proto::journal::{Job, Need, Question, Record, WallTime};
use removit_proto::{Finished, InputKey, Instant, JobId, JobNumber, OutputFormat};

use super::super::disk::Inspected;
use super::super::input::{BatchInput, Origin};
use super::intents::Intents;
use super::watching::News;
use super::{Books, InputBook, JobBook};
use crate::clock::wall;
use crate::{Error, Photo};

/// What is known of an input from earlier.
enum Known {
    New,
    Job(JobId, Option<WallTime>),
    Ambiguous(u32),
    Over(JobId, Result<Option<Finished>, Error>),
}

impl Books {
    /// Takes the next input in.
    pub fn admit(&mut self, now: Instant, inspected: Inspected) {
        let Inspected { input, refused, there } = inspected;
        let index = self.next_index();
        if let Some(error) = refused {
            return self.over(index, None, Err(error));
        }
        if self.watching.as_mut().is_some_and(|watching| watching.given_up.remove(&index)) {
            return self.over(index, None, Err(Error::Cancelled));
        }
        if let Some(key) = input.key.filter(|key| self.taken.contains(key)) {
            return self.over(index, None, Err(Error::Taken { key }));
        }
        let place = self.plan(now, &input);
        let BatchInput { origin, key, destination } = input;
        let (job, failed, unexpected) = (None, Vec::new(), Vec::new());
        let book = InputBook { job, destination, place, there, failed, unexpected };
        self.inputs.insert(index, book);
        if let Some(job) = key.and_then(|key| self.open.get(&key).copied()) {
            // One whose results have their names already would not bring them here.
            if self.job(job).is_some_and(|book| book.finished.is_none()) {
                return self.join(job, index);
            }
        }
        match self.need(key.as_ref(), index) {
            Known::Over(job_id, end) => self.end_input(index, Some(job_id), end),
            Known::Job(job_id, accepted_at) => {
                let job = self.machine.add_accepted(job_id.clone(), now);
                self.open_job(job, key, None, index, Some((job_id, accepted_at)));
            }
            Known::Ambiguous(attempts) => match origin {
                Origin::Photo(photo) => {
                    let job = self.machine.add_ambiguous(photo.request().clone(), attempts);
                    self.open_job(job, key, Some(photo), index, None);
                }
                Origin::Job(job_id) => self.add_known(now, job_id, key, index),
            },
            Known::New => match origin {
                Origin::Photo(photo) => {
                    let job = self.machine.add(photo.request().clone());
                    self.open_job(job, key, Some(photo), index, None);
                }
                Origin::Job(job_id) => self.add_known(now, job_id, key, index),
            },
        }
    }

    /// Writes into the journal that there is this input, unless it is known.
    fn plan(&mut self, now: Instant, input: &BatchInput) -> u32 {
        let Some(key) = input.key else { return 0 };
        if let Some(planned) = input.planned(wall(now), self.entry(&key).as_ref()) {
            self.store(Record::Planned(planned), None);
        }
        self.entry(&key).and_then(|entry| input.place_in(&entry)).unwrap_or_default()
    }

    /// What the journal knows of an input that is not in this batch yet.
    fn need(&self, key: Option<&InputKey>, index: usize) -> Known {
        let Some(entry) = key.and_then(|key| self.entry(key)) else { return Known::New };
        let earlier = |job_id: &JobId| {
            let reason = entry.job().and_then(|job| job.ended()?.reason.as_ref());
            let reason = reason.map(ToString::to_string).unwrap_or_default();
            let error = Error::FailedBefore { job_id: job_id.clone(), reason };
            Known::Over(job_id.clone(), Err(error))
        };
        let accepted_at = entry.job().map(Job::accepted_at);
        match entry.need() {
            Need::Poll(id) | Need::Download(id) => Known::Job(id.clone(), accepted_at),
            Need::Operator(Question::Failed(id) | Question::NoResult(id)) => earlier(id),
            Need::Operator(_) => {
                Known::Ambiguous(u32::try_from(entry.possible_jobs()).unwrap_or(u32::MAX))
            }
            Need::Nothing => match entry.job() {
                Some(job) if self.is_there(index, job) => Known::Over(job.id().clone(), Ok(None)),
                Some(job) => Known::Job(job.id().clone(), accepted_at),
                None => Known::New,
            },
            _ => Known::New,
        }
    }

    /// Whether all results of a job are where this input wants them.
    fn is_there(&self, index: usize, job: &Job) -> bool {
        let Some(input) = self.inputs.get(&index) else { return false };
        let results = job.ended().map(|ended| ended.results.as_slice()).unwrap_or_default();
        input.destination.is_none()
            || results.iter().all(|variation| input.has(variation.as_deref()))
    }

    /// The job is this input's, too.
    fn join(&mut self, job: JobNumber, index: usize) {
        if let Some(input) = self.inputs.get_mut(&index) {
            input.job = Some(job);
        }
        let Some(book) = self.job_mut(job) else { return };
        book.inputs.push(index);
        let job_id = book.job_id.clone();
        if let (Some(job_id), Some(watching)) = (job_id, &mut self.watching) {
            watching.tell(index, News::Accepted(job_id));
        }
    }

    fn add_known(&mut self, now: Instant, job_id: JobId, key: Option<InputKey>, index: usize) {
        let job = self.machine.add_accepted(job_id.clone(), now);
        self.open_job(job, key, None, index, Some((job_id, None)));
    }

    fn open_job(
        &mut self,
        job: JobNumber,
        key: Option<InputKey>,
        photo: Option<Photo>,
        index: usize,
        known: Option<(JobId, Option<WallTime>)>,
    ) {
        let (job_id, accepted_at) = known.map_or((None, None), |(id, at)| (Some(id), at));
        let (inputs, intents) = (Vec::new(), Intents::default());
        let (finished, end) = (None, None);
        let asked = photo
            .as_ref()
            .map(|photo| photo.request().output_format().unwrap_or(OutputFormat::Png));
        let book = JobBook {
            key,
            photo,
            asked,
            inputs,
            intents,
            job_id,
            accepted_at,
            finished,
            keeping: 0,
            is_turned_away: false,
            end,
        };
        self.jobs.insert(job, Box::new(book));
        self.join(job, index);
        if let Some(key) = key {
            self.open.insert(key, job);
        }
    }
}
