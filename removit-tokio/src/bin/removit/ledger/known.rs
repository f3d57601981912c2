//! What other journals know of a photo: it is not paid for again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use removit_blocking::files::is_at_work;
use removit_tokio::JournalFile;
use removit_tokio::proto::InputKey;
use removit_tokio::proto::journal::{
    Accepted, Entry, Intent, Need, Question, Record, Replay, Saved, WallTime,
};

use super::shelf::{Ledger, mentions, results_of};

/// The journals beside the own one.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    ledger: Option<Ledger>,
    own: Option<PathBuf>,
    /// Where many photos are asked for, all of them are read at once.
    many: bool,
    catalogues: Vec<Catalogue>,
    /// The journals of photos that were processed alone: most photos have none.
    alone: HashSet<PathBuf>,
}

/// The journal of another catalogue.
#[derive(Debug)]
struct Catalogue {
    path: PathBuf,
    /// How long it was when it was read.
    len: u64,
    /// `None` where it is read only if it names the photo.
    replay: Option<Replay>,
}

impl Elsewhere {
    /// Knows nothing.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// All but the own journal; `many` where more than one photo is asked for.
    pub(crate) fn new(ledger: Option<&Ledger>, own: Option<&Path>, many: bool) -> Self {
        let own = own.and_then(|own| std::path::absolute(own).ok());
        let mut elsewhere = Self { ledger: ledger.cloned(), own, many, ..Self::default() };
        elsewhere.refresh();
        elsewhere
    }

    /// Reads what was written since.
    pub(crate) fn refresh(&mut self) {
        let journals = self.ledger.as_ref().map(Ledger::journals).unwrap_or_default();
        self.alone = journals.into_iter().collect();
        let mut known = std::mem::take(&mut self.catalogues);
        let paths = self.ledger.as_ref().map(Ledger::catalogues).unwrap_or_default();
        for path in paths.into_iter().filter(|path| Some(path) != self.own.as_ref()) {
            let len = std::fs::metadata(&path).map_or(0, |there| there.len());
            let is_same = |known: &Catalogue| known.path == path && known.len == len;
            let catalogue = match known.iter().position(is_same) {
                Some(at) => known.swap_remove(at),
                None => {
                    let read = || Some(JournalFile::read(&path).ok()?.replay);
                    let replay = self.many.then(read).flatten();
                    Catalogue { path, len, replay }
                }
            };
            self.catalogues.push(catalogue);
        }
    }

    /// All results that other journals know of, where many photos are asked for.
    pub(crate) fn results(&self) -> Vec<PathBuf> {
        let alone = self.ledger.as_ref().map(Ledger::results).unwrap_or_default();
        let replays = self.catalogues.iter().filter_map(|other| other.replay.as_ref());
        replays.flat_map(results_of).chain(alone).collect()
    }

    /// What is known of a photo: of a paid job first, or else that there may be one.
    pub(crate) fn entry(&self, key: &InputKey) -> Option<Entry> {
        let found = self.entries(key).into_iter().map(|(_, entry)| entry);
        let rank = |entry: &Entry| match entry.need() {
            Need::Operator(Question::Ambiguous) => 2,
            Need::Operator(_) => 1,
            _ => 0,
        };
        found.filter(|entry| entry.need() != Need::Send).min_by_key(rank)
    }

    /// The results of a photo that other journals know of.
    pub(crate) fn saved(&self, key: &InputKey) -> Vec<Saved> {
        self.entries(key).iter().flat_map(|(_, entry)| entry.saved().to_vec()).collect()
    }

    /// The journal of a process that is about to send a photo, or does so just now.
    pub(crate) fn sender(&self, key: &InputKey) -> Option<PathBuf> {
        let mut senders = self.entries(key).into_iter().filter(|(_, entry)| {
            matches!(entry.need(), Need::Send | Need::Operator(Question::Ambiguous))
        });
        senders.find(|(path, _)| is_at_work(path)).map(|(path, _)| path)
    }

    fn entries(&self, key: &InputKey) -> Vec<(PathBuf, Entry)> {
        let alone = self.ledger.as_ref().and_then(|ledger| {
            let path = ledger.journal(key);
            let is_other = self.alone.contains(&path) && self.own.as_ref() != Some(&path);
            let entry = is_other.then(|| ledger.replay(key)?.entry(key).cloned()).flatten()?;
            Some((path, entry))
        });
        let text = key.to_string();
        let others = self.catalogues.iter().filter_map(|other| {
            let entry = match &other.replay {
                Some(replay) => replay.entry(key).cloned(),
                None if self.many || !mentions(&other.path, &text) => None,
                None => JournalFile::read(&other.path).ok()?.replay.entry(key).cloned(),
            };
            Some((other.path.clone(), entry?))
        });
        alone.into_iter().chain(others).collect()
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
