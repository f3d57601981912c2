//! The catalogue itself: what a driver calls, and which part answers it.
//!
//! It decides nothing of what is sent and when: that is the [`Batch`]'s.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::book::{InputBook, JobBook};
use super::effect::{Effect, Needed, News};
use super::end::Processed;
use super::intents::Intents;
use crate::api::endpoint::Endpoint;
use crate::api::seed::Seed;
use crate::batch::{Batch, BatchCounts, BatchPolicy, JobNumber, Receipt, Stop, Work};
use crate::journal::input_key::InputKey;
use crate::journal::{Entry, Record, Replay};
use crate::machine::observer::Observer;
use crate::machine::{Action, Machine};
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;

/// How many jobs wait to be sent before no further inputs are of use: a catalogue costs
/// the memory of what is under way, not of all its photos.
const WAITING: usize = 256;

/// Many inputs, each paid for once and told its end;
/// [`catalogue`](crate::catalogue) says how to drive it.
///
/// `F` is the driver's word for a file under its final name, `E` its reason why there is
/// none. Its instants count from the Unix epoch, as the journal's times do.
pub struct Catalogue<F, E> {
    pub(super) machine: Batch,
    pub(super) endpoint: Endpoint,
    pub(super) observer: Arc<dyn Observer>,
    /// What the journal says by now.
    pub(super) replay: Option<Replay>,
    /// How many inputs were taken in.
    pub(super) taken_in: usize,
    /// Those that are not over.
    pub(super) inputs: BTreeMap<usize, InputBook<F, E>>,
    pub(super) jobs: BTreeMap<JobNumber, Box<JobBook>>,
    /// The photos that another owner of the journal has.
    pub(super) taken: BTreeSet<InputKey>,
    /// The jobs that are not over, by the key of their inputs.
    pub(super) open: BTreeMap<InputKey, JobNumber>,
    pub(super) effects: Vec<Effect>,
    /// Records that the journal did not take, to be written with the next ones.
    pub(super) backlog: Vec<Record>,
    pub(super) over: VecDeque<Processed<F, E>>,
    /// The uploads whose outcome is not there, whatever the machine makes of that.
    pub(super) sending: BTreeMap<AttemptId, JobNumber>,
    /// The jobs of those that came in since events were taken.
    pub(super) landed: Vec<JobNumber>,
    /// The intents of jobs that ended while an upload of theirs was still under way.
    pub(super) left: BTreeMap<JobNumber, Intents>,
    /// Inputs that were given up before they were admitted.
    pub(super) given_up: BTreeSet<usize>,
    /// `None` where nobody watches.
    pub(super) news: Option<VecDeque<(usize, News)>>,
}

impl<F, E> Catalogue<F, E> {
    /// One whose journal says this; `None` without a journal.
    #[must_use]
    pub fn new(
        endpoint: Endpoint,
        mut policy: BatchPolicy,
        seed: Seed,
        replay: Option<Replay>,
    ) -> Self {
        policy.wait_until_stored = replay.is_some();
        let mut machine = Batch::new(endpoint.clone(), policy, seed);
        let earlier = replay.iter().flat_map(Replay::durations);
        earlier.for_each(|(options, took)| machine.learn(options, took));
        Self {
            machine,
            endpoint,
            observer: Arc::new(()),
            replay,
            taken_in: 0,
            inputs: BTreeMap::new(),
            jobs: BTreeMap::new(),
            taken: BTreeSet::new(),
            open: BTreeMap::new(),
            effects: Vec::new(),
            backlog: Vec::new(),
            over: VecDeque::new(),
            sending: BTreeMap::new(),
            landed: Vec::new(),
            left: BTreeMap::new(),
            given_up: BTreeSet::new(),
            news: None,
        }
    }

    /// What the journal says of a key by now, records under way included.
    #[must_use]
    pub fn entry(&self, key: &InputKey) -> Option<&Entry> {
        self.replay.as_ref()?.entry(key)
    }

    /// Takes in what happened, in the machine's order.
    /// [`effects`](Self::effects) and [`next_action`](Machine::next_action) do that, too.
    pub fn advance(&mut self, now: Instant) {
        while let Some(event) = self.machine.next_event(now) {
            self.enter(now, event);
        }
        for job in core::mem::take(&mut self.landed) {
            self.end_if_over(job);
            if !self.is_sending(job) {
                self.left.remove(&job);
            }
        }
    }

    /// What is to be done now, each told once. Report it with
    /// [`carried_out`](Self::carried_out).
    #[must_use = "an effect is told once"]
    pub fn effects(&mut self, now: Instant) -> Vec<Effect> {
        self.advance(now);
        let effects = core::mem::take(&mut self.effects);
        if effects.iter().all(|effect| matches!(effect, Effect::DropPhoto(_))) {
            return effects;
        }
        let again = |record| Effect::Store(Box::new(record), None);
        let backlog = core::mem::take(&mut self.backlog).into_iter().map(again);
        backlog.chain(effects).collect()
    }

    /// What this attempt needs beside itself.
    #[must_use]
    pub fn needed(&self, attempt: AttemptId) -> Needed {
        let work = self.machine.work(attempt);
        let book = work.and_then(|work| self.job(work.job()));
        match (work, book) {
            // Each input of a job that is not accepted has the photo.
            (Some(Work::Upload(_)), Some(book)) => {
                book.inputs.first().copied().map_or(Needed::Nothing, Needed::Photo)
            }
            (Some(Work::Download { job, result }), Some(book)) => {
                let first = self.wanting(book, result).next();
                first.map_or(Needed::Nothing, |(input, _)| Needed::Part {
                    part: (job, result),
                    input,
                })
            }
            _ => Needed::Nothing,
        }
    }

    /// The next input that is over. Until then keep what is yours of it.
    #[must_use = "an end is told once"]
    pub fn next_over(&mut self) -> Option<Processed<F, E>> {
        self.over.pop_front()
    }

    /// Whether an input is over that was not told yet.
    #[must_use]
    pub fn has_over(&self) -> bool {
        !self.over.is_empty()
    }

    /// Whether further inputs are of use: enough of those that were taken wait to be
    /// sent, and none of them where no upload is sent any more.
    #[must_use]
    pub fn wants_inputs(&self) -> bool {
        self.counts().waiting < WAITING || self.stopped().is_some()
    }

    /// Whether nothing waits to be stored or kept, and no upload for its answer: it can
    /// be dropped then without an upload becoming ambiguous.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let is_upload = |(_, work)| matches!(work, Work::Upload(_));
        self.effects.is_empty()
            && self.counts().uploading == 0
            && !self.machine.under_way().any(is_upload)
    }

    /// Sends no further upload. What is accepted goes on.
    pub fn stop_uploading(&mut self) {
        self.machine.stop_uploading();
    }

    /// Sends uploads again after a stop.
    pub fn resume_uploads(&mut self) {
        self.machine.resume_uploads();
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

    /// The inputs that still want this result, each with its place.
    pub(super) fn wanting<'a>(
        &'a self,
        book: &'a JobBook,
        result: usize,
    ) -> impl Iterator<Item = (usize, u32)> + use<'a, F, E> {
        let link = book.finished.as_ref().and_then(|finished| finished.results().get(result));
        book.inputs.iter().filter_map(move |index| {
            let input = self.inputs.get(index).filter(|input| input.is_fetched)?;
            let is_wanted = link.is_some_and(|link| !input.has(link.variation()));
            is_wanted.then_some((*index, input.place))
        })
    }

    pub(super) fn store(&mut self, record: Record, receipt: Option<Receipt>) {
        if self.replay.is_some() {
            self.apply(record.clone());
            self.effects.push(Effect::Store(Box::new(record), receipt));
        }
    }

    pub(super) fn apply(&mut self, record: Record) {
        if let Some(replay) = &mut self.replay {
            replay.apply(record);
        }
    }

    pub(super) fn is_sending(&self, job: JobNumber) -> bool {
        self.sending.values().any(|sending| *sending == job)
    }

    pub(super) fn job(&self, job: JobNumber) -> Option<&JobBook> {
        self.jobs.get(&job).map(Box::as_ref)
    }

    pub(super) fn job_mut(&mut self, job: JobNumber) -> Option<&mut JobBook> {
        self.jobs.get_mut(&job).map(Box::as_mut)
    }
}

/// The actions are the batch's; an upload counts as under way until its outcome is handed
/// over, even where the machine has given it up.
impl<F, E> Machine for Catalogue<F, E> {
    type Output = BatchCounts;

    fn next_action(&mut self, now: Instant) -> Action<BatchCounts> {
        self.advance(now);
        let mut action = self.machine.next_action(now);
        if let Action::Send(attempt) = &mut action {
            let work = self.machine.work(attempt.id);
            let book = work.and_then(|work| self.job(work.job()));
            attempt.input = book.and_then(|book| book.inputs.first().copied());
            if let Some(Work::Upload(job)) = work {
                self.sending.insert(attempt.id, job);
            }
        }
        action
    }

    fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) {
        self.machine.handle(now, attempt, outcome);
        self.landed.extend(self.sending.remove(&attempt));
    }
}

impl<F, E> fmt::Debug for Catalogue<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogue").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
