//! A journal that lives as long as somebody holds it: for tests, and for work that
//! nobody goes on with after this process.

use std::sync::{Arc, Mutex, MutexGuard};

use removit_proto::journal::{Record, Replay};

use super::{Journal, Stored};
use crate::JournalError;
use crate::lock::lock;

/// A journal in memory. Its clones are owners of the same one.
///
/// ```
/// use removit_blocking::proto::journal::{Intent, Record, WallTime};
/// use removit_blocking::{Journal, MemoryJournal, Photo};
///
/// let (mut one, mut other) = {
///     let journal = MemoryJournal::default();
///     (journal.clone(), journal)
/// };
/// let key = Photo::from_url("https://example.com/cup.jpg")?.key()?;
/// let intent = Intent::new(WallTime::default(), key, 1);
/// assert!(one.store(&[Record::Intent(intent.clone())])?.taken.is_empty());
/// // The other one must not send that photo.
/// assert_eq!(other.store(&[Record::Intent(intent.clone())])?.taken, [intent]);
/// assert_eq!(other.records().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    records: Arc<Mutex<Vec<Record>>>,
}

impl MemoryJournal {
    /// All of its records, in their order.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Record>> {
        // Nothing is half done in there.
        lock(&self.records)
    }
}

impl Journal for MemoryJournal {
    fn load(&mut self) -> Result<Replay, JournalError> {
        let mut replay = Replay::default();
        self.records().into_iter().for_each(|record| replay.apply(record));
        Ok(replay)
    }

    fn store(&mut self, records: &[Record]) -> Result<Stored, JournalError> {
        let mut there = self.lock();
        let mut taken = Vec::new();
        for record in records {
            match record {
                Record::Intent(intent) if is_there(&there, record) => taken.push(intent.clone()),
                record => there.push(record.clone()),
            }
        }
        Ok(Stored::but(taken))
    }
}

/// Whether there is an intent of the same key and attempt.
fn is_there(records: &[Record], new: &Record) -> bool {
    let Record::Intent(new) = new else { return false };
    records.iter().any(|record| {
        matches!(record, Record::Intent(there)
            if (there.key, there.attempt) == (new.key, new.attempt))
    })
}
