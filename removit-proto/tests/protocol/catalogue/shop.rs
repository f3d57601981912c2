//! A driver in virtual time: its disk, its requests under way, and the vendor.
//!
//! It holds the catalogue's first law at every request, in every test.
#![allow(unreachable_pub, reason = "the modules of one test program")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use removit_proto::catalogue::{Effect, InputEnd, Item, Needed, Outcomes};
use removit_proto::journal::{Destination, Input, Intent, JournalPath, Record, Replay, Saved};
use removit_proto::simulator::{Config, Simulator};
use removit_proto::{
    Action, ApiKey, Attempt, AttemptId, BatchPolicy, Catalogue, ContentHash, Endpoint, InputKey,
    Instant, Machine, Outcome, Seed,
};

use crate::support::url_request;
use crate::wire;

pub type End = InputEnd<String, String>;
type WriteBy = Box<dyn FnMut(&[Record]) -> Write>;
type KeepBy = Box<dyn FnMut(&str) -> Result<(), String>>;

/// What outlives a process.
pub struct Lasting {
    pub vendor: Simulator,
    pub journal: Vec<Record>,
    /// By their final names.
    pub files: BTreeSet<String>,
    pub now: Instant,
}

impl Lasting {
    pub fn new(config: Config) -> Self {
        let (journal, files) = (Vec::new(), BTreeSet::new());
        Self { vendor: wire::vendor(config), journal, files, now: wire::start() }
    }

    pub fn replay(&self) -> Replay {
        let mut replay = Replay::default();
        self.journal.iter().for_each(|record| replay.apply(record.clone()));
        replay
    }
}

/// One process.
pub struct Shop {
    pub lasting: Lasting,
    pub catalogue: Catalogue<String, String>,
    /// How each input that is over ended.
    pub ends: BTreeMap<usize, End>,
    /// What becomes of a write; the usual is [`Write::Done`].
    pub write: WriteBy,
    /// What becomes of a file that is to get this name.
    pub keep: KeepBy,
    /// How long the driver takes to hand this upload's outcome over.
    pub hold: Box<dyn FnMut(usize) -> Duration>,
    /// By the numbers of the inputs.
    names: Vec<String>,
    keys: Vec<Option<InputKey>>,
    under_way: BTreeMap<(Instant, usize), Moment>,
    moments: usize,
    has_journal: bool,
    was_full: bool,
}

pub enum Write {
    Done,
    /// Another owner has these intents.
    But(Vec<Intent>),
    DiskFull,
}

enum Moment {
    Arrives(Box<Attempt>, Duration),
    Lands(AttemptId, Box<Outcome>),
}

/// A photo that is `n`'s copy where it has the same number, under a name of its own.
pub fn photo(n: u8, name: &str) -> Item {
    Item::photo(url_request(), Input::Memory(name.to_owned()))
        .with_key(key(n))
        .to(Destination::File(JournalPath::new(Path::new(name))))
}

pub fn key(n: u8) -> InputKey {
    InputKey::new(ContentHash::new([n; 32]))
}

fn endpoint() -> Endpoint {
    Endpoint::new(wire::API, ApiKey::new("sk-shop").unwrap()).unwrap()
}

impl Shop {
    pub fn new(config: Config) -> Self {
        Self::over(Lasting::new(config), |_| {})
    }

    /// A process that goes on with what is there.
    pub fn over(lasting: Lasting, change: impl FnOnce(&mut BatchPolicy)) -> Self {
        let mut policy = BatchPolicy::default();
        change(&mut policy);
        let replay = lasting.replay();
        let catalogue = Catalogue::new(endpoint(), policy, Seed::new(7), Some(replay));
        Self {
            lasting,
            catalogue,
            ends: BTreeMap::new(),
            write: Box::new(|_| Write::Done),
            keep: Box::new(|_| Ok(())),
            hold: Box::new(|_| Duration::ZERO),
            names: Vec::new(),
            keys: Vec::new(),
            under_way: BTreeMap::new(),
            moments: 0,
            has_journal: true,
            was_full: false,
        }
    }

    /// Before anything is added.
    pub fn without_journal(&mut self) {
        let policy = BatchPolicy::default();
        self.catalogue = Catalogue::new(endpoint(), policy, Seed::new(7), None);
        self.has_journal = false;
    }

    /// Takes an input in, with what an earlier run saved of it and is still there.
    pub fn add(&mut self, item: Item, name: &str) -> usize {
        let entry = item.key().and_then(|key| self.catalogue.entry(key));
        let whole = |saved: &Saved| {
            Some(saved.path.to_string()).filter(|name| self.lasting.files.contains(name))
        };
        let there = item.there(entry, whole);
        self.names.push(name.to_owned());
        self.keys.push(item.key().copied());
        self.catalogue.admit(self.lasting.now, item, there)
    }

    pub fn add_photos(&mut self, photos: &[(u8, &str)]) {
        for (n, name) in photos {
            self.add(photo(*n, name), name);
        }
    }

    /// Goes on until all inputs are over.
    pub fn run(&mut self) -> &BTreeMap<usize, End> {
        for _ in 0..1_000_000 {
            if !self.step() {
                return &self.ends;
            }
        }
        panic!("never done");
    }

    /// Goes on until this is so.
    pub fn run_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            assert!(self.step(), "all is done before it is so");
        }
    }

    /// One step; `false` where there is nothing to be done any more.
    pub fn step(&mut self) -> bool {
        let now = self.lasting.now;
        let effects = self.catalogue.effects(now);
        if !effects.is_empty() {
            let outcomes = self.carry_out(effects);
            self.catalogue.carried_out(outcomes);
            return true;
        }
        self.hear();
        match self.catalogue.next_action(now) {
            Action::Send(attempt) => self.send(attempt),
            Action::SleepUntil(wakeup) => {
                let next = self.under_way.first_key_value().map(|((at, _), _)| *at);
                self.lasting.now = next.map_or(wakeup.at, |at| at.min(wakeup.at)).max(now);
                self.receive();
            }
            Action::Done(_) if self.under_way.is_empty() => return false,
            Action::Done(_) => self.arrive(),
        }
        true
    }

    /// Tells of the inputs that are over.
    pub fn hear(&mut self) {
        while let Some(over) = self.catalogue.next_over() {
            let before = self.ends.insert(over.index, over.end);
            assert!(before.is_none(), "an input ends once: {}", over.index);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Outcomes<String, String> {
        let mut outcomes = Outcomes::new();
        for effect in effects {
            match effect {
                Effect::Store(record, receipt) => outcomes.store(*record, receipt),
                Effect::Keep(keep) => {
                    for input in keep.inputs() {
                        let name = self.names[input].clone();
                        match (self.keep)(&name) {
                            Ok(()) => {
                                self.lasting.files.insert(name.clone());
                                let path = JournalPath::new(Path::new(&name));
                                outcomes.kept(self.lasting.now, &keep, input, path, name);
                            }
                            Err(error) => outcomes.not_kept(&keep, input, error),
                        }
                    }
                }
                Effect::DropPhoto(_) | Effect::Forget { .. } => {}
            }
        }
        match (self.write)(outcomes.records()) {
            Write::DiskFull => self.was_full = true,
            Write::Done => {
                self.lasting.journal.extend_from_slice(outcomes.records());
                outcomes.stored(&[]);
            }
            Write::But(taken) => {
                let is_taken = |record: &&Record| match record {
                    Record::Intent(intent) => taken.contains(intent),
                    _ => false,
                };
                let stored = outcomes.records().iter().filter(|record| !is_taken(record));
                self.lasting.journal.extend(stored.cloned());
                outcomes.stored(&taken);
            }
        }
        outcomes
    }

    fn send(&mut self, attempt: Attempt) {
        let needed = self.catalogue.needed(attempt.id);
        let latency = Duration::from_millis(40);
        let hold = match needed {
            Needed::Photo(input) => (self.hold)(input),
            Needed::Nothing | Needed::Part { .. } => Duration::ZERO,
        };
        match needed {
            Needed::Photo(input) if self.has_journal => self.assert_intent_is_stored(input),
            Needed::Nothing if self.has_journal => self.assert_acceptance_is_stored(&attempt),
            _ => {}
        }
        self.later(latency, Moment::Arrives(Box::new(attempt), hold));
    }

    /// Law 1, of uploads: the newest that is written down of the photo is an intent.
    fn assert_intent_is_stored(&self, input: usize) {
        let key = self.keys[input];
        let is_intent = self.lasting.journal.iter().rev().find_map(|record| match record {
            Record::Intent(intent) => (Some(intent.key) == key).then_some(true),
            Record::Accepted(accepted) => (Some(accepted.key) == key).then_some(false),
            Record::NotAccepted(end) => (Some(end.key) == key).then_some(false),
            _ => None,
        });
        assert_eq!(is_intent, Some(true), "an upload leaves whose intent is not stored");
    }

    /// Law 1, of polls; what is paid for goes on without its record where that could not
    /// be written.
    fn assert_acceptance_is_stored(&self, attempt: &Attempt) {
        let asked = attempt.request.uri().query().unwrap_or_default();
        let is_its_own = |record: &Record| match record {
            Record::Accepted(accepted) => asked.ends_with(accepted.job_id.as_str()),
            _ => false,
        };
        let is_stored = self.lasting.journal.iter().any(is_its_own);
        assert!(is_stored || self.was_full, "{asked} is not written down");
    }

    fn later(&mut self, wait: Duration, moment: Moment) {
        self.moments += 1;
        self.under_way.insert((self.lasting.now + wait, self.moments), moment);
    }

    fn receive(&mut self) {
        while let Some(entry) = self.under_way.first_entry() {
            if entry.key().0 > self.lasting.now {
                return;
            }
            match entry.remove() {
                Moment::Lands(id, outcome) => {
                    self.catalogue.handle(self.lasting.now, id, *outcome);
                }
                Moment::Arrives(attempt, hold) => {
                    let now = self.lasting.now;
                    let id = attempt.id;
                    let attempted = self.lasting.vendor.attempt(now, *attempt, wire::PHOTO);
                    let landing = Moment::Lands(id, Box::new(attempted.outcome));
                    self.later((attempted.at - now).saturating_add(hold), landing);
                }
            }
        }
    }

    /// Time passes until the next request arrives, or its answer does.
    pub fn arrive(&mut self) {
        let next = self.under_way.first_key_value().map(|((at, _), _)| *at);
        self.lasting.now = next.unwrap().max(self.lasting.now);
        self.receive();
    }

    /// Whether no request is under way.
    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    /// How many requests are on their way to the vendor.
    pub fn arriving(&self) -> usize {
        self.under_way.values().filter(|moment| matches!(moment, Moment::Arrives(..))).count()
    }

    /// How many acceptances are written down.
    pub fn accepted(&self) -> usize {
        self.records(|record| matches!(record, Record::Accepted(_)))
    }

    pub fn jobs(&self) -> usize {
        self.lasting.vendor.account().jobs.len()
    }

    pub fn records(&self, which: impl Fn(&Record) -> bool) -> usize {
        self.lasting.journal.iter().filter(|record| which(record)).count()
    }
}

/// What is whole and in its place.
#[track_caller]
pub fn files(end: &End) -> &[String] {
    match end {
        InputEnd::Done(done) => &done.files,
        end => panic!("not done: {end:?}"),
    }
}
