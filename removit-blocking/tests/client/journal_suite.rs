//! The journals of this crate keep the rules, and the suite notices those that do not.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use removit_blocking::journal_suite::{Subject, check};
use removit_blocking::proto::InputKey;
use removit_blocking::proto::journal::{Header, Intent, Record, Replay, WallTime};
use removit_blocking::{Journal, JournalError, JournalFile, MemoryJournal, Stored};
use tempfile::TempDir;

struct OnDisk(TempDir);

impl Subject for OnDisk {
    type Journal = JournalFile;

    fn open(&mut self) -> Result<JournalFile, JournalError> {
        let header = Header::new(WallTime::default(), "a test");
        JournalFile::open(self.0.path().join("the.removit"), header).map(|(journal, _)| journal)
    }

    fn tear(&mut self) -> bool {
        let path = self.0.path().join("the.removit");
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(br#"{"kind":"intent","key":"0707"#).unwrap();
        true
    }
}

#[derive(Default)]
struct InMemory(MemoryJournal);

impl Subject for InMemory {
    type Journal = MemoryJournal;

    fn open(&mut self) -> Result<MemoryJournal, JournalError> {
        Ok(self.0.clone())
    }
}

#[test]
fn the_file_keeps_all_rules() {
    check(|| OnDisk(tempfile::tempdir().unwrap())).unwrap();
}

#[test]
fn the_one_in_memory_keeps_all_rules() {
    check(InMemory::default).unwrap();
}

/// How a journal is broken.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// What an owner stored last goes with it.
    ForgetsTheLast,
    /// No intent is ever taken.
    SharesIntents,
    /// An attempt after another one is taken, whoever made that.
    TakesByKeyAlone,
    /// A taken intent is stored all the same.
    StoresTheTaken,
    /// A taken intent takes with it what it came with.
    DropsTheOthers,
    /// Looks first and stores then, and lets others come between.
    LooksFirst,
    /// Of several records the first is stored.
    StoresOne,
    /// Newer records come first.
    TurnsRound,
    /// Records of a kind that it does not know are dropped.
    KnowsFewKinds,
    /// Loads what was there when it was opened.
    LoadsOnce,
}

#[derive(Clone)]
struct Broken {
    records: Arc<Mutex<Vec<Record>>>,
    fault: Fault,
    /// What an owner has not stored yet.
    held: Vec<Record>,
    opened_with: Vec<Record>,
    /// How often each input was looked at.
    looks: Arc<(Mutex<BTreeMap<InputKey, u32>>, Condvar)>,
}

/// For what should come at once.
const PATIENCE: Duration = Duration::from_secs(60);

fn intent_of(record: &Record) -> Option<Intent> {
    match record {
        Record::Intent(intent) => Some(intent.clone()),
        _ => None,
    }
}

impl Broken {
    fn taken(&self, there: &[Record], new: &[Record]) -> Vec<Intent> {
        let by_key = self.fault == Fault::TakesByKeyAlone;
        let is_same = |one: &Intent, other: &Intent| {
            one.key == other.key && (by_key || one.attempt == other.attempt)
        };
        let there: Vec<_> = there.iter().filter_map(intent_of).collect();
        let is_there = |new: &Intent| there.iter().any(|there| is_same(there, new));
        match self.fault {
            Fault::SharesIntents => Vec::new(),
            _ => new.iter().filter_map(intent_of).filter(is_there).collect(),
        }
    }
}

impl Broken {
    /// Where owners race: waits until another one has looked at the same, too.
    fn wait_for_another_look(&self, new: &[Record]) {
        let (looks, more) = &*self.looks;
        let mut looks = looks.lock().unwrap();
        for intent in new.iter().filter_map(intent_of) {
            *looks.entry(intent.key).or_default() += 1;
            more.notify_all();
            // One owner after another is no race: the subject and two owners have the records then.
            if Arc::strong_count(&self.records) > 3 {
                let alone = |looks: &mut BTreeMap<_, u32>| looks[&intent.key] < 2;
                looks = more.wait_timeout_while(looks, PATIENCE, alone).unwrap().0;
            }
        }
    }
}

impl Journal for Broken {
    fn load(&mut self) -> Result<Replay, JournalError> {
        let mut records = self.records.lock().unwrap().clone();
        match self.fault {
            Fault::TurnsRound => records.reverse(),
            Fault::KnowsFewKinds => records.retain(|record| !matches!(record, Record::Status(_))),
            Fault::LoadsOnce => records.clone_from(&self.opened_with),
            _ => {}
        }
        let mut replay = Replay::default();
        records.into_iter().for_each(|record| replay.apply(record));
        Ok(replay)
    }

    fn store(&mut self, new: &[Record]) -> Result<Stored, JournalError> {
        let mut there = self.records.lock().unwrap();
        let taken = self.taken(&there, new);
        if self.fault == Fault::LooksFirst && taken.is_empty() {
            drop(there);
            self.wait_for_another_look(new);
            there = self.records.lock().unwrap();
        }
        let stores_taken = self.fault == Fault::StoresTheTaken;
        let is_free = |record: &Record| intent_of(record).is_none_or(|of| !taken.contains(&of));
        let mut new: Vec<_> =
            new.iter().filter(|new| stores_taken || is_free(new)).cloned().collect();
        match self.fault {
            Fault::ForgetsTheLast => std::mem::swap(&mut new, &mut self.held),
            Fault::StoresOne => new.truncate(1),
            Fault::DropsTheOthers if !taken.is_empty() => new.clear(),
            _ => {}
        }
        there.append(&mut new);
        Ok(Stored::but(taken))
    }
}

struct Breaking(Broken);

impl Subject for Breaking {
    type Journal = Broken;

    fn open(&mut self) -> Result<Broken, JournalError> {
        let mut opened = self.0.clone();
        opened.opened_with = self.0.records.lock().unwrap().clone();
        Ok(opened)
    }
}

#[track_caller]
fn is_noticed(fault: Fault, rule: &str) {
    let new = || {
        let (held, opened_with) = (Vec::new(), Vec::new());
        let (records, looks) = Default::default();
        Breaking(Broken { records, fault, held, opened_with, looks })
    };
    let findings = check(new).expect_err("a broken journal");
    assert!(findings.all().iter().any(|finding| finding.rule == rule), "{findings}");
    assert!(findings.to_string().contains(rule));
    assert_eq!(format!("{findings:?}"), findings.to_string(), "where a test unwraps them");
}

#[test]
fn a_journal_that_forgets_is_noticed() {
    is_noticed(Fault::ForgetsTheLast, "an intent outlives its owner");
    is_noticed(Fault::StoresOne, "what is stored with a vital record outlives its owner");
    is_noticed(Fault::KnowsFewKinds, "every kind of record comes back as it was stored");
    is_noticed(Fault::LoadsOnce, "an owner loads what it stored itself");
}

#[test]
fn a_journal_that_turns_records_round_is_noticed() {
    is_noticed(Fault::TurnsRound, "many records come back in their order");
}

#[test]
fn a_journal_that_lets_two_owners_pay_is_noticed() {
    is_noticed(Fault::SharesIntents, "of two owners one has an intent");
    is_noticed(Fault::SharesIntents, "an intent of an owner that died is still there");
    is_noticed(Fault::LooksFirst, "owners that race share the photos among them");
}

#[test]
fn a_journal_that_keeps_an_owner_from_going_on_is_noticed() {
    is_noticed(Fault::TakesByKeyAlone, "the next owner counts its attempts on");
    is_noticed(Fault::TakesByKeyAlone, "who knows of an attempt may make the next");
}

#[test]
fn a_journal_that_does_the_wrong_thing_with_a_taken_intent_is_noticed() {
    is_noticed(Fault::StoresTheTaken, "a taken intent leaves the other one's as it is");
    is_noticed(Fault::DropsTheOthers, "what is stored beside a taken intent is there");
}

#[test]
fn a_journal_that_cannot_be_used_breaks_every_rule() {
    struct Closed;
    impl Subject for Closed {
        type Journal = MemoryJournal;

        fn open(&mut self) -> Result<MemoryJournal, JournalError> {
            Err(JournalError::other("no such table", &[]))
        }
    }
    let findings = check(|| Closed).unwrap_err();
    assert!(findings.all().iter().all(|finding| finding.detail.contains("no such table")));
    assert_eq!(findings.all().len(), 17, "each of the rules");
}

#[test]
fn a_journal_is_torn_only_where_that_can_happen() {
    assert!(!InMemory::default().tear());
}

/// In memory, and unusable once a record is torn.
#[derive(Default)]
struct Brittle(MemoryJournal, bool);

impl Subject for Brittle {
    type Journal = MemoryJournal;

    fn open(&mut self) -> Result<MemoryJournal, JournalError> {
        if self.1 { Err(JournalError::other("a torn line", &[])) } else { Ok(self.0.clone()) }
    }

    fn tear(&mut self) -> bool {
        self.1 = true;
        true
    }
}

#[test]
fn a_journal_that_a_torn_record_ends_is_noticed() {
    let findings = check(Brittle::default).unwrap_err();
    let rules: Vec<_> = findings.all().iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["after a torn record the journal goes on"]);
}
