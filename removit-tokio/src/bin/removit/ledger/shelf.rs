//! The ledger's folder: which journals are in it, and of which catalogues it knows.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use memchr::memmem;
use removit_blocking::files::take_turn;
use removit_tokio::JournalFile;
use removit_tokio::proto::journal::{Entry, JournalPath, Replay};
use removit_tokio::proto::{ContentHash, InputKey, JobId};

use super::folder;
use crate::folders;

/// The file with the places of the catalogues' journals, one JSON string a line.
const CATALOGUES: &str = "catalogues";

/// The ending of a photo's journal.
const JOURNAL: &str = "journal";

/// How often the turn is asked for: a second minute of it means that something hangs.
const TURN_TRIES: u32 = 1200;
const TURN_PAUSE: Duration = Duration::from_millis(50);

/// Held while it is said what is sent.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Turn(#[expect(dead_code, reason = "its lock is held")] std::fs::File);

/// The ledger of one API.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    folder: PathBuf,
}

impl Ledger {
    /// The ledger for an API, whether it is there yet or not.
    ///
    /// # Errors
    /// Where the user has no folder for such things.
    pub(crate) fn of(api: &str) -> Result<Self, String> {
        Ok(Self { folder: folders::state()?.join(folder::name(api)) })
    }

    /// Makes its folder, for its owner alone.
    pub(crate) fn make(&self) -> std::io::Result<()> {
        folder::make(&self.folder)
    }

    /// The journal of one photo with its options.
    pub(crate) fn journal(&self, key: &InputKey) -> PathBuf {
        self.folder.join(format!("{key}.{JOURNAL}"))
    }

    /// The turn to say what is sent: whoever has it sees what all others are about to
    /// send, and says so himself before the next. `None` where it cannot be had, and so
    /// is had by nobody.
    pub(crate) async fn turn(&self) -> Option<Turn> {
        self.make().ok()?;
        let path = self.folder.join("turn");
        for _ in 0..TURN_TRIES {
            match take_turn(&path) {
                Ok(Some(file)) => return Some(Turn(file)),
                Ok(None) => tokio::time::sleep(TURN_PAUSE).await,
                Err(_) => return None,
            }
        }
        None
    }

    /// What is known of one photo that was processed alone.
    pub(crate) fn replay(&self, key: &InputKey) -> Option<Replay> {
        Some(JournalFile::read(self.journal(key)).ok()?.replay)
    }

    /// The journal that has this job, where a photo alone made it or it was waited for,
    /// and what the job is known by in it.
    pub(crate) fn of_job(&self, job_id: &JobId) -> Option<(PathBuf, InputKey)> {
        // As JSON writes it.
        let text = serde_json::to_string(job_id).ok()?;
        self.journals().into_iter().filter(|path| mentions(path, &text)).find_map(|path| {
            let replay = JournalFile::read(&path).ok()?.replay;
            let has = |entry: &&Entry| entry.jobs().iter().any(|job| job.id() == job_id);
            let key = *replay.entries().iter().find(has)?.key();
            Some((path, key))
        })
    }

    /// All results of photos that were processed alone.
    pub(crate) fn results(&self) -> Vec<PathBuf> {
        let replays = self.journals().into_iter().filter_map(|path| JournalFile::read(path).ok());
        replays.flat_map(|journal| results_of(&journal.replay)).collect()
    }

    /// The journals of all photos that were processed alone.
    pub(super) fn journals(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == JOURNAL)).collect()
    }

    /// The journals of catalogues that are still where they were.
    pub(crate) fn catalogues(&self) -> Vec<PathBuf> {
        let text = std::fs::read(self.folder.join(CATALOGUES)).unwrap_or_default();
        let lines = text.split(|byte| *byte == b'\n');
        let paths = lines.filter_map(|line| serde_json::from_slice::<JournalPath>(line).ok());
        let mut paths: Vec<_> = paths.filter_map(|path| path.to_path()).collect();
        paths.sort();
        paths.dedup();
        paths.retain(|path| path.is_file());
        paths
    }

    /// Remembers where a catalogue's journal is.
    pub(crate) fn note(&self, journal: &Path) -> std::io::Result<()> {
        let path = std::path::absolute(journal)?;
        if self.catalogues().contains(&path) {
            return Ok(());
        }
        self.make()?;
        let line = serde_json::to_string(&JournalPath::new(&path))?;
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.create(true).append(true).open(self.folder.join(CATALOGUES))?;
        // One write: two processes at once write two lines.
        file.write_all(format!("{line}\n").as_bytes())
    }
}

/// What a job is known by that no photo is known of.
pub(crate) fn key_of_job(job_id: &JobId) -> InputKey {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(format!("removit job id\n{job_id}").as_bytes());
    InputKey::new(ContentHash::new(hash.into()))
}

/// Where the results of earlier runs are: no photos to pay for.
pub(crate) fn results_of(replay: &Replay) -> Vec<PathBuf> {
    let saved = replay.entries().iter().flat_map(Entry::saved);
    saved.filter_map(|saved| saved.path.to_path()).collect()
}

/// Whether a file has this text in it.
pub(super) fn mentions(path: &Path, text: &str) -> bool {
    std::fs::read(path).is_ok_and(|bytes| memmem::find(&bytes, text.as_bytes()).is_some())
}

#[cfg(test)]
mod tests;
