//! Who is who in a batch: which input a job of the machine is of, what the journal
//! is to know, what is told to the caller.
//!
//! Without I/O, and the same for both adapters. It decides nothing of what is sent
//! and when: that is the core's [`Batch`](removit_proto::Batch).

mod admission;
mod ending;
mod events;
mod intents;
mod watching;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use removit_proto::journal::{Entry, Record, Replay, WallTime};
use removit_proto::{
    Action, AttemptId, Batch, BatchCounts, BatchPolicy, Endpoint, Finished, InputKey, Instant,
    JobEnd, JobId, JobNumber, Machine, Observer, Outcome, OutputFormat, Receipt, Seed, Stop,
    UnexpectedKind, Work,
};

use super::disk::{Chore, Outcomes};
use super::lock;
use super::processed::Processed;
use intents::Intents;
pub use watching::News;
use watching::Watching;

use crate::{Destination, JournalError, Photo, SaveError};

/// What the journal says by now. Threads that look at inputs read it.
pub type SharedReplay = Arc<Mutex<Replay>>;

/// How many jobs wait to be sent before no further inputs are taken: a catalogue
/// costs the memory of what is under way, not of all its photos.
const WAITING: usize = 256;

/// The books of one batch.
pub struct Books {
    machine: Batch,
    endpoint: Endpoint,
    observer: Arc<dyn Observer>,
    replay: Option<SharedReplay>,
    /// How many inputs were taken in.
    taken_in: usize,
    /// Those that are not over.
    inputs: HashMap<usize, InputBook>,
    jobs: BTreeMap<JobNumber, Box<JobBook>>,
    /// The photos that another owner of the journal has.
    taken: HashSet<InputKey>,
    /// The jobs that are not over, by the key of their inputs.
    open: HashMap<InputKey, JobNumber>,
    chores: Vec<Chore>,
    over: VecDeque<Processed>,
    /// The uploads whose outcome is not there, whatever the machine makes of that.
    sending: HashMap<AttemptId, JobNumber>,
    /// The jobs of those that came in since events were taken.
    landed: Vec<JobNumber>,
    /// The intents of jobs that ended while an upload of theirs was still under way.
    left: HashMap<JobNumber, Intents>,
    trouble: Option<JournalError>,
    /// `None` where nobody watches.
    watching: Option<Watching>,
}

/// An input that is not over.
struct InputBook {
    job: Option<JobNumber>,
    destination: Option<Destination>,
    place: u32,
    /// By variation: the results that are there, whole.
    there: Vec<(Option<String>, PathBuf)>,
    failed: Vec<(Option<String>, SaveError)>,
    /// By variation: images of another kind than was asked for.
    unexpected: Vec<(Option<String>, UnexpectedKind)>,
}

/// A job that is not over.
struct JobBook {
    key: Option<InputKey>,
    photo: Option<Photo>,
    /// The format of its results, where that is known.
    asked: Option<OutputFormat>,
    /// More than one where photos are copies of each other.
    inputs: Vec<usize>,
    intents: Intents,
    job_id: Option<JobId>,
    accepted_at: Option<WallTime>,
    finished: Option<Finished>,
    /// How many results wait for their final names.
    keeping: usize,
    /// Given up, as uploads were stopped.
    is_turned_away: bool,
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
        let mut machine = Batch::new(endpoint.clone(), policy, seed);
        let earlier = replay.iter().flat_map(Replay::durations);
        earlier.for_each(|(options, took)| machine.learn(options, took));
        Self {
            machine,
            endpoint: endpoint.clone(),
            observer,
            replay: replay.map(|replay| Arc::new(Mutex::new(replay))),
            taken_in: 0,
            inputs: HashMap::new(),
            jobs: BTreeMap::new(),
            taken: HashSet::new(),
            open: HashMap::new(),
            chores: Vec::new(),
            over: VecDeque::new(),
            sending: HashMap::new(),
            landed: Vec::new(),
            left: HashMap::new(),
            trouble: None,
            watching: None,
        }
    }

    /// What the journal says by now; `None` without one.
    #[must_use]
    pub fn replay(&self) -> Option<SharedReplay> {
        self.replay.clone()
    }

    /// Takes in what happened, in the machine's order.
    pub fn take(&mut self, now: Instant) {
        while let Some(event) = self.machine.next_event(now) {
            self.enter(now, event);
        }
        for job in std::mem::take(&mut self.landed) {
            self.end_if_over(job);
            if !self.is_sending(job) {
                self.left.remove(&job);
            }
        }
    }

    /// What is to be done on disk before anything else.
    #[must_use]
    pub fn chores(&mut self) -> Vec<Chore> {
        std::mem::take(&mut self.chores)
    }

    /// Whether further inputs are of use: enough of those that were taken wait to
    /// be sent, and none of them where no upload is sent any more.
    #[must_use]
    pub fn wants_inputs(&self) -> bool {
        self.counts().waiting < WAITING || self.stopped().is_some()
    }

    /// Whether nothing waits for the disk and no upload for its answer.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let is_upload = |(_, work)| matches!(work, Work::Upload(_));
        self.chores.is_empty()
            && self.counts().uploading == 0
            && !self.machine.under_way().any(is_upload)
    }

    /// Takes in what became of chores.
    pub fn settle(&mut self, outcomes: Outcomes) {
        // First: an intent that could not be written must not be followed.
        if outcomes.trouble.is_some() {
            self.machine.stop_uploading();
            self.trouble = outcomes.trouble;
        }
        for receipt in outcomes.taken {
            self.leave_to_another(receipt.job());
        }
        for receipt in outcomes.receipts {
            self.machine.stored(receipt);
        }
        for kept in outcomes.kept {
            if let Some(record) = kept.record {
                self.apply(&Record::Saved(record));
            }
            if let Some(input) = self.inputs.get_mut(&kept.input) {
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
    }

    /// The machine's next action; take events and do chores before it.
    #[must_use]
    pub fn next_action(&mut self, now: Instant) -> Action<BatchCounts> {
        self.machine.next_action(now)
    }

    /// What this attempt needs, which is under way from now on until its outcome is
    /// [handed over](Self::handle).
    #[must_use]
    pub fn needed(&mut self, attempt: AttemptId) -> Needed {
        let work = self.machine.work(attempt);
        if let Some(Work::Upload(job)) = work {
            self.sending.insert(attempt, job);
        }
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
        self.landed.extend(self.sending.remove(&attempt));
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

    /// The inputs that still want this result, each with its place.
    fn places<'a>(
        &'a self,
        book: &'a JobBook,
        result: usize,
    ) -> impl Iterator<Item = (usize, u32, &'a Destination)> {
        let link = book.finished.as_ref().and_then(|finished| finished.results().get(result));
        book.inputs.iter().filter_map(move |index| {
            let input = self.inputs.get(index)?;
            let wanted = link.is_some_and(|link| !input.has(link.variation()));
            input.destination.as_ref().filter(|_| wanted).map(|to| (*index, input.place, to))
        })
    }

    /// The number of the next input.
    fn next_index(&mut self) -> usize {
        let index = self.taken_in;
        self.taken_in = self.taken_in.saturating_add(1);
        index
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

    fn is_sending(&self, job: JobNumber) -> bool {
        self.sending.values().any(|sending| *sending == job)
    }

    fn job(&self, job: JobNumber) -> Option<&JobBook> {
        self.jobs.get(&job).map(Box::as_ref)
    }

    fn job_mut(&mut self, job: JobNumber) -> Option<&mut JobBook> {
        self.jobs.get_mut(&job).map(Box::as_mut)
    }
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
