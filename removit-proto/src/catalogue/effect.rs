//! What a catalogue asks its driver to do beside sending requests.
//!
//! Values: each is carried out once, in the order in which they come, and what became of
//! them goes back as [`Outcomes`](super::Outcomes).

use crate::api::job_id::JobId;
use crate::api::job_status::JobStatus;
use crate::batch::{JobNumber, Receipt};
use crate::journal::input_key::InputKey;
use crate::journal::{JournalPath, Record, Saved, WallTime};
use crate::machine::downloaded::Downloaded;

/// One thing to be done.
///
/// Every one has to be understood, so that this enum is exhaustive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write this record down. Several of them can share one write; a receipt says that
    /// a job waits for it.
    Store(Box<Record>, Option<Receipt>),
    /// A result is whole in its half file: give it its names.
    Keep(Box<Keep>),
    /// The photos of these inputs are not read any more.
    DropPhoto(Vec<usize>),
    /// No further result of these inputs comes, and none of this job: half files that are
    /// left can go.
    Forget {
        /// The job.
        job: Option<JobNumber>,
        /// By their numbers.
        inputs: Vec<usize>,
    },
}

/// A result that is whole, and the inputs that want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    pub(super) job: JobNumber,
    pub(super) result: usize,
    pub(super) is_only: bool,
    pub(super) variation: Option<String>,
    pub(super) fetched: Downloaded,
    pub(super) key: Option<InputKey>,
    /// Each with its place in the journal.
    pub(super) inputs: Vec<(usize, u32)>,
}

impl Keep {
    /// The job and the place of the result in it: whose half file it is.
    #[must_use]
    pub const fn part(&self) -> (JobNumber, usize) {
        (self.job, self.result)
    }

    /// Whether the job has no other result.
    #[must_use]
    pub const fn is_only(&self) -> bool {
        self.is_only
    }

    /// The variation's name; `None` for `final_url`.
    #[must_use]
    pub fn variation(&self) -> Option<&str> {
        self.variation.as_deref()
    }

    /// What was fetched.
    #[must_use]
    pub const fn fetched(&self) -> &Downloaded {
        &self.fetched
    }

    /// The numbers of the inputs that want it, more than one where photos are copies of
    /// each other. The half file is where the first one wanted it.
    pub fn inputs(&self) -> impl Iterator<Item = usize> + '_ {
        self.inputs.iter().map(|(input, _)| *input)
    }

    /// What the journal is to know of it under its final name.
    pub(super) fn saved(&self, at: WallTime, input: usize, path: JournalPath) -> Option<Saved> {
        let (_, place) = self.inputs.iter().find(|(wanting, _)| *wanting == input)?;
        let mut saved = Saved::new(at, self.key?, path, self.fetched.len);
        saved.variation.clone_from(&self.variation);
        saved.place = *place;
        Some(saved)
    }
}

/// What an attempt needs besides itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// A look at a job needs nothing.
    Nothing,
    /// The photo of this input.
    Photo(usize),
    /// A half file for a result.
    Part {
        /// The job, and the place of the result in it.
        part: (JobNumber, usize),
        /// The first input that wants it, in whose folder it is to lie.
        input: usize,
    },
}

/// What happened to an input that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum News {
    /// Its job exists.
    Accepted(JobId),
    /// Its job was looked at.
    Status(Box<JobStatus>),
}
