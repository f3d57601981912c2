//! What became of a catalogue's effects, and what may go on by that.

use super::end::Missing;
use super::intents::Intents;
use super::machine::Catalogue;
use super::outcomes::{Kept, Outcomes, Written};
use crate::batch::JobNumber;
use crate::journal::Record;

impl<F, E> Catalogue<F, E> {
    /// Takes in what became of effects.
    pub fn carried_out(&mut self, outcomes: Outcomes<F, E>) {
        let (kept, written) = outcomes.into_parts();
        let Written { receipts, taken, backlog, is_stored } = written;
        // First: an intent that could not be written must not be followed. What is paid
        // for goes on without its record, which waits for the next ones.
        if !is_stored {
            self.machine.stop_uploading();
            self.backlog.extend(backlog);
        }
        for receipt in taken {
            self.leave_to_another(receipt.job());
        }
        for receipt in receipts {
            self.machine.stored(receipt);
        }
        for kept in kept {
            self.enter_kept(kept);
        }
    }

    fn enter_kept(&mut self, kept: Kept<F, E>) {
        let Kept { job, input, variation, end, record } = kept;
        if let Some(record) = record {
            self.apply(Record::Saved(record));
        }
        if let Some(input) = self.inputs.get_mut(&input) {
            match end {
                Ok(file) => input.there.push((variation, file)),
                Err(error) => input.missing.push((variation, Missing::Keep(error))),
            }
        }
        if let Some(book) = self.job_mut(job) {
            book.keeping = book.keeping.saturating_sub(1);
        }
        self.end_if_over(job);
    }

    /// Another owner of the journal has this job's intent: it is not sent here, and
    /// nothing is written that would speak of the other one's upload.
    fn leave_to_another(&mut self, job: JobNumber) {
        let Some(book) = self.job_mut(job) else { return };
        book.intents = Intents::default();
        let key = book.key;
        self.taken.extend(key);
        self.machine.cancel(job);
    }
}
