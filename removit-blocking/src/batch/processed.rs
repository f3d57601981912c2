//! What a batch says of each input in the end.

use std::path::PathBuf;

use removit_proto::{Finished, JobId, UnexpectedKind};

use crate::Error;

/// How one input of a batch ended. Every input has exactly one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Processed {
    /// The place of the input in the order of adding, from 0.
    pub index: usize,
    /// The job, where there is one.
    pub job_id: Option<JobId>,
    /// What came of it.
    pub end: Result<Done, Error>,
}

/// An input whose job is done and whose results are where they belong.
#[derive(Debug)]
#[non_exhaustive]
pub struct Done {
    /// The files of its results, whole on disk.
    pub files: Vec<PathBuf>,
    /// By variation: images of another kind than was asked for. Their files have the
    /// endings of what they are.
    pub unexpected: Vec<(Option<String>, UnexpectedKind)>,
    /// The job's last status; `None` where an earlier run had done all of it.
    pub finished: Option<Finished>,
}

impl Done {
    /// Whether an earlier run had done all of it, and nothing was requested.
    #[must_use]
    pub const fn was_done(&self) -> bool {
        self.finished.is_none()
    }
}
