//! What a batch asks of a journal, wherever it is kept: a file, a database, memory.
//!
//! Which records there are and what they mean is the core's, [`removit_proto::journal`];
//! here is only how they get there, and that two owners never pay for one photo.

mod memory;

pub use memory::MemoryJournal;

use removit_proto::journal::{Intent, Record, Replay};

use crate::JournalError;

/// Where a batch writes down what must not be lost.
///
/// [`JournalFile`](crate::JournalFile) is one, [`MemoryJournal`] another; a table in a
/// database is made one in some forty lines. Feature `conformance` brings
/// `journal_suite`, which judges any of them. Its methods may block: the async adapter
/// calls them on threads of its own.
///
/// # What it promises
/// - **Order.** Records come back in the order in which they were stored.
/// - **Durable where it counts.** Once [`store`](Self::store) has returned, whatever
///   crashes, each record is there that it was given, where one of them
///   [is vital](Record::is_vital): no upload leaves before its intent is stored. What
///   is stored without a vital one may be lost in a crash, but only from the end.
/// - **One intent, one owner.** A journal either has one owner at a time, or any number
///   of them, processes and machines. Then an intent of a key and attempt that is there
///   already is [taken](Stored::but): it is not stored, and its photo is not sent here.
///
/// # A table
/// One row a record: a number that grows, the record as
/// [`encode`](removit_proto::journal::encode) writes it, and for intents the key and the
/// attempt under a unique index. `INSERT … ON CONFLICT DO NOTHING` says by the count of
/// its rows whether an intent is taken. All records of one call go into one transaction.
/// Owners at work at the same time should have inputs of their own, or the same
/// destinations for them.
pub trait Journal: Send {
    /// What all of its records add up to, those of other owners too.
    ///
    /// # Errors
    /// Every [`JournalError`], also where records cannot be read: by what is missing, a
    /// photo might be paid for twice.
    fn load(&mut self) -> Result<Replay, JournalError>;

    /// Adds records at the end, all of them or none, but for intents that are taken.
    ///
    /// # Errors
    /// [`JournalError::NotStored`] or [`JournalError::Other`], with the records. Each of
    /// them counts as not stored, whatever became of it: no upload follows.
    fn store(&mut self, records: &[Record]) -> Result<Stored, JournalError>;

    /// A word for file names that is this journal's alone, where it has no other owner
    /// at the same time: half results bear it, and those of a killed process are cleared
    /// away by it.
    fn mark(&self) -> Option<String> {
        None
    }
}

/// What became of records that were to be stored.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
#[must_use = "an intent that is taken must not be followed"]
pub struct Stored {
    /// Intents that another owner has: they are not stored.
    pub taken: Vec<Intent>,
}

impl Stored {
    /// All records are there.
    pub const fn all() -> Self {
        Self { taken: Vec::new() }
    }

    /// All records are there but these intents, which another owner has.
    pub const fn but(taken: Vec<Intent>) -> Self {
        Self { taken }
    }
}

impl<J: Journal + ?Sized> Journal for Box<J> {
    fn load(&mut self) -> Result<Replay, JournalError> {
        (**self).load()
    }

    fn store(&mut self, records: &[Record]) -> Result<Stored, JournalError> {
        (**self).store(records)
    }

    fn mark(&self) -> Option<String> {
        (**self).mark()
    }
}

#[cfg(test)]
mod tests {
    use removit_proto::journal::{Header, WallTime};

    use super::*;

    /// Has a mark, and is otherwise one in memory.
    struct Marked(MemoryJournal);

    impl Journal for Marked {
        fn load(&mut self) -> Result<Replay, JournalError> {
            self.0.load()
        }

        fn store(&mut self, records: &[Record]) -> Result<Stored, JournalError> {
            self.0.store(records)
        }

        fn mark(&self) -> Option<String> {
            Some("marked-".to_owned())
        }
    }

    #[test]
    fn a_journal_that_says_nothing_of_it_has_no_mark() {
        assert_eq!(MemoryJournal::default().mark(), None);
    }

    #[test]
    fn a_journal_without_its_type_is_the_same_one() {
        let header = Header::new(WallTime::default(), "a test");
        let mut journal: Box<dyn Journal> = Box::new(Marked(MemoryJournal::default()));
        let stored = Journal::store(&mut journal, &[Record::Header(header.clone())]).unwrap();
        assert_eq!(stored, Stored::all());
        assert_eq!(Journal::load(&mut journal).unwrap().header(), Some(&header));
        assert_eq!(Journal::mark(&journal).as_deref(), Some("marked-"));
    }
}
