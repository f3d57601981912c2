//! What other journals know of a photo: it is not paid for again.

use std::path::{Path, PathBuf};

use removit_tokio::JournalFile;
use removit_tokio::proto::InputKey;
use removit_tokio::proto::journal::{
    Accepted, Entry, Intent, Need, Question, Record, Replay, WallTime,
};

use super::shelf::{Ledger, mentions, results_of};

/// The journals beside the own one.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    ledger: Option<Ledger>,
    own: Option<PathBuf>,
    catalogues: Vec<PathBuf>,
    /// Those that were read whole, because many photos are asked for.
    replays: Option<Vec<Replay>>,
}

impl Elsewhere {
    /// Knows nothing.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// All but the own journal; `many` where more than one photo is asked for.
    pub(crate) fn new(ledger: Option<&Ledger>, own: Option<&Path>, many: bool) -> Self {
        let own = own.and_then(|own| std::path::absolute(own).ok());
        let mut catalogues = ledger.map(Ledger::catalogues).unwrap_or_default();
        catalogues.retain(|path| Some(path) != own.as_ref());
        let read = |path: &PathBuf| Some(JournalFile::read(path).ok()?.replay);
        let replays = many.then(|| catalogues.iter().filter_map(read).collect());
        Self { ledger: ledger.cloned(), own, catalogues, replays }
    }

    /// All results that other journals know of, where many photos are asked for.
    pub(crate) fn results(&self) -> Vec<PathBuf> {
        let alone = self.ledger.as_ref().map(Ledger::results).unwrap_or_default();
        let replays = self.replays.iter().flatten();
        replays.flat_map(results_of).chain(alone).collect()
    }

    /// What is known of a photo: of a paid job first, or else that there may be one.
    pub(crate) fn entry(&self, key: &InputKey) -> Option<Entry> {
        let is_other = |ledger: &&Ledger| Some(ledger.journal(key)) != self.own;
        let ledger = self.ledger.as_ref().filter(is_other);
        let alone = ledger.and_then(|ledger| ledger.replay(key));
        let alone = alone.as_ref().and_then(|replay| replay.entry(key)).cloned();
        let mut found: Vec<_> = alone.into_iter().collect();
        match &self.replays {
            Some(replays) => {
                found.extend(replays.iter().filter_map(|replay| replay.entry(key)).cloned());
            }
            None => {
                let text = key.to_string();
                let paths = self.catalogues.iter().filter(|path| mentions(path, &text));
                let replays = paths.filter_map(|path| JournalFile::read(path).ok());
                found.extend(replays.filter_map(|journal| journal.replay.entry(key).cloned()));
            }
        }
        found.retain(|entry| entry.need() != Need::Send);
        let rank = |entry: &Entry| match entry.need() {
            Need::Operator(Question::Ambiguous) => 2,
            Need::Operator(_) => 1,
            _ => 0,
        };
        found.into_iter().min_by_key(rank)
    }
}

/// The records that tell another journal what this entry knows of jobs.
pub(crate) fn imported(entry: &Entry, at: WallTime) -> Vec<Record> {
    let last = entry.next_attempt().saturating_sub(1).max(1);
    let mut records = Vec::new();
    for job in entry.jobs() {
        let mut accepted = Accepted::new(job.accepted_at(), *entry.key(), job.id().clone(), last);
        accepted.salvaged = job.is_salvaged();
        accepted.earlier_ambiguous = job.earlier_ambiguous();
        records.push(Record::Accepted(accepted));
        records.extend(job.ended().cloned().map(Record::Ended));
    }
    if entry.jobs().is_empty() && entry.need() == Need::Operator(Question::Ambiguous) {
        records.push(Record::Intent(Intent::new(at, *entry.key(), last)));
        records.extend(entry.not_accepted().cloned().map(Record::NotAccepted));
    }
    records
}
