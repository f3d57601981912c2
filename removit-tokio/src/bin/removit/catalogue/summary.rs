//! What is said at the end of a run of many inputs, and before one.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::item::{Item, Next};
use crate::cli::{Auth, Shared};
use crate::exit::Exit;
use crate::shell::{printable, quoted};
use crate::stdout;

/// How the inputs of a run ended.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// By what became of it, in the words of the JSON lines.
    counts: BTreeMap<&'static str, u64>,
    exits: BTreeMap<u8, u64>,
    by_earlier_runs: u64,
    held: u64,
    /// Those that no run can do anything about.
    refused: u64,
}

impl Ends {
    pub(super) fn add(&mut self, outcome: &'static str, exit: Exit) {
        *self.counts.entry(outcome).or_default() += 1;
        *self.exits.entry(exit as u8).or_default() += 1;
    }

    pub(super) fn was_done(&mut self) {
        self.by_earlier_runs += 1;
    }

    pub(super) fn refuse(&mut self, exit: Exit) {
        self.refused += 1;
        self.add("not_sent", exit);
    }

    pub(super) fn hold(&mut self) {
        self.held += 1;
    }

    pub(super) fn failed(&self) -> u64 {
        let all: u64 = self.counts.values().sum();
        all - self.counts.get("done").copied().unwrap_or_default()
    }

    /// Whether another run with the journal could bring more: a result that could
    /// not be saved is left, too, though its job is done.
    fn is_something_left(&self) -> bool {
        let all: u64 = self.exits.values().sum();
        let done = self.exits.get(&0).copied().unwrap_or_default();
        self.held > 0 || all > done + self.refused
    }

    /// One exit code where all ended alike; an account or a key that ended the run
    /// says so.
    pub(super) fn exit(&self) -> Exit {
        let has = |exit: Exit| self.exits.contains_key(&(exit as u8));
        if has(Exit::KeyRefused) {
            return Exit::KeyRefused;
        }
        if has(Exit::NoCredits) {
            return Exit::NoCredits;
        }
        let mut exits = self.exits.keys();
        match (exits.next(), exits.next()) {
            (None, _) => Exit::Done,
            (Some(only), None) => {
                let all = [
                    Exit::Done,
                    Exit::LocalIo,
                    Exit::Usage,
                    Exit::Ambiguous,
                    Exit::TimedOut,
                    Exit::Rejected,
                    Exit::JobFailed,
                    Exit::NotSent,
                ];
                all.into_iter().find(|exit| *exit as u8 == *only).unwrap_or(Exit::Mixed)
            }
            _ => Exit::Mixed,
        }
    }

    /// The table, and what to do next.
    pub(super) fn tell(&self, journal: &Path, shared: &Shared) {
        for (outcome, count) in &self.counts {
            let about = match *outcome {
                "done" if self.by_earlier_runs > 0 => {
                    format!("{} of them by an earlier run", self.by_earlier_runs)
                }
                "done" => "results saved, or on the server as asked".to_owned(),
                "ambiguous" => "a job may exist and be charged: look at the account".to_owned(),
                "failed" => "paid for, and without a result".to_owned(),
                "timed_out" => "paid for; the jobs go on".to_owned(),
                "rejected" => "the server said no; nothing is charged".to_owned(),
                _ => "nothing is charged".to_owned(),
            };
            eprintln!("{outcome:<10} {count:>7}  {about}");
        }
        if self.held > 0 {
            eprintln!("{:<10} {:>7}  left for a later run by --max-jobs", "held", self.held);
        }
        let journal = quoted(&journal.to_string_lossy());
        if self.is_something_left() {
            eprintln!("go on with: {}", resume_command(&journal, shared));
            eprintln!("more about: removit report {journal}");
        }
    }
}

/// `removit resume JOURNAL` with the options that still matter; the journal knows
/// the API.
fn resume_command(journal: &str, shared: &Shared) -> String {
    let mut words = vec!["removit".to_owned(), "resume".to_owned(), journal.to_owned()];
    if shared.auth == Auth::Bearer {
        words.extend(["--auth".to_owned(), "bearer".to_owned()]);
    }
    if let Some(file) = &shared.api_key_file {
        words.extend(["--api-key-file".to_owned(), quoted(&file.to_string_lossy())]);
    }
    words.join(" ")
}

#[derive(Serialize)]
struct Would<'a> {
    input: &'a str,
    would: &'static str,
    error: Option<&'a str>,
}

/// What would be done, one line an input, and how much of each.
pub(super) fn dry_run(items: &[Item], json: bool) {
    let mut counts: BTreeMap<Next, u64> = BTreeMap::new();
    for item in items {
        *counts.entry(item.next).or_default() += 1;
        let error = item.input.as_ref().err().map(|refused| refused.message.as_str());
        if json {
            let line = Would { input: &item.name, would: item.next.word(), error };
            match serde_json::to_string(&line) {
                Ok(line) => stdout::line(&line),
                Err(error) => eprintln!("removit: cannot write JSON: {error}"),
            }
        } else {
            stdout::line(&format!("{:<10} {}", item.next.word(), printable(&item.name)));
            if let Some(error) = error {
                eprintln!("removit: {}", printable(error));
            }
        }
    }
    for (next, count) in counts {
        eprintln!("{:<10} {count:>7}  {}", next.word(), next.about());
    }
    eprintln!("nothing was sent, and nothing was written");
}
