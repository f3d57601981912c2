//! What a journal adds up to. Pure: the journal was read, and nothing is printed.
//!
//! Its fields are the JSON object of `report --json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use removit_tokio::proto::journal::{Entry, Journal, Stage};
use serde::Serialize;

use super::item::{Item, Why};
use super::times::{Durations, Progress, Slow, slowest};
use crate::json::display;

/// Each stage: its name in JSON, and what it means.
pub(super) const STAGES: [(Stage, &str, &str); 8] = [
    (Stage::Saved, "saved", "all that was asked for is on disk"),
    (Stage::Done, "done", "the job is done; results are still to be fetched"),
    (Stage::Accepted, "accepted", "the job is paid for; its end is not known"),
    (Stage::Planned, "planned", "nothing was sent"),
    (Stage::NotAccepted, "not_accepted", "refused or not sent: there is no job"),
    (Stage::Open, "open", "an upload is under way, or its process died: a job may exist"),
    (Stage::Ambiguous, "ambiguous", "an upload ended without a clear answer: a job may exist"),
    (Stage::Failed, "failed", "the job failed for good, or is done without a result"),
];

#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) journal: String,
    pub(super) begun: Option<String>,
    pub(super) by: Option<String>,
    pub(super) api: Option<String>,
    /// How many processes wrote to it, and when the last one began.
    pub(super) runs: usize,
    pub(super) last_run: Option<String>,
    pub(super) is_done: bool,
    /// Different inputs, and how many more names there are for the same.
    pub(super) inputs: u64,
    pub(super) copies: usize,
    pub(super) stages: BTreeMap<&'static str, u64>,
    /// Jobs whose ids are known, and how many more may exist and be charged.
    pub(super) jobs: usize,
    pub(super) possible_jobs: u64,
    pub(super) results_saved: usize,
    pub(super) results_missing: usize,
    pub(super) durations: Option<Durations>,
    pub(super) progress: Progress,
    pub(super) slowest: Vec<Slow>,
    pub(super) ambiguous: Vec<Item>,
    pub(super) failed: Vec<Item>,
    pub(super) not_accepted: Vec<Item>,
    /// Jobs that go on, whose wait was given up or refused.
    pub(super) given_up: Vec<Item>,
    pub(super) torn_lines: Vec<u64>,
    pub(super) broken_lines: Vec<u64>,
}

impl Summary {
    pub(super) fn new(journal: &Journal, path: &Path) -> Self {
        let replay = &journal.replay;
        let (header, openings, entries) = (replay.header(), replay.openings(), replay.entries());
        let counts = replay.counts();
        let items = |why: Why| entries.iter().filter_map(|entry| Item::of(entry, why)).collect();
        Self {
            journal: display(path),
            begun: header.map(|header| header.at.to_string()),
            by: header.map(|header| header.by.clone()),
            api: header.and_then(|header| header.api.clone()),
            runs: openings.len(),
            last_run: openings.last().map(|opened| opened.at.to_string()),
            is_done: journal.broken.is_empty() && counts.at(Stage::Saved) == counts.total(),
            inputs: counts.total(),
            copies: entries.iter().map(|entry| entry.places().len().saturating_sub(1)).sum(),
            stages: STAGES.into_iter().map(|(stage, name, _)| (name, counts.at(stage))).collect(),
            jobs: entries.iter().map(|entry| entry.jobs().len()).sum(),
            possible_jobs: counts.possible_jobs(),
            results_saved: entries.iter().map(saved).sum(),
            results_missing: entries.iter().map(|entry| entry.unsaved().count()).sum(),
            durations: Durations::of(entries),
            progress: Progress::of(entries),
            slowest: slowest(entries),
            ambiguous: items(Why::Ambiguous),
            failed: items(Why::Failed),
            not_accepted: items(Why::NotAccepted),
            given_up: items(Why::GivenUp),
            torn_lines: journal.torn.iter().map(|torn| torn.line).collect(),
            broken_lines: journal.broken.iter().map(|broken| broken.line).collect(),
        }
    }
}

/// The results that are on disk; one that was saved anew counts once.
fn saved(entry: &Entry) -> usize {
    let results = entry.saved().iter().map(|saved| (saved.place, saved.variation.as_deref()));
    results.collect::<BTreeSet<_>>().len()
}
