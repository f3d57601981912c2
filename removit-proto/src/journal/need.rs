//! What an input needs, and how far it has come: the words for it.
//!
//! Which of them holds is decided in [`Entry`](super::Entry).

use serde::Serialize;

use crate::api::job_id::JobId;

/// What an input needs now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need<'a> {
    /// To be sent: nothing can have been processed so far.
    Send,
    /// To be asked for: the job is paid for, and its end is not known.
    Poll(&'a JobId),
    /// To be asked for once more, for the URLs of the results that are not on
    /// disk.
    Download(&'a JobId),
    /// Nothing.
    Nothing,
    /// A decision that no program takes by itself.
    Operator(Question<'a>),
}

/// What an operator has to decide. To send the input again may cost again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question<'a> {
    /// There may be a job whose id is not known: look at the account.
    Ambiguous,
    /// The job failed for good.
    Failed(&'a JobId),
    /// The job is done without a result: ask the vendor.
    NoResult(&'a JobId),
}

/// How far an input has come. Each is at exactly one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// Nothing was sent.
    Planned,
    /// What was sent was refused or did not arrive: there is no job.
    NotAccepted,
    /// An upload has no outcome: it is under way, or its process died.
    Open,
    /// An upload ended, and nobody knows whether it made a job.
    Ambiguous,
    /// There is a job, and no end of it.
    Accepted,
    /// The job failed for good, or is done without a result.
    Failed,
    /// The job is done, and results are still to be fetched.
    Done,
    /// All that was asked for is on disk.
    Saved,
}
