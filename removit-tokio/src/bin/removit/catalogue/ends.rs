//! How the inputs of a run ended, and the exit code that follows.

use std::collections::BTreeMap;

use crate::exit::Exit;

/// Counts of a run.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// By what became of it, in the words of the JSON lines.
    pub(super) counts: BTreeMap<&'static str, u64>,
    exits: BTreeMap<u8, (Exit, u64)>,
    /// Inputs whose results are all on disk.
    pub(super) saved: u64,
    /// Inputs whose job is done, and whose results are not all on disk though they
    /// should be.
    pub(super) unsaved: u64,
    pub(super) files: u64,
    pub(super) by_earlier_runs: u64,
    pub(super) held: u64,
    /// Those that no run can do anything about.
    refused: u64,
}

impl Ends {
    pub(super) fn add(&mut self, outcome: &'static str, exit: Exit) {
        *self.counts.entry(outcome).or_default() += 1;
        self.exits.entry(exit as u8).or_insert((exit, 0)).1 += 1;
    }

    pub(super) fn refuse(&mut self, outcome: &'static str, exit: Exit) {
        self.refused += 1;
        self.add(outcome, exit);
    }

    pub(super) fn all(&self) -> u64 {
        self.counts.values().sum()
    }

    fn done(&self) -> u64 {
        self.exits.get(&(Exit::Done as u8)).map_or(0, |(_, count)| *count)
    }

    pub(super) fn failed(&self) -> u64 {
        self.all() - self.done()
    }

    /// Whether another run could bring more: a result that could not be saved is left,
    /// too, though its job is done.
    pub(super) fn is_something_left(&self) -> bool {
        self.held > 0 || self.all() > self.done() + self.refused
    }

    /// One exit code where all ended alike; an account or a key that ended the run
    /// says so.
    pub(super) fn exit(&self) -> Exit {
        for exit in [Exit::KeyRefused, Exit::NoCredits] {
            if self.exits.contains_key(&(exit as u8)) {
                return exit;
            }
        }
        let mut exits = self.exits.values();
        match (exits.next(), exits.next()) {
            (None, _) => Exit::Done,
            (Some((only, _)), None) => *only,
            _ => Exit::Mixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(exits: &[Exit]) -> Ends {
        let mut ends = Ends::default();
        exits.iter().for_each(|exit| ends.add("x", *exit));
        ends
    }

    #[test]
    fn one_code_where_all_ended_alike_and_3_otherwise() {
        assert_eq!(ends(&[]).exit(), Exit::Done);
        assert_eq!(ends(&[Exit::Done, Exit::Done]).exit(), Exit::Done);
        assert_eq!(ends(&[Exit::JobFailed, Exit::JobFailed]).exit(), Exit::JobFailed);
        assert_eq!(ends(&[Exit::Done, Exit::JobFailed]).exit(), Exit::Mixed);
        assert_eq!(ends(&[Exit::Done, Exit::NoCredits]).exit(), Exit::NoCredits);
        assert_eq!(ends(&[Exit::NoCredits, Exit::KeyRefused]).exit(), Exit::KeyRefused);
    }

    #[test]
    fn what_no_run_can_mend_is_not_left() {
        let mut ends = ends(&[Exit::Done]);
        assert!(!ends.is_something_left());
        ends.refuse("not_sent", Exit::Usage);
        assert!(!ends.is_something_left());
        assert_eq!((ends.all(), ends.failed()), (2, 1));
        ends.add("timed_out", Exit::TimedOut);
        assert!(ends.is_something_left());
        let held = Ends { held: 1, ..Ends::default() };
        assert!(held.is_something_left());
    }
}
