//! The part of a batch that touches files: the journal, half results, final names.
//!
//! It decides nothing. Everything here may block, so that the async adapter calls
//! it on threads of its own.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use removit_proto::catalogue::{Effect, Item, Keep, Outcomes};
use removit_proto::journal::Entry;
use removit_proto::{InputKey, Instant, JobNumber, TransportFailure};
use tempfile::NamedTempFile;

use super::input::{BatchInput, Origin};
use crate::files::{Medium, Placing, platter, whole_file};
use crate::{Destination, Error, Journal, JournalError, SaveError};

/// What is to be done on disk, in order.
#[derive(Debug, Default)]
pub struct Effects {
    pub(super) all: Vec<Effect>,
    /// Where the results that are to be kept go, by input.
    pub(super) destinations: HashMap<usize, Destination>,
}

impl Effects {
    /// Whether there is nothing to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// What became of effects.
#[derive(Debug)]
pub struct Settled {
    pub(super) outcomes: Outcomes<PathBuf, SaveError>,
    pub(super) trouble: Option<JournalError>,
}

/// An input whose key is known, where it needs one.
#[derive(Debug)]
pub struct Keyed {
    input: BatchInput,
    item: Item,
    /// Why it cannot be processed.
    refused: Option<Error>,
}

impl Keyed {
    /// What the journal knows it by.
    #[must_use]
    pub const fn key(&self) -> Option<&InputKey> {
        self.item.key()
    }
}

/// An input that was looked at on disk.
#[derive(Debug)]
pub struct Inspected {
    pub(super) input: BatchInput,
    pub(super) item: Item,
    /// Why it cannot be processed.
    pub(super) refused: Option<Error>,
    /// The results that an earlier run saved and that are still there, whole.
    pub(super) there: Vec<(Option<String>, PathBuf)>,
}

/// The files of one batch.
pub struct Disk {
    medium: Arc<dyn Medium>,
    journal: Option<Box<dyn Journal>>,
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
        Self::on(journal, platter())
    }

    /// The same on this disk.
    pub(crate) fn on(journal: Option<Box<dyn Journal>>, medium: Arc<dyn Medium>) -> Self {
        // Nobody else has the journal, so that nobody works on what bears its mark.
        let mark = journal.as_ref().and_then(Journal::mark).unwrap_or_default();
        Self {
            medium,
            journal,
            parts: HashMap::new(),
            placings: HashMap::new(),
            mark,
            swept: HashSet::new(),
            tried: HashSet::new(),
        }
    }

    /// Finds out what an input is known by, where there is a journal.
    #[must_use]
    pub fn key(&self, mut input: BatchInput) -> Keyed {
        let mut refused = None;
        if let (Some(_), None, Origin::Photo(photo)) = (&self.journal, &input.key, &input.origin) {
            match photo.key() {
                Ok(key) => input.key = Some(key),
                Err(error) => refused = Some(Error::Photo(error)),
            }
        }
        Keyed { item: input.item(), input, refused }
    }

    /// Finds out what is there of an input, and what is in its way, by what the journal
    /// says of its key.
    #[must_use]
    pub fn inspect(&mut self, keyed: Keyed, entry: Option<&Entry>) -> Inspected {
        let Keyed { input, item, mut refused } = keyed;
        let there = item.there(entry, whole_file);
        // Before the job is paid for. An accepted one comes too late for it.
        let is_new = item.may_be_sent(entry);
        if let (Some(destination), true, None) = (&input.destination, is_new, &refused) {
            let tried = Placing::prepare_once(destination, &mut self.tried, &self.medium);
            refused = tried.err().map(Error::NoPlace);
        }
        Inspected { input, item, refused, there }
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

    /// Carries effects out; records go to the disk in one write.
    #[must_use]
    pub fn run(&mut self, effects: Effects, now: Instant) -> Settled {
        let mut outcomes = Outcomes::new();
        for effect in effects.all {
            match effect {
                Effect::Store(record, receipt) => outcomes.store(*record, receipt),
                Effect::Keep(keep) => self.keep(&keep, &effects.destinations, now, &mut outcomes),
                Effect::Forget { job, inputs } => {
                    // What was fetched in part goes with the job.
                    self.parts.retain(|(of, _), _| Some(*of) != job);
                    inputs.iter().for_each(|input| {
                        self.placings.remove(input);
                    });
                }
                Effect::DropPhoto(_) => {}
            }
        }
        let mut trouble = None;
        let is_to_be_written = !outcomes.records().is_empty();
        if let Some(journal) = self.journal.as_mut().filter(|_| is_to_be_written) {
            match journal.store(outcomes.records()) {
                Ok(stored) => outcomes.stored(&stored.taken),
                Err(error) => trouble = Some(error),
            }
        }
        Settled { outcomes, trouble }
    }

    fn keep(
        &mut self,
        keep: &Keep,
        destinations: &HashMap<usize, Destination>,
        now: Instant,
        outcomes: &mut Outcomes<PathBuf, SaveError>,
    ) {
        let mut part = self.parts.remove(&keep.part());
        let mut first: Option<PathBuf> = None;
        for input in keep.inputs() {
            // Each has one: it is not over.
            let Some(destination) = destinations.get(&input) else { continue };
            let saved = self.placing(input, destination).and_then(|placing| {
                let file = match (part.take(), &first) {
                    (Some(part), _) => part,
                    (None, Some(first)) => copy_of(first, placing)?,
                    (None, None) => return Err(gone(destination)),
                };
                placing.keep_or_reuse(file, keep.is_only(), keep.variation(), keep.fetched())
            });
            match saved {
                Ok(saved) => {
                    let path = crate::files::absolute(&saved.path);
                    first.get_or_insert_with(|| saved.path.clone());
                    outcomes.kept(now, keep, input, path, saved.path);
                }
                Err(error) => outcomes.not_kept(keep, input, error),
            }
        }
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
                let placing = Placing::open_on(destination, &self.medium)?;
                Ok(free.insert(placing.marked(&self.mark, is_new)))
            }
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("has_journal", &self.journal.is_some()).finish_non_exhaustive()
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryJournal;

    #[test]
    fn a_disk_is_shown_by_whether_it_has_a_journal() {
        let disk = Disk::new(Some(Box::new(MemoryJournal::default())));
        assert_eq!(format!("{disk:?}"), "Disk { has_journal: true, .. }");
    }
}
