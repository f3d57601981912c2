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

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::path::Path;

    use super::*;
    use crate::api::result_kind::ResultKind;
    use crate::journal::content_hash::ContentHash;
    use crate::{ApiKey, Endpoint, ResultUrl};

    fn third() -> JobNumber {
        serde_json::from_str("3").unwrap()
    }

    fn keep(variation: Option<&str>, key: Option<InputKey>) -> Keep {
        let endpoint = Endpoint::production(ApiKey::new("k").unwrap());
        let url = ResultUrl::check("https://a.example/cup.png", &endpoint).unwrap();
        let fetched = Downloaded { url, len: 7, content_type: None, kind: ResultKind::Png };
        let (job, variation) = (third(), variation.map(str::to_owned));
        let inputs = vec![(4, 0), (6, 1)];
        Keep { job, result: 2, is_only: variation.is_none(), variation, fetched, key, inputs }
    }

    #[test]
    fn a_result_to_keep_says_what_it_is_and_who_wants_it() {
        for variation in [None, Some("b")] {
            let keep = keep(variation, None);
            assert_eq!(keep.part(), (third(), 2));
            assert_eq!((keep.is_only(), keep.variation()), (variation.is_none(), variation));
            assert_eq!(keep.fetched().len, 7);
            assert_eq!(keep.inputs().collect::<Vec<_>>(), [4, 6]);
        }
    }

    #[test]
    fn what_was_kept_is_recorded_in_the_place_of_its_input() {
        let key = InputKey::new(ContentHash::new([1; 32]));
        let at = WallTime::from_unix(Duration::from_secs(1));
        let path = || JournalPath::new(Path::new("cup.png"));
        let saved = keep(Some("b"), Some(key)).saved(at, 6, path()).unwrap();
        assert_eq!((saved.place, saved.variation.as_deref(), saved.len), (1, Some("b"), 7));
        assert_eq!((saved.at, saved.path, saved.key), (at, path(), key));
        assert_eq!(keep(None, Some(key)).saved(at, 5, path()), None, "an input of another job");
        assert_eq!(keep(None, None).saved(at, 6, path()), None, "an input without a key");
    }
}
