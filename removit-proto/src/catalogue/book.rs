//! What is noted of an input and of a job while they are not over.

use core::time::Duration;

use super::end::Missing;
use super::intents::Intents;
use crate::api::finished::Finished;
use crate::api::job_id::JobId;
use crate::api::result_kind::UnexpectedKind;
use crate::api::upload_options::OutputFormat;
use crate::batch::{JobEnd, JobNumber};
use crate::journal::WallTime;
use crate::journal::input_key::InputKey;

/// An input that is not over.
#[derive(Debug)]
pub(super) struct InputBook<F, E> {
    pub(super) job: Option<JobNumber>,
    /// Whether its results are fetched.
    pub(super) is_fetched: bool,
    /// In the journal, among the inputs of its key.
    pub(super) place: u32,
    /// By variation: the results that are there, whole.
    pub(super) there: Vec<(Option<String>, F)>,
    pub(super) missing: Vec<(Option<String>, Missing<E>)>,
    /// By variation: images of another kind than was asked for.
    pub(super) unexpected: Vec<(Option<String>, UnexpectedKind)>,
}

/// A job that is not over.
#[derive(Debug)]
pub(super) struct JobBook {
    pub(super) key: Option<InputKey>,
    /// The format of its results, where that is known.
    pub(super) asked: Option<OutputFormat>,
    /// More than one where photos are copies of each other.
    pub(super) inputs: Vec<usize>,
    pub(super) intents: Intents,
    pub(super) job_id: Option<JobId>,
    pub(super) accepted_at: Option<WallTime>,
    pub(super) finished: Option<Finished>,
    /// How many results wait for their final names.
    pub(super) keeping: usize,
    /// Given up, as uploads were stopped.
    pub(super) is_turned_away: bool,
    pub(super) end: Option<JobEnd>,
}

impl<F, E> InputBook<F, E> {
    pub(super) fn has(&self, variation: Option<&str>) -> bool {
        self.there.iter().any(|(there, _)| there.as_deref() == variation)
    }
}

impl JobBook {
    pub(super) fn new(key: Option<InputKey>, asked: Option<OutputFormat>) -> Self {
        Self {
            key,
            asked,
            inputs: Vec::new(),
            intents: Intents::default(),
            job_id: None,
            accepted_at: None,
            finished: None,
            keeping: 0,
            is_turned_away: false,
            end: None,
        }
    }

    pub(super) fn elapsed(&self, at: WallTime) -> Duration {
        self.accepted_at.map(|accepted| at.since(accepted)).unwrap_or_default()
    }

    pub(super) fn variation(&self, result: usize) -> Option<String> {
        self.finished.as_ref()?.results().get(result)?.variation().map(str::to_owned)
    }
}
