//! Who is who in a batch: which input a job of the machine is of, what the journal
//! is to know, what is told to the caller.
//!
//! Without I/O, and the same for both adapters. It decides nothing of what is sent
//! and when: that is the core's [`Batch`](removit_proto::Batch).

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use removit_proto::journal::{
    Ended, Entry, Intent, Need, Planned, Question, Record, Replay, WallTime,
};
use removit_proto::{
    Action, AttemptId, Batch, BatchCounts, BatchEvent, BatchPolicy, Downloaded, Endpoint, Finished,
    InputKey, Instant, JobEnd, JobId, JobNumber, Machine, Observer, Outcome, Receipt, Seed, Stop,
    TransportFailure, UploadError, Work,
};

use super::disk::{Chore, Inspected, Keep, Outcomes, place_of};
use super::input::{BatchInput, Origin};
use super::lock;
use super::processed::{Done, Processed};
use crate::{Destination, Error, JournalError, Photo};

/// What the journal says by now. Threads that look at inputs read it.
pub type SharedReplay = Arc<Mutex<Replay>>;

/// The books of one batch.
pub struct Books {
    machine: Batch,
    endpoint: Endpoint,
    observer: Arc<dyn Observer>,
    replay: Option<SharedReplay>,
    inputs: Vec<Option<InputBook>>,
    jobs: Vec<Option<JobBook>>,
    /// The jobs that are not over, by the key of their inputs.
    open: HashMap<InputKey, JobNumber>,
    chores: Vec<Chore>,
    over: VecDeque<Processed>,
    trouble: Option<JournalError>,
}

/// An input that is not over.
struct InputBook {
    destination: Option<Destination>,
    place: u32,
    /// By variation: the results that are there, whole.
    there: Vec<(Option<String>, std::path::PathBuf)>,
    failed: Vec<(Option<String>, crate::SaveError)>,
}

/// A job that is not over.
struct JobBook {
    key: Option<InputKey>,
    photo: Option<Photo>,
    /// More than one where photos are copies of each other.
    inputs: Vec<usize>,
    intent: Option<Intent>,
    job_id: Option<JobId>,
    accepted_at: Option<WallTime>,
    finished: Option<Finished>,
    /// How many results wait for their final names.
    keeping: usize,
    end: Option<JobEnd>,
}

/// What an attempt needs besides itself.
#[derive(Debug)]
pub enum Needed {
    /// A look at a job needs nothing.
    Nothing,
    /// The photo whose bytes are sent.
    Photo(Photo),
    /// A file for the result: of which job and result, in whose folder.
    File((JobNumber, usize), (usize, Destination)),
}

impl Books {
    /// The books of a batch whose journal says this; `None` without a journal.
    #[must_use]
    pub fn new(
        endpoint: &Endpoint,
        mut policy: BatchPolicy,
        seed: Seed,
        observer: Arc<dyn Observer>,
        replay: Option<Replay>,
    ) -> Self {
        policy.wait_until_stored = replay.is_some();
        Self {
            machine: Batch::new(endpoint.clone(), policy, seed),
            endpoint: endpoint.clone(),
            observer,
            replay: replay.map(|replay| Arc::new(Mutex::new(replay))),
            inputs: Vec::new(),
            jobs: Vec::new(),
            open: HashMap::new(),
            chores: Vec::new(),
            over: VecDeque::new(),
            trouble: None,
        }
    }

    /// What the journal says by now; `None` without one.
    #[must_use]
    pub fn replay(&self) -> Option<SharedReplay> {
        self.replay.clone()
    }

    /// Takes the next input in.
    pub fn admit(&mut self, now: Instant, inspected: Inspected) {
        let Inspected { input, refused, there } = inspected;
        let index = self.inputs.len();
        self.inputs.push(None);
        if let Some(error) = refused {
            return self.over(index, None, Err(error));
        }
        let place = self.plan(now, &input);
        let BatchInput { origin, key, destination } = input;
        let book = InputBook { destination, place, there, failed: Vec::new() };
        self.set_input(index, book);
        if let Some(job) = key.and_then(|key| self.open.get(&key).copied()) {
            // One whose results have their names already would not bring them here.
            if let Some(book) = self.job_mut(job).filter(|book| book.finished.is_none()) {
                return book.inputs.push(index);
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

    /// Takes in what happened, in the machine's order.
    pub fn take(&mut self, now: Instant) {
        while let Some(event) = self.machine.next_event(now) {
            self.enter(now, event);
        }
    }

    /// What is to be done on disk before anything else.
    #[must_use]
    pub fn chores(&mut self) -> Vec<Chore> {
        std::mem::take(&mut self.chores)
    }

    /// Whether nothing waits for the disk and no upload for its answer.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.chores.is_empty() && self.counts().uploading == 0
    }

    /// Takes in what became of chores.
    pub fn settle(&mut self, outcomes: Outcomes) {
        for receipt in outcomes.receipts {
            self.machine.stored(receipt);
        }
        for kept in outcomes.kept {
            if let Some(record) = kept.record {
                self.apply(&Record::Saved(record));
            }
            if let Some(Some(input)) = self.inputs.get_mut(kept.input) {
                match kept.end {
                    Ok(path) => input.there.push((kept.variation, path)),
                    Err(error) => input.failed.push((kept.variation, error)),
                }
            }
            if let Some(book) = self.job_mut(kept.job) {
                book.keeping = book.keeping.saturating_sub(1);
            }
            self.end_if_over(kept.job);
        }
        if outcomes.trouble.is_some() {
            self.machine.stop_uploading();
            self.trouble = outcomes.trouble;
        }
    }

    /// The machine's next action; take events and do chores before it.
    #[must_use]
    pub fn next_action(&mut self, now: Instant) -> Action<BatchCounts> {
        self.machine.next_action(now)
    }

    /// What this attempt needs.
    #[must_use]
    pub fn needed(&self, attempt: AttemptId) -> Needed {
        let work = self.machine.work(attempt);
        let book = work.and_then(|work| self.job(work.job()));
        match (work, book) {
            (Some(Work::Upload(_)), Some(book)) => {
                book.photo.clone().map_or(Needed::Nothing, Needed::Photo)
            }
            (Some(Work::Download { job, result }), Some(book)) => {
                let mut places = self.places(book, result);
                match places.next() {
                    Some((input, _, destination)) => {
                        Needed::File((job, result), (input, destination.clone()))
                    }
                    None => Needed::Nothing,
                }
            }
            _ => Needed::Nothing,
        }
    }

    /// Hands the outcome of an attempt over.
    pub fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) {
        self.machine.handle(now, attempt, outcome);
    }

    /// The next input that is over.
    #[must_use]
    pub fn next_over(&mut self) -> Option<Processed> {
        self.over.pop_front()
    }

    /// Whether an input is over that was not told yet.
    #[must_use]
    pub fn has_over(&self) -> bool {
        !self.over.is_empty()
    }

    /// Nothing goes on any more: what is left was never sent. `true` where there
    /// was something.
    pub fn close(&mut self) -> bool {
        let stop = self.machine.stopped().cloned().unwrap_or(Stop::Asked);
        for job in 0..self.jobs.len() {
            let Some(book) = self.jobs.get_mut(job).and_then(Option::take) else { continue };
            for index in book.inputs {
                let end = match &book.job_id {
                    None => Err(Error::Stopped(stop.clone())),
                    // Only where the journal failed; its error tells of the job too.
                    Some(job_id) => Err(Error::Left { job_id: job_id.clone() }),
                };
                self.over(index, book.job_id.clone(), end);
            }
        }
        self.has_over()
    }

    /// Sends no further upload.
    pub fn stop_uploading(&mut self) {
        self.machine.stop_uploading();
    }

    /// Why no further upload is sent, where that is so.
    #[must_use]
    pub const fn stopped(&self) -> Option<&Stop> {
        self.machine.stopped()
    }

    /// How many jobs are where.
    #[must_use]
    pub const fn counts(&self) -> BatchCounts {
        self.machine.counts()
    }

    /// Why the journal could not be written, where that is so.
    #[must_use]
    pub const fn trouble(&self) -> Option<&JournalError> {
        self.trouble.as_ref()
    }

    fn enter(&mut self, now: Instant, event: BatchEvent) {
        let at = wall(now);
        match event {
            BatchEvent::Intent { job, receipt, .. } => self.enter_intent(at, job, receipt),
            BatchEvent::Withdrawn { job } => {
                let detail = "uploads were stopped before it was sent";
                let error = UploadError::NotSent(TransportFailure::connect(detail));
                self.enter_not_accepted(at, job, &error);
            }
            BatchEvent::NotAccepted { job, error } => self.enter_not_accepted(at, job, &error),
            BatchEvent::Accepted { job, accepted, receipt } => {
                self.observer.accepted(&accepted);
                let record = self.job_mut(job).and_then(|book| {
                    book.job_id = Some(accepted.job_id().clone());
                    book.accepted_at = Some(at);
                    book.photo = None;
                    book.intent.take().map(|intent| intent.accepted(at, &accepted))
                });
                match record {
                    Some(record) => self.store(Record::Accepted(record), Some(receipt)),
                    None => self.machine.stored(receipt),
                }
            }
            BatchEvent::Status { status, .. } => self.observer.status(&status),
            BatchEvent::Finished { job, finished } => self.enter_finished(at, job, &finished),
            BatchEvent::Result { job, result, end } => match end {
                Ok(fetched) => self.enter_result(job, result, fetched),
                Err(error) => {
                    let variation = self.variation(job, result);
                    self.each_input(job, |input| {
                        let error = crate::SaveError::Fetch(error.clone());
                        input.failed.push((variation.clone(), error));
                    });
                }
            },
            BatchEvent::Ended { job, end } => self.enter_end(at, job, end),
            // `stopped` says it; `BatchEvent` may grow.
            _ => {}
        }
    }

    fn enter_intent(&mut self, at: WallTime, job: JobNumber, receipt: Receipt) {
        let key = self.job(job).and_then(|book| book.key);
        let (Some(replay), Some(key)) = (&self.replay, key) else {
            return self.machine.stored(receipt);
        };
        let intent = Intent::new(at, key, lock(replay).next_attempt(&key));
        if let Some(book) = self.job_mut(job) {
            book.intent = Some(intent.clone());
        }
        self.store(Record::Intent(intent), Some(receipt));
    }

    fn enter_not_accepted(&mut self, at: WallTime, job: JobNumber, error: &UploadError) {
        let intent = self.job_mut(job).and_then(|book| book.intent.take());
        if let Some(intent) = intent {
            self.store(Record::NotAccepted(intent.not_accepted(at, error)), None);
        }
    }

    fn enter_finished(&mut self, at: WallTime, job: JobNumber, finished: &Finished) {
        self.observer.status(finished.status());
        let Some(book) = self.job_mut(job) else { return };
        book.finished = Some(finished.clone());
        let elapsed = book.elapsed(at);
        if let Some(key) = book.key {
            self.store(Record::Ended(Ended::done(at, key, finished, elapsed)), None);
        }
        let count = finished.results().len();
        let missing = |books: &Self, result| {
            books.job(job).is_some_and(|book| books.places(book, result).next().is_some())
        };
        for result in 0..count {
            if !missing(self, result) {
                self.machine.skip(job, result);
            }
        }
    }

    fn enter_result(&mut self, job: JobNumber, result: usize, fetched: Downloaded) {
        let variation = self.variation(job, result);
        let Some(book) = self.job(job) else { return };
        let places = self.places(book, result);
        let places: Vec<_> = places.map(|(input, n, to)| (input, n, to.clone())).collect();
        let (key, count) = (book.key, places.len());
        if let Some(book) = self.job_mut(job) {
            book.keeping = book.keeping.saturating_add(count);
        }
        let keep = Keep { job, result, variation, fetched, key, places };
        self.chores.push(Chore::Keep(Box::new(keep)));
    }

    fn enter_end(&mut self, at: WallTime, job: JobNumber, end: JobEnd) {
        match &end {
            JobEnd::NotAccepted(error) => self.enter_not_accepted(at, job, error),
            JobEnd::NotDone(error) => {
                let known = self.job(job).and_then(|book| Some((book.key?, book.elapsed(at))));
                if let Some((key, elapsed)) = known {
                    let ended = Ended::failed(at, key, error, elapsed, &self.endpoint);
                    self.store(Record::Ended(ended), None);
                }
            }
            _ => {}
        }
        if let Some(book) = self.job_mut(job) {
            book.end = Some(end);
        }
        self.end_if_over(job);
    }

    /// Its inputs are over once all of its results have their names.
    fn end_if_over(&mut self, job: JobNumber) {
        let is_over = |book: &JobBook| book.end.is_some() && book.keeping == 0;
        let slot = self.jobs.get_mut(job.index());
        let Some(book) = slot.and_then(|slot| slot.take_if(|book| is_over(book))) else { return };
        if let Some(key) = book.key {
            self.open.remove(&key);
        }
        for index in book.inputs {
            let end = match &book.end {
                Some(JobEnd::NotAccepted(error)) => Err(Error::Upload(error.clone())),
                Some(JobEnd::NotDone(error)) => Err(Error::Poll(error.clone())),
                _ => Ok(book.finished.clone()),
            };
            self.end_input(index, book.job_id.clone(), end);
        }
    }

    fn end_input(
        &mut self,
        index: usize,
        job_id: Option<JobId>,
        end: Result<Option<Finished>, Error>,
    ) {
        let input = self.inputs.get_mut(index).and_then(Option::take);
        let (there, failed) = input.map(|input| (input.there, input.failed)).unwrap_or_default();
        let files: Vec<_> = there.into_iter().map(|(_, path)| path).collect();
        let end = match (end, &job_id) {
            (Err(error), _) => Err(error),
            (Ok(_), Some(job_id)) if !failed.is_empty() => {
                Err(Error::Incomplete { job_id: job_id.clone(), files, failed })
            }
            (Ok(finished), _) => Ok(Done { files, finished }),
        };
        self.over(index, job_id, end);
    }

    fn over(&mut self, index: usize, job_id: Option<JobId>, end: Result<Done, Error>) {
        self.over.push_back(Processed { index, job_id, end });
    }

    /// Writes into the journal that there is this input, unless it is known.
    fn plan(&mut self, now: Instant, input: &BatchInput) -> u32 {
        let Some(key) = input.key else { return 0 };
        let place = |books: &Self| place_of(input, books.entry(&key)?.places());
        if let Some(place) = place(self) {
            return place;
        }
        let (Origin::Photo(photo), Some(name)) = (&input.origin, input.name()) else { return 0 };
        let mut planned = Planned::new(wall(now), key, name, photo.request().options());
        planned.destination = input.destination.as_ref().map(Destination::journaled);
        self.store(Record::Planned(planned), None);
        place(self).unwrap_or_default()
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
        let accepted_at = entry.job().map(removit_proto::journal::Job::accepted_at);
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
    fn is_there(&self, index: usize, job: &removit_proto::journal::Job) -> bool {
        let Some(Some(input)) = self.inputs.get(index) else { return false };
        let results = job.ended().map(|ended| ended.results.as_slice()).unwrap_or_default();
        input.destination.is_none()
            || results.iter().all(|variation| input.has(variation.as_deref()))
    }

    /// The inputs that still want this result, each with its place.
    fn places<'a>(
        &'a self,
        book: &'a JobBook,
        result: usize,
    ) -> impl Iterator<Item = (usize, u32, &'a Destination)> {
        let link = book.finished.as_ref().and_then(|finished| finished.results().get(result));
        book.inputs.iter().filter_map(move |index| {
            let input = self.inputs.get(*index)?.as_ref()?;
            let wanted = link.is_some_and(|link| !input.has(link.variation()));
            input.destination.as_ref().filter(|_| wanted).map(|to| (*index, input.place, to))
        })
    }

    fn variation(&self, job: JobNumber, result: usize) -> Option<String> {
        let finished = self.job(job)?.finished.as_ref()?;
        finished.results().get(result)?.variation().map(str::to_owned)
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
        let (inputs, intent, finished, end) = (vec![index], None, None, None);
        let book =
            JobBook { key, photo, inputs, intent, job_id, accepted_at, finished, keeping: 0, end };
        if self.jobs.len() <= job.index() {
            self.jobs.resize_with(job.index().saturating_add(1), || None);
        }
        if let Some(slot) = self.jobs.get_mut(job.index()) {
            *slot = Some(book);
        }
        if let Some(key) = key {
            self.open.insert(key, job);
        }
    }

    fn store(&mut self, record: Record, receipt: Option<Receipt>) {
        if self.replay.is_some() {
            self.apply(&record);
            self.chores.push(Chore::Store(Box::new(record), receipt));
        }
    }

    fn apply(&self, record: &Record) {
        if let Some(replay) = &self.replay {
            lock(replay).apply(record.clone());
        }
    }

    fn entry(&self, key: &InputKey) -> Option<Entry> {
        lock(self.replay.as_ref()?).entry(key).cloned()
    }

    fn set_input(&mut self, index: usize, book: InputBook) {
        if let Some(slot) = self.inputs.get_mut(index) {
            *slot = Some(book);
        }
    }

    fn each_input(&mut self, job: JobNumber, mut change: impl FnMut(&mut InputBook)) {
        let indices = self.job(job).map(|book| book.inputs.clone()).unwrap_or_default();
        for index in indices {
            if let Some(Some(input)) = self.inputs.get_mut(index) {
                change(input);
            }
        }
    }

    fn job(&self, job: JobNumber) -> Option<&JobBook> {
        self.jobs.get(job.index())?.as_ref()
    }

    fn job_mut(&mut self, job: JobNumber) -> Option<&mut JobBook> {
        self.jobs.get_mut(job.index())?.as_mut()
    }
}

/// What is known of an input from earlier.
enum Known {
    New,
    Job(JobId, Option<WallTime>),
    Ambiguous(u32),
    Over(JobId, Result<Option<Finished>, Error>),
}

impl InputBook {
    fn has(&self, variation: Option<&str>) -> bool {
        self.there.iter().any(|(there, _)| there.as_deref() == variation)
    }
}

impl JobBook {
    fn elapsed(&self, at: WallTime) -> Duration {
        self.accepted_at.map(|accepted| at.since(accepted)).unwrap_or_default()
    }
}

impl fmt::Debug for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Books").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// Both adapters' clocks count from the Unix epoch.
#[must_use]
pub fn wall(now: Instant) -> WallTime {
    WallTime::from_unix(now.since_origin())
}
