//! Judges a [`Journal`] of your own: what one may rely on who spends money by it.
//!
//! Every rule begins with an empty journal and knows it by the trait alone. What it
//! cannot see is whether the disk below keeps its word: a rule ends an owner by dropping
//! it, not by cutting the power.
//!
//! ```
//! use removit_blocking::journal_suite::{Subject, check};
//! use removit_blocking::{JournalError, MemoryJournal};
//!
//! /// Yours has a database, and `open` connects to it.
//! #[derive(Default)]
//! struct InMemory(MemoryJournal);
//!
//! impl Subject for InMemory {
//!     type Journal = MemoryJournal;
//!
//!     fn open(&mut self) -> Result<MemoryJournal, JournalError> {
//!         Ok(self.0.clone())
//!     }
//! }
//!
//! check(InMemory::default)?;
//! # Ok::<(), removit_blocking::journal_suite::Findings>(())
//! ```

mod crashes;
mod lines;
mod owners;
mod records;

use std::fmt;

use removit_proto::InputKey;
use removit_proto::journal::Replay;

use crate::{Journal, JournalError};

/// One journal, as the suite needs it.
pub trait Subject {
    /// What opens.
    type Journal: Journal + 'static;

    /// One more owner opens the journal, the first one an empty journal. It ends when it
    /// is dropped.
    ///
    /// # Errors
    /// Where a journal has one owner at a time and there is one; otherwise an error is a
    /// finding.
    fn open(&mut self) -> Result<Self::Journal, JournalError>;

    /// Leaves the journal, which nobody has open, as a crash leaves it in the middle of
    /// writing a record: with the beginning of an intent at its end. `false` where that
    /// cannot happen, as in a database.
    fn tear(&mut self) -> bool {
        false
    }
}

/// Holds a journal to all rules. `new` makes one that is empty, once for each of them.
///
/// # Errors
/// [`Findings`]: the rules that it breaks, and how each shows.
pub fn check<S: Subject>(mut new: impl FnMut() -> S) -> Result<(), Findings> {
    let mut findings = Vec::new();
    let groups: [&[Rule<S>]; 3] = [&records::rules(), &crashes::rules(), &owners::rules()];
    for rule in groups.into_iter().flatten() {
        if let Err(detail) = (rule.judge)(&mut new()) {
            findings.push(Finding { rule: rule.name, detail });
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(Findings(findings)) }
}

/// The rules that a journal breaks.
#[derive(Clone, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

/// A rule that a journal breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What every journal does.
    pub rule: &'static str,
    /// What this one did.
    pub detail: String,
}

impl Findings {
    /// Each of them.
    #[must_use]
    pub fn all(&self) -> &[Finding] {
        &self.0
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the journal breaks {} of the rules:", self.0.len())?;
        self.0.iter().try_for_each(|Finding { rule, detail }| write!(f, "\n  {rule}: {detail}"))
    }
}

/// As it is read where a test unwraps it.
impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Findings {}

/// What is wrong, where something is.
type Verdict = Result<(), String>;

struct Rule<S> {
    name: &'static str,
    judge: fn(&mut S) -> Verdict,
}

/// An error where none should be.
fn told<T>(what: &str, end: Result<T, JournalError>) -> Result<T, String> {
    end.map_err(|error| format!("{what} failed: {error}"))
}

fn open<S: Subject>(subject: &mut S) -> Result<S::Journal, String> {
    told("opening it", subject.open())
}

fn load(journal: &mut impl Journal) -> Result<Replay, String> {
    told("loading it", journal.load())
}

/// Stores records, of which none is to be taken.
fn store(
    journal: &mut impl Journal,
    records: &[removit_proto::journal::Record],
) -> Result<(), String> {
    match told("storing", journal.store(records))?.taken.as_slice() {
        [] => Ok(()),
        taken => Err(format!("nobody else has an intent, and {taken:?} are said to be taken")),
    }
}

fn same<T: PartialEq + fmt::Debug>(what: &str, found: &T, expected: &T) -> Verdict {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?} in place of {expected:?}"))
}

/// What an input needs, by a journal.
fn need(replay: &Replay, key: &InputKey) -> String {
    format!("{:?}", replay.need(key))
}
