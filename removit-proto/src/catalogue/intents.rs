//! The intents of a job's uploads that may still turn out to have made a job.
//!
//! Each attempt has one, by the number that the machine gave it. What was rejected or
//! not sent is settled, and its intent forgotten.

use crate::journal::Intent;

#[derive(Debug, Default)]
pub(super) struct Intents {
    /// Of the attempt that comes next or is under way.
    newest: Option<(u32, Intent)>,
    /// Of attempts that ended ambiguous: their acceptance may come late.
    ambiguous: Vec<(u32, Intent)>,
}

impl Intents {
    pub(super) fn begin(&mut self, attempt: u32, intent: Intent) {
        self.newest = Some((attempt, intent));
    }

    /// The intent of the newest attempt, which made no job that is known.
    pub(super) fn not_accepted(&mut self, is_ambiguous: bool) -> Option<Intent> {
        let (attempt, intent) = self.newest.take()?;
        if is_ambiguous {
            self.ambiguous.push((attempt, intent.clone()));
        }
        Some(intent)
    }

    /// The intent of an attempt that made a job.
    pub(super) fn accepted(&mut self, attempt: u32) -> Option<Intent> {
        if let Some((_, intent)) = self.newest.take_if(|(newest, _)| *newest == attempt) {
            return Some(intent);
        }
        let at = self.ambiguous.iter().position(|(earlier, _)| *earlier == attempt)?;
        Some(self.ambiguous.swap_remove(at).1)
    }
}
