//! What is known of one input, and what it needs now.
//!
//! The one place where records turn into the decision about money: an input is
//! to be sent only where each intent has an outcome that proves that nothing was
//! processed.

use super::input::{Destination, Input, Place};
use super::job::Job;
use super::need::{Need, Question, Stage};
use super::path::{JournalPath, PathOf};
use super::record::{JobOutcome, NotAccepted, Record, Saved, UploadOutcome};
use super::wall_time::WallTime;
use crate::api::job_id::JobId;
use crate::api::upload_options::UploadOptions;
use crate::journal::input_key::InputKey;

/// All that a journal says of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    key: InputKey,
    places: Vec<Place>,
    options: Option<UploadOptions>,
    last_attempt: u32,
    /// The intents without an outcome that settles whether there is a job.
    unsettled: Vec<u32>,
    not_accepted: Option<NotAccepted>,
    jobs: Vec<Job>,
    saved: Vec<Saved>,
}

impl Entry {
    pub(super) const fn new(key: InputKey) -> Self {
        Self {
            key,
            places: Vec::new(),
            options: None,
            last_attempt: 0,
            unsettled: Vec::new(),
            not_accepted: None,
            jobs: Vec::new(),
            saved: Vec::new(),
        }
    }

    /// The input's key.
    #[must_use]
    pub const fn key(&self) -> &InputKey {
        &self.key
    }

    /// The inputs of this key, each with the destination of its results, in the
    /// order in which they were planned.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// What is asked of the job, where the input was planned.
    #[must_use]
    pub const fn options(&self) -> Option<&UploadOptions> {
        self.options.as_ref()
    }

    /// The number of the next intent.
    #[must_use]
    pub const fn next_attempt(&self) -> u32 {
        self.last_attempt.saturating_add(1)
    }

    /// The jobs that are known, in the order of their acceptance: one at most,
    /// unless an operator had the input sent again.
    #[must_use]
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The job that counts: the one that is done, or else the last that did not
    /// fail, or else the last.
    #[must_use]
    pub fn job(&self) -> Option<&Job> {
        let done = self.jobs.iter().find(|job| job.outcome() == Some(JobOutcome::Done));
        let alive = || self.jobs.iter().rev().find(|job| !job.is_lost());
        done.or_else(alive).or_else(|| self.jobs.last())
    }

    /// How the newest upload ended without a job's id, if one did.
    #[must_use]
    pub const fn not_accepted(&self) -> Option<&NotAccepted> {
        self.not_accepted.as_ref()
    }

    /// The results that were saved, in order. Whether the files are still there
    /// is not known here.
    #[must_use]
    pub fn saved(&self) -> &[Saved] {
        &self.saved
    }

    /// How many jobs may exist, and be charged, beside those that are known.
    #[must_use]
    pub fn possible_jobs(&self) -> u64 {
        let attempts = |number: &u32| match &self.not_accepted {
            Some(end) if end.attempt == *number => u64::from(end.ambiguous_attempts.max(1)),
            _ => 1,
        };
        let unsettled = self.unsettled.iter().map(attempts).fold(0, u64::saturating_add);
        let earlier = self.jobs.iter().map(|job| u64::from(job.earlier_ambiguous()));
        earlier.fold(unsettled, u64::saturating_add)
    }

    /// What it needs now.
    ///
    /// A result is not fetched again because its file is gone: compare
    /// [`saved`](Self::saved) with the disk for that.
    #[must_use]
    pub fn need(&self) -> Need<'_> {
        let Some(job) = self.job() else {
            return if self.unsettled.is_empty() {
                Need::Send
            } else {
                Need::Operator(Question::Ambiguous)
            };
        };
        match job.outcome() {
            // A wait that was refused or given up says nothing about the job.
            None | Some(JobOutcome::TimedOut | JobOutcome::Refused) => Need::Poll(job.id()),
            Some(JobOutcome::Done) if self.unsaved().next().is_some() => Need::Download(job.id()),
            Some(JobOutcome::Done) => Need::Nothing,
            Some(_) if !self.unsettled.is_empty() => Need::Operator(Question::Ambiguous),
            Some(JobOutcome::Failed) => Need::Operator(Question::Failed(job.id())),
            Some(JobOutcome::NoResult) => Need::Operator(Question::NoResult(job.id())),
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.need() {
            Need::Send if self.not_accepted.is_some() => Stage::NotAccepted,
            Need::Send => Stage::Planned,
            Need::Poll(_) => Stage::Accepted,
            Need::Download(_) => Stage::Done,
            Need::Nothing => Stage::Saved,
            Need::Operator(Question::Ambiguous) if self.is_reported_ambiguous() => Stage::Ambiguous,
            Need::Operator(Question::Ambiguous) => Stage::Open,
            Need::Operator(_) => Stage::Failed,
        }
    }

    /// The results that are to be on disk and are not, by place and variation.
    pub fn unsaved(&self) -> Unsaved<'_> {
        let results = self.job().and_then(Job::ended).map(|ended| ended.results.as_slice());
        Unsaved { entry: self, results: results.unwrap_or_default(), place: 0, result: 0 }
    }

    fn is_reported_ambiguous(&self) -> bool {
        let end = self.not_accepted.as_ref();
        self.unsettled.last().is_some_and(|last| end.is_some_and(|end| end.attempt == *last))
    }

    fn is_saved(&self, place: usize, variation: Option<&str>) -> bool {
        self.saved.iter().any(|saved| {
            usize::try_from(saved.place) == Ok(place) && saved.variation.as_deref() == variation
        })
    }

    /// See [`Replay::map_paths`](super::Replay::map_paths).
    pub(super) fn map_paths(
        &mut self,
        map: &mut impl FnMut(PathOf, &JournalPath) -> Option<JournalPath>,
    ) {
        let mut change = |of, path: &mut JournalPath| {
            if let Some(by_now) = map(of, path) {
                *path = by_now;
            }
        };
        for place in &mut self.places {
            if let Input::File(path) = &mut place.input {
                change(PathOf::Input, path);
            }
            match &mut place.destination {
                Some(Destination::File(path)) => change(PathOf::File, path),
                Some(Destination::Folder { path, .. }) => change(PathOf::Folder, path),
                None => {}
            }
        }
        for saved in &mut self.saved {
            change(PathOf::Saved, &mut saved.path);
        }
    }

    /// Takes a record of this key in.
    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Header(_) | Record::Opened(_) => {}
            Record::Planned(planned) => {
                let place = Place { input: planned.input, destination: planned.destination };
                if !self.places.contains(&place) {
                    push(&mut self.places, place);
                }
                self.options.get_or_insert(planned.options);
            }
            Record::Intent(intent) => {
                self.last_attempt = self.last_attempt.max(intent.attempt);
                self.unsettled.push(intent.attempt);
            }
            Record::Accepted(accepted) => {
                self.settle(accepted.attempt);
                // Late: what was said of this attempt before is not so.
                self.not_accepted.take_if(|end| end.attempt == accepted.attempt);
                self.with_job(&accepted.job_id, accepted.at, |job| job.accept(&accepted));
            }
            Record::NotAccepted(end) => {
                match end.outcome {
                    UploadOutcome::Rejected | UploadOutcome::NotSent => self.settle(end.attempt),
                    UploadOutcome::Ambiguous if self.unsettled.contains(&end.attempt) => {}
                    // Without its intent it is one all the same.
                    UploadOutcome::Ambiguous => self.unsettled.push(end.attempt),
                }
                self.last_attempt = self.last_attempt.max(end.attempt);
                self.not_accepted = Some(end);
            }
            Record::Status(status) => {
                let id = status.job_id.clone();
                self.with_job(&id, status.at, |job| job.look(status));
            }
            Record::Ended(ended) => {
                let id = ended.job_id.clone();
                self.with_job(&id, ended.at, |job| job.end(ended));
            }
            Record::Saved(saved) => push(&mut self.saved, saved),
        }
    }

    /// Takes one intent of that number away, and leaves others of the same
    /// number: they were other uploads.
    fn settle(&mut self, attempt: u32) {
        self.last_attempt = self.last_attempt.max(attempt);
        if let Some(at) = self.unsettled.iter().position(|number| *number == attempt) {
            self.unsettled.remove(at);
        }
    }

    /// A job exists as soon as anything is said of it.
    fn with_job(&mut self, id: &JobId, at: WallTime, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs.iter_mut().find(|job| job.id() == id) {
            return change(job);
        }
        let mut job = Job::new(id.clone(), at);
        change(&mut job);
        push(&mut self.jobs, job);
    }
}

/// Most lists of an entry stay at one, and a catalogue has many entries.
fn push<V>(list: &mut Vec<V>, value: V) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
    list.push(value);
}

/// The results that are not on disk: the number of the place, and the variation.
#[derive(Clone, Debug)]
pub struct Unsaved<'a> {
    entry: &'a Entry,
    results: &'a [Option<String>],
    place: usize,
    result: usize,
}

impl<'a> Iterator for Unsaved<'a> {
    type Item = (usize, Option<&'a str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let place = self.entry.places.get(self.place)?;
            let result = self.results.get(self.result).filter(|_| place.destination.is_some());
            let Some(variation) = result else {
                self.place = self.place.saturating_add(1);
                self.result = 0;
                continue;
            };
            self.result = self.result.saturating_add(1);
            let found = (self.place, variation.as_deref());
            if !self.entry.is_saved(found.0, found.1) {
                return Some(found);
            }
        }
    }
}
