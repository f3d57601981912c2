//! What a catalogue says of each input in the end.

use crate::api::finished::Finished;
use crate::api::job_id::JobId;
use crate::api::result_kind::UnexpectedKind;
use crate::batch::Stop;
use crate::journal::input_key::InputKey;
use crate::machine::download_error::DownloadError;
use crate::machine::poll_error::PollError;
use crate::machine::upload_error::UploadError;

/// How one input ended. Every input has exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Processed<F, E> {
    /// The number of the input: its place in the order of adding, from 0.
    pub index: usize,
    /// The job, where there is one.
    pub job_id: Option<JobId>,
    /// What came of it.
    pub end: InputEnd<F, E>,
}

impl<F, E> Processed<F, E> {
    pub(super) const fn new(index: usize, job_id: Option<JobId>, end: InputEnd<F, E>) -> Self {
        Self { index, job_id, end }
    }
}

/// What came of an input, and what that means for a paid job.
///
/// Whoever tells of ends has to have a word for each, so that this enum is exhaustive.
/// `F` is the driver's word for a file under its final name, `E` its reason why there is
/// none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEnd<F, E> {
    /// Its job is done, and its results are where they belong.
    Done(Done<F>),
    /// Some results of its job are missing. They stay on the server: fetch them again
    /// with this id.
    Incomplete {
        /// The job.
        job_id: JobId,
        /// What is there, whole.
        files: Vec<F>,
        /// What is not, by variation.
        missing: Vec<(Option<String>, Missing<E>)>,
    },
    /// The upload was not accepted: the error says whether there may be a job.
    NotAccepted(UploadError),
    /// The wait for its job ended without a result. The error has the id.
    NotDone(PollError),
    /// An earlier run, of which the journal tells, ended without a result. The photo is
    /// not sent again unasked.
    FailedBefore {
        /// The job.
        job_id: JobId,
        /// Why, as it was written then; empty where the job named no result.
        reason: String,
    },
    /// The job exists, and its end was not waited for: come back with this id.
    Left {
        /// The job.
        job_id: JobId,
    },
    /// Another owner of the journal has it: the photo is that one's to send, and its job
    /// to wait for. Nothing was sent here.
    Taken {
        /// What the photo is known by in the journal.
        key: InputKey,
    },
    /// It was cancelled before its upload. Nothing was sent.
    Cancelled,
    /// Uploads were stopped before it was its turn. Nothing was sent.
    Stopped(Stop),
    /// The driver refused it, for a reason of its own. Nothing was sent.
    Refused,
}

/// An input whose job is done and whose results are where they belong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done<F> {
    /// Its results.
    pub files: Vec<F>,
    /// By variation: images of another kind than was asked for.
    pub unexpected: Vec<(Option<String>, UnexpectedKind)>,
    /// The job's last status; `None` where an earlier run had done all of it.
    pub finished: Option<Finished>,
}

/// Why a result is not there. It stays on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing<E> {
    /// It could not be fetched.
    Fetch(DownloadError),
    /// It could not be given its name.
    Keep(E),
}
