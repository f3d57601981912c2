//! How long jobs took, and how far the ones under way are.

use std::cmp::Reverse;

use removit_tokio::proto::journal::{Ended, Entry, Job, JobOutcome, Stage};
use serde::Serialize;

use super::item::{input, job_word};

/// How many of the slowest jobs are named.
const SLOWEST: usize = 10;

/// From acceptance to done, of the jobs that are done.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Durations {
    pub(super) jobs: usize,
    pub(super) median_ms: u64,
    /// Nine of ten jobs took no longer.
    pub(super) p90_ms: u64,
    pub(super) longest_ms: u64,
}

/// The jobs under way, and what they said last, in percent.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Progress {
    pub(super) jobs: usize,
    pub(super) lowest: Option<u8>,
    pub(super) median: Option<u8>,
    pub(super) highest: Option<u8>,
}

#[derive(Debug, Serialize)]
pub(super) struct Slow {
    pub(super) input: String,
    pub(super) job_id: String,
    pub(super) outcome: &'static str,
    pub(super) elapsed_ms: u64,
}

impl Durations {
    pub(super) fn of(entries: &[Entry]) -> Option<Self> {
        let times = times(entries);
        Some(Self {
            jobs: times.len(),
            median_ms: percentile(&times, 50)?,
            p90_ms: percentile(&times, 90)?,
            longest_ms: percentile(&times, 100)?,
        })
    }
}

impl Progress {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let under_way = entries.iter().filter(|entry| entry.stage() == Stage::Accepted);
        let jobs: Vec<_> = under_way.filter_map(Entry::job).collect();
        let percent = |job: &&Job| job.latest().and_then(|status| status.progress);
        let mut known: Vec<_> = jobs.iter().filter_map(percent).collect();
        known.sort_unstable();
        Self {
            jobs: jobs.len(),
            lowest: known.first().copied(),
            median: percentile(&known, 50),
            highest: known.last().copied(),
        }
    }
}

/// How long each job took that is done, in milliseconds, the shortest first.
pub(super) fn times(entries: &[Entry]) -> Vec<u64> {
    let ended = entries.iter().flat_map(Entry::jobs).filter_map(Job::ended);
    let done = ended.filter(|ended| ended.outcome == JobOutcome::Done);
    let mut times: Vec<_> = done.map(|ended| ended.elapsed_ms).collect();
    times.sort_unstable();
    times
}

/// The jobs whose wait took longest, however it ended.
pub(super) fn slowest(entries: &[Entry]) -> Vec<Slow> {
    let jobs = entries.iter().flat_map(|entry| entry.jobs().iter().map(move |job| (entry, job)));
    let ended = jobs.filter_map(|(entry, job)| Some((entry, job, job.ended()?)));
    let mut ended: Vec<_> = ended.collect();
    ended.sort_by_key(|(_, _, ended)| Reverse(ended.elapsed_ms));
    let slow = |(entry, job, ended): &(&Entry, &Job, &Ended)| Slow {
        input: input(entry),
        job_id: job.id().to_string(),
        outcome: job_word(ended.outcome),
        elapsed_ms: ended.elapsed_ms,
    };
    ended.iter().take(SLOWEST).map(slow).collect()
}

/// The smallest of the sorted values that so many percent of them do not exceed.
fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}
