//! How an input comes into a catalogue, by what the journal knows of it from earlier.

use super::book::{InputBook, JobBook};
use super::effect::{Effect, News};
use super::end::{Done, InputEnd, Processed};
use super::item::{Item, Origin};
use super::machine::Catalogue;
use crate::api::job_id::JobId;
use crate::api::upload_options::OutputFormat;
use crate::api::upload_request::UploadRequest;
use crate::batch::JobNumber;
use crate::journal::input_key::InputKey;
use crate::journal::{Job, Need, Question, Record, WallTime};
use crate::transport::time::Instant;

/// What is known of an input from earlier.
enum Known {
    New,
    Job(JobId, Option<WallTime>),
    Ambiguous(u32),
    Done(JobId),
    Failed(JobId, String),
}

impl<F, E> Catalogue<F, E> {
    /// Takes the next input in, and says its number: inputs are counted from 0.
    ///
    /// `there` are the results that an earlier run saved, by variation, as far as they are
    /// [still there](Item::there).
    pub fn admit(&mut self, now: Instant, item: Item, there: Vec<(Option<String>, F)>) -> usize {
        let index = self.next_index();
        if self.given_up.remove(&index) {
            self.over.push_back(Processed::new(index, None, InputEnd::Cancelled));
            return index;
        }
        if let Some(key) = item.key.filter(|key| self.taken.contains(key)) {
            self.over.push_back(Processed::new(index, None, InputEnd::Taken { key }));
            return index;
        }
        let place = self.plan(now, &item);
        let Item { origin, key, destination } = item;
        let is_fetched = destination.is_some();
        let (job, missing, unexpected) = (None, Vec::new(), Vec::new());
        let book = InputBook { job, is_fetched, place, there, missing, unexpected };
        self.inputs.insert(index, book);
        if let Some(job) = key.and_then(|key| self.joinable(&key, &origin)) {
            self.join(job, index);
            return index;
        }
        match (self.known(key.as_ref(), index), origin) {
            (Known::Done(job_id), _) => {
                let done = Done { files: Vec::new(), unexpected: Vec::new(), finished: None };
                self.end_input(index, Some(job_id), InputEnd::Done(done));
            }
            (Known::Failed(job_id, reason), _) => {
                let end = InputEnd::FailedBefore { job_id: job_id.clone(), reason };
                self.end_input(index, Some(job_id), end);
            }
            (Known::Job(job_id, accepted_at), _) => {
                self.open_accepted(now, key, index, job_id, accepted_at);
            }
            (_, Origin::Job(job_id)) => self.open_accepted(now, key, index, job_id, None),
            (Known::Ambiguous(attempts), Origin::Photo(request, _)) => {
                let asked = asked(&request);
                let job = self.machine.add_ambiguous(*request, attempts);
                self.open_job(job, JobBook::new(key, asked), index);
            }
            (Known::New, Origin::Photo(request, _)) => {
                let asked = asked(&request);
                let job = self.machine.add(*request);
                self.open_job(job, JobBook::new(key, asked), index);
            }
        }
        index
    }

    /// Takes an input in that cannot be processed: it ends as
    /// [`InputEnd::Refused`], and the driver knows why.
    pub fn refuse(&mut self) -> usize {
        let index = self.next_index();
        self.over.push_back(Processed::new(index, None, InputEnd::Refused));
        index
    }

    /// Takes an input in that nothing is done for any more.
    pub fn pass(&mut self) -> usize {
        let index = self.next_index();
        let end = InputEnd::Stopped(self.why_unsent());
        self.over.push_back(Processed::new(index, None, end));
        index
    }

    fn next_index(&mut self) -> usize {
        let index = self.taken_in;
        self.taken_in = self.taken_in.saturating_add(1);
        index
    }

    /// Writes into the journal that there is this input, unless it is known.
    fn plan(&mut self, now: Instant, item: &Item) -> u32 {
        let Some(key) = item.key else { return 0 };
        let at = WallTime::from_unix(now.since_origin());
        if let Some(planned) = item.planned(at, self.entry(&key)) {
            self.store(Record::Planned(planned), None);
        }
        self.entry(&key).and_then(|entry| item.place_in(entry)).unwrap_or_default()
    }

    /// The job that an input of this key can share.
    fn joinable(&self, key: &InputKey, origin: &Origin) -> Option<JobNumber> {
        let job = *self.open.get(key)?;
        let book = self.job(job)?;
        let has_photo = matches!(origin, Origin::Photo(..));
        // One whose results have their names already would not bring them here; and
        // before its upload a job needs the photo of each of its inputs.
        let can_be = book.finished.is_none() && (has_photo || book.job_id.is_some());
        can_be.then_some(job)
    }

    /// What the journal knows of an input that is in no job yet.
    fn known(&self, key: Option<&InputKey>, index: usize) -> Known {
        let Some(entry) = key.and_then(|key| self.entry(key)) else { return Known::New };
        let accepted_at = entry.job().map(Job::accepted_at);
        match entry.need() {
            Need::Poll(id) | Need::Download(id) => Known::Job(id.clone(), accepted_at),
            Need::Operator(Question::Failed(id) | Question::NoResult(id)) => {
                let reason = entry.job().and_then(|job| job.ended()?.reason.as_ref());
                Known::Failed(id.clone(), reason.map(ToString::to_string).unwrap_or_default())
            }
            Need::Operator(Question::Ambiguous) => {
                Known::Ambiguous(u32::try_from(entry.possible_jobs()).unwrap_or(u32::MAX))
            }
            Need::Nothing => match entry.job() {
                Some(job) if self.is_there(index, job) => Known::Done(job.id().clone()),
                Some(job) => Known::Job(job.id().clone(), accepted_at),
                None => Known::New,
            },
            Need::Send => Known::New,
        }
    }

    /// Whether all results of a job are where this input wants them.
    fn is_there(&self, index: usize, job: &Job) -> bool {
        let Some(input) = self.inputs.get(&index) else { return false };
        let results = job.ended().map(|ended| ended.results.as_slice()).unwrap_or_default();
        !input.is_fetched || results.iter().all(|variation| input.has(variation.as_deref()))
    }

    fn open_accepted(
        &mut self,
        now: Instant,
        key: Option<InputKey>,
        index: usize,
        job_id: JobId,
        accepted_at: Option<WallTime>,
    ) {
        let job = self.machine.add_accepted(job_id.clone(), now);
        let book = JobBook { job_id: Some(job_id), accepted_at, ..JobBook::new(key, None) };
        self.open_job(job, book, index);
    }

    fn open_job(&mut self, job: JobNumber, book: JobBook, index: usize) {
        if let Some(key) = book.key {
            self.open.insert(key, job);
        }
        self.jobs.insert(job, Box::new(book));
        self.join(job, index);
    }

    /// The job is this input's, too.
    fn join(&mut self, job: JobNumber, index: usize) {
        if let Some(input) = self.inputs.get_mut(&index) {
            input.job = Some(job);
        }
        let Some(book) = self.job_mut(job) else { return };
        book.inputs.push(index);
        if let Some(job_id) = book.job_id.clone() {
            self.effects.push(Effect::DropPhoto(vec![index]));
            if let Some(news) = &mut self.news {
                news.push_back((index, News::Accepted(job_id)));
            }
        }
    }
}

/// The format that the results of this request are in.
fn asked(request: &UploadRequest) -> Option<OutputFormat> {
    Some(request.output_format().unwrap_or(OutputFormat::Png))
}
