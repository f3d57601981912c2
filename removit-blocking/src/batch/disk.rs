//! The part of a batch that touches files: the journal, half results, final names.
//!
//! It decides nothing. Everything here may block, so that the async adapter calls
//! it on threads of its own.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use removit_proto::journal::{Record, Saved as SavedRecord, WallTime};
use removit_proto::{Downloaded, InputKey, JobNumber, Receipt, TransportFailure};
use tempfile::NamedTempFile;

use super::books::SharedReplay;
use super::input::{BatchInput, Origin};
use super::lock;
use crate::files::Placing;
use crate::{Destination, Error, Journal, JournalError, SaveError};

/// What is to be done on disk, in order.
#[derive(Debug)]
pub enum Chore {
    /// A record, and what its job waits for.
    Store(Box<Record>, Option<Receipt>),
    /// A result that is whole gets its names.
    Keep(Box<Keep>),
    /// No further result of these inputs comes, and none of this job.
    Forget(Option<JobNumber>, Vec<usize>),
}

/// A whole result and where it belongs.
#[derive(Debug)]
pub struct Keep {
    pub(super) job: JobNumber,
    pub(super) result: usize,
    /// Whether the job has no other result.
    pub(super) is_only: bool,
    pub(super) variation: Option<String>,
    pub(super) fetched: Downloaded,
    pub(super) key: Option<InputKey>,
    /// By input; each has a destination. The file is in the first one's folder.
    pub(super) places: Vec<(usize, u32, Destination)>,
}

/// What became of chores.
#[derive(Debug, Default)]
pub struct Outcomes {
    pub(super) kept: Vec<Kept>,
    /// What is stored, or need not be waited for any more.
    pub(super) receipts: Vec<Receipt>,
    /// Of intents that another owner of the journal has.
    pub(super) taken: Vec<Receipt>,
    pub(super) trouble: Option<JournalError>,
}

/// A result under its final name, or the reason why not.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) job: JobNumber,
    pub(super) input: usize,
    pub(super) variation: Option<String>,
    pub(super) end: Result<PathBuf, SaveError>,
    pub(super) record: Option<SavedRecord>,
}

/// An input that was looked at on disk.
#[derive(Debug)]
pub struct Inspected {
    pub(super) input: BatchInput,
    /// Why it cannot be processed.
    pub(super) refused: Option<Error>,
    /// The results that an earlier run saved and that are still there, whole.
    pub(super) there: Vec<(Option<String>, PathBuf)>,
}

/// The files of one batch.
#[derive(Default)]
pub struct Disk {
    journal: Option<Box<dyn Journal>>,
    /// Records that a full disk refused.
    backlog: Vec<Record>,
    parts: HashMap<(JobNumber, usize), NamedTempFile>,
    placings: HashMap<usize, Placing>,
    /// What the half files bear in their names, by the journal; empty without one.
    mark: String,
    /// The folders in which no killed run's half files are left.
    swept: HashSet<PathBuf>,
    /// The folders that take files.
    tried: HashSet<PathBuf>,
}

impl Disk {
    /// With a journal, or without.
    #[must_use]
    pub fn new(journal: Option<Box<dyn Journal>>) -> Self {
        // Nobody else has the journal, so that nobody works on what bears its mark.
        let mark = journal.as_ref().and_then(Journal::mark).unwrap_or_default();
        Self { journal, mark, ..Self::default() }
    }

    /// Finds out what an input is and what is in its way.
    #[must_use]
    pub fn inspect(&mut self, mut input: BatchInput, replay: Option<&SharedReplay>) -> Inspected {
        let mut refused = None;
        if let (Some(_), None, Origin::Photo(photo)) = (&self.journal, &input.key, &input.origin) {
            match photo.key() {
                Ok(key) => input.key = Some(key),
                Err(error) => refused = Some(Error::Photo(error)),
            }
        }
        let entry = replay.and_then(|replay| lock(replay).entry(input.key.as_ref()?).cloned());
        let mut there = Vec::new();
        if let Some(entry) = &entry {
            let own = input.place_in(entry);
            let saved = entry.saved().iter().filter(|saved| Some(saved.place) == own);
            for saved in saved {
                there.extend(whole_file(saved).map(|path| (saved.variation.clone(), path)));
            }
        }
        // Before the job is paid for. An accepted one comes too late for it.
        let is_new = matches!(input.origin, Origin::Photo(_))
            && entry.as_ref().is_none_or(|entry| entry.jobs().is_empty());
        if let (Some(destination), true, None) = (&input.destination, is_new, &refused) {
            let tried = Placing::prepare_once(destination, &mut self.tried);
            refused = tried.err().map(Error::NoPlace);
        }
        Inspected { input, refused, there }
    }

    /// A file for a result to be written to, emptied by each attempt.
    ///
    /// # Errors
    /// [`TransportFailure`], as of any file that cannot be written.
    pub fn part(
        &mut self,
        (job, result): (JobNumber, usize),
        (input, destination): (usize, &Destination),
    ) -> Result<File, TransportFailure> {
        let sink = |error: &dyn fmt::Display| TransportFailure::sink(error.to_string());
        if let Some(part) = self.parts.get(&(job, result)) {
            return part.as_file().try_clone().map_err(|error| sink(&error));
        }
        let placing = self.placing(input, destination).map_err(|error| sink(&error))?;
        let (part, handle) = placing.temporary().map_err(|error| sink(&error))?;
        self.parts.insert((job, result), part);
        Ok(handle)
    }

    /// Does the chores; records go to the disk in one write.
    #[must_use]
    pub fn run(&mut self, chores: Vec<Chore>, now: WallTime) -> Outcomes {
        let mut outcomes = Outcomes::default();
        let mut records = std::mem::take(&mut self.backlog);
        let mut intents = Vec::new();
        for chore in chores {
            match chore {
                Chore::Keep(keep) => outcomes.kept.extend(self.keep(*keep, now)),
                Chore::Forget(job, inputs) => {
                    // What was fetched in part goes with the job.
                    self.parts.retain(|(of, _), _| Some(*of) != job);
                    inputs.iter().for_each(|input| {
                        self.placings.remove(input);
                    });
                }
                Chore::Store(record, receipt) => {
                    if let (Record::Intent(intent), Some(receipt)) = (&*record, receipt) {
                        intents.push((intent.clone(), receipt));
                    }
                    outcomes.receipts.extend(receipt);
                    records.push(*record);
                }
            }
        }
        let saved = outcomes.kept.iter().filter_map(|kept| kept.record.clone());
        records.extend(saved.map(Record::Saved));
        let Some(journal) = self.journal.as_mut().filter(|_| !records.is_empty()) else {
            return outcomes;
        };
        match journal.store(&records) {
            Ok(stored) => {
                let taken = intents.iter().filter(|(intent, _)| stored.taken.contains(intent));
                outcomes.taken = taken.map(|(_, receipt)| *receipt).collect();
                outcomes.receipts.retain(|receipt| !outcomes.taken.contains(receipt));
            }
            Err(error) => {
                // No upload follows. What is paid for goes on without its record; the
                // error names it.
                records.retain(|record| !matches!(record, Record::Intent(_)));
                self.backlog = records;
                outcomes.trouble = Some(error);
            }
        }
        outcomes
    }

    fn keep(&mut self, keep: Keep, now: WallTime) -> Vec<Kept> {
        let Keep { job, result, is_only, variation, fetched, key, places } = keep;
        let mut part = self.parts.remove(&(job, result));
        let mut first: Option<PathBuf> = None;
        let mut kept = Vec::with_capacity(places.len());
        for (input, place, destination) in places {
            let saved = self.placing(input, &destination).and_then(|placing| {
                let file = match (part.take(), &first) {
                    (Some(part), _) => part,
                    (None, Some(first)) => copy_of(first, placing)?,
                    (None, None) => return Err(gone(&destination)),
                };
                placing.keep_or_reuse(file, is_only, variation.as_deref(), &fetched)
            });
            let record = match (&saved, key) {
                (Ok(saved), Some(key)) => {
                    let path = crate::files::absolute(&saved.path);
                    let mut record = SavedRecord::new(now, key, path, saved.len);
                    record.variation.clone_from(&variation);
                    record.place = place;
                    Some(record)
                }
                _ => None,
            };
            let end = saved.map(|saved| saved.path);
            if let (None, Ok(path)) = (&first, &end) {
                first = Some(path.clone());
            }
            kept.push(Kept { job, input, variation: variation.clone(), end, record });
        }
        kept
    }

    fn placing(
        &mut self,
        input: usize,
        destination: &Destination,
    ) -> Result<&mut Placing, SaveError> {
        use std::collections::hash_map::Entry;
        match self.placings.entry(input) {
            Entry::Occupied(there) => Ok(there.into_mut()),
            Entry::Vacant(free) => {
                let is_new = |folder: &Path| self.swept.insert(folder.to_path_buf());
                Ok(free.insert(Placing::open(destination)?.marked(&self.mark, is_new)))
            }
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("has_journal", &self.journal.is_some()).finish_non_exhaustive()
    }
}

/// The file of a result that was saved, where it is still there and whole.
#[must_use]
pub fn whole_file(saved: &SavedRecord) -> Option<PathBuf> {
    let is_whole = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() == saved.len)
    };
    saved.path.to_path().filter(is_whole)
}

fn copy_of(from: &Path, placing: &Placing) -> Result<NamedTempFile, SaveError> {
    let (file, mut to) = placing.temporary()?;
    let failed = |error| SaveError::File { path: from.to_path_buf(), error };
    let mut from = File::open(from).map_err(failed)?;
    io::copy(&mut from, &mut to).map_err(failed)?;
    Ok(file)
}

fn gone(destination: &Destination) -> SaveError {
    let path = crate::files::path_of(destination).to_path_buf();
    SaveError::File { path, error: io::ErrorKind::NotFound.into() }
}
