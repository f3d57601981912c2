//! What became of a catalogue's effects, gathered while they are carried out.
//!
//! Holds the records of one round, so that they go to the journal in one write, and
//! knows what that write means for the jobs that wait for it.

use super::effect::Keep;
use crate::batch::{JobNumber, Receipt};
use crate::journal::{Intent, JournalPath, Record, Saved, WallTime};
use crate::transport::time::Instant;

/// The outcomes of one round of effects.
///
/// What nobody says of them is taken as not done: records count as stored only after
/// [`stored`](Self::stored).
///
/// `F` is the driver's word for a file under its final name, `E` its reason why there is
/// none.
#[derive(Debug)]
#[must_use = "the jobs go on only when the outcomes are handed back"]
pub struct Outcomes<F, E> {
    records: Vec<Record>,
    receipts: Vec<Receipt>,
    intents: Vec<(Intent, Receipt)>,
    pub(super) kept: Vec<Kept<F, E>>,
    /// The intents that another owner of the journal has; `None` where nothing is stored.
    taken: Option<Vec<Intent>>,
}

/// A result under its final name, or the reason why not.
#[derive(Debug)]
pub(super) struct Kept<F, E> {
    pub(super) job: JobNumber,
    pub(super) input: usize,
    pub(super) variation: Option<String>,
    pub(super) end: Result<F, E>,
    pub(super) record: Option<Saved>,
}

/// What the outcomes mean for the journal.
pub(super) struct Written {
    /// Of what is stored, or need not be waited for any more.
    pub(super) receipts: Vec<Receipt>,
    /// Of intents that another owner has.
    pub(super) taken: Vec<Receipt>,
    /// Records that could not be stored, and are not out of date.
    pub(super) backlog: Vec<Record>,
    pub(super) is_stored: bool,
}

impl<F, E> Outcomes<F, E> {
    /// Nothing was done yet.
    pub const fn new() -> Self {
        Self {
            records: Vec::new(),
            receipts: Vec::new(),
            intents: Vec::new(),
            kept: Vec::new(),
            taken: None,
        }
    }

    /// Takes up the record of an [`Effect::Store`](super::Effect::Store).
    pub fn store(&mut self, record: Record, receipt: Option<Receipt>) {
        if let (Record::Intent(intent), Some(receipt)) = (&record, receipt) {
            self.intents.push((intent.clone(), receipt));
        }
        self.receipts.extend(receipt);
        self.records.push(record);
    }

    /// The result has its final name for this input, as this file, which the journal is
    /// to know by this path.
    pub fn kept(&mut self, now: Instant, keep: &Keep, input: usize, path: JournalPath, file: F) {
        let record = keep.saved(WallTime::from_unix(now.since_origin()), input, path);
        self.records.extend(record.clone().map(Record::Saved));
        self.end(keep, input, Ok(file), record);
    }

    /// The result has no name for this input.
    pub fn not_kept(&mut self, keep: &Keep, input: usize, error: E) {
        self.end(keep, input, Err(error), None);
    }

    fn end(&mut self, keep: &Keep, input: usize, end: Result<F, E>, record: Option<Saved>) {
        let variation = keep.variation.clone();
        self.kept.push(Kept { job: keep.job, input, variation, end, record });
    }

    /// The records to write, in their order; those of one round belong into one write,
    /// on disk before [`stored`](Self::stored) is called.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The records are there, but for intents that another owner of the journal has, if
    /// many share it. Where this is not called no further photo is sent.
    pub fn stored(&mut self, taken: &[Intent]) {
        self.taken = Some(taken.to_vec());
    }

    /// The results that were kept or not, and what the journal has by now.
    pub(super) fn into_parts(self) -> (Vec<Kept<F, E>>, Written) {
        let Self { mut records, mut receipts, intents, kept, taken } = self;
        let is_stored = taken.is_some() || records.is_empty();
        let of_others = taken.unwrap_or_default();
        let taken: Vec<_> = intents
            .iter()
            .filter(|(intent, _)| of_others.contains(intent))
            .map(|(_, receipt)| *receipt)
            .collect();
        receipts.retain(|receipt| !taken.contains(receipt));
        if is_stored {
            records.clear();
        }
        // No upload follows an intent that is not stored.
        records.retain(|record| !matches!(record, Record::Intent(_)));
        (kept, Written { receipts, taken, backlog: records, is_stored })
    }
}

impl<F, E> Default for Outcomes<F, E> {
    fn default() -> Self {
        Self::new()
    }
}
