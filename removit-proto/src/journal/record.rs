//! The records of a journal: one fact each, and nothing that is ever changed.
//!
//! Plain values with public fields. Their names and fields are the file's; what
//! they add up to is [`Replay`](super::Replay)'s to say.

use serde::{Deserialize, Serialize};

use super::input::{Destination, Input};
use super::path::JournalPath;
use super::reason::Reason;
use super::wall_time::WallTime;
use crate::api::job_id::JobId;
use crate::api::upload_options::UploadOptions;
use crate::journal::content_hash::ContentHash;
use crate::journal::input_key::InputKey;

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// The first line: what this file is.
    Header(Header),
    /// A process began to write.
    Opened(Opened),
    /// An input is to be processed.
    Planned(Planned),
    /// An upload is about to be sent.
    Intent(Intent),
    /// The upload made a job.
    Accepted(Accepted),
    /// The upload made no job, or none that is known.
    NotAccepted(NotAccepted),
    /// How a job is.
    Status(Status),
    /// The wait for a job is over.
    Ended(Ended),
    /// A result is on disk.
    Saved(Saved),
}

impl Record {
    /// Whether it must be on disk, for certain, before work goes on: an intent
    /// before the upload is sent, an acceptance before its job is polled.
    /// Whichever other record is lost costs a look at the server, and no money.
    #[must_use]
    pub const fn is_vital(&self) -> bool {
        matches!(self, Self::Header(_) | Self::Intent(_) | Self::Accepted(_))
    }

    /// The input that it is about, where it is about one.
    #[must_use]
    pub const fn key(&self) -> Option<&InputKey> {
        Some(match self {
            Self::Header(_) | Self::Opened(_) => return None,
            Self::Planned(planned) => &planned.key,
            Self::Intent(intent) => &intent.key,
            Self::Accepted(accepted) => &accepted.key,
            Self::NotAccepted(end) => &end.key,
            Self::Status(status) => &status.key,
            Self::Ended(ended) => &ended.key,
            Self::Saved(saved) => &saved.key,
        })
    }
}

/// What the file is and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// Always `removit-journal`.
    pub(super) format: Format,
    /// The version of the format: 1. Another one cannot be read.
    pub(super) version: u32,
    /// Counts what was added within a version and may be ignored.
    pub(super) minor: u32,
    /// When it was begun.
    pub at: WallTime,
    /// The program and its version.
    pub by: String,
    /// The API's base URL: a job's id means nothing to another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// Where relative paths begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<JournalPath>,
    /// The user's name for this work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Tells a journal from any other file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Format {
    #[serde(rename = "removit-journal")]
    RemovitJournal,
}

/// A process that began to write, and holds the journal's lock until it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Opened {
    /// When.
    pub at: WallTime,
    /// The program and its version.
    pub by: String,
    /// The process's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The folder that the journal was in: whoever finds it in another one can tell
    /// where the files beside it are by now. See [`Replay::map_paths`](super::Replay::map_paths).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<JournalPath>,
}

/// An input that is to be processed. Nothing was sent for it yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Planned {
    /// The input's key.
    pub key: InputKey,
    /// When.
    pub at: WallTime,
    /// The input as the user named it.
    pub input: Input,
    /// What is asked of the job.
    #[serde(default)]
    pub options: UploadOptions,
    /// Where the results go; `None` where they are not to be fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
}

/// An upload that is about to be sent, with all attempts that its machine makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Intent {
    /// The input's key.
    pub key: InputKey,
    /// When.
    pub at: WallTime,
    /// Counts the intents of this key from 1.
    pub attempt: u32,
}

/// A job that exists and is paid for. It counts wherever it stands, after the
/// [`NotAccepted`] of the same attempt as well: an acceptance is never too late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accepted {
    /// The input's key.
    pub key: InputKey,
    /// The job.
    pub job_id: JobId,
    /// When.
    pub at: WallTime,
    /// The intent that led to it.
    pub attempt: u32,
    /// Whether the id was found in an answer that could not be read otherwise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub salvaged: bool,
    /// How many earlier attempts of this upload ended ambiguous.
    #[serde(default, skip_serializing_if = "is_default")]
    pub earlier_ambiguous: u32,
}

/// An upload that ended without a job's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotAccepted {
    /// The input's key.
    pub key: InputKey,
    /// When.
    pub at: WallTime,
    /// The intent that led to it.
    pub attempt: u32,
    /// What it means for the money.
    pub outcome: UploadOutcome,
    /// How many attempts ended ambiguous: up to so many jobs may exist.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ambiguous_attempts: u32,
    /// Why, for people.
    pub reason: Reason,
}

/// How an upload ends without a job's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UploadOutcome {
    /// The server said no: there is no job.
    Rejected,
    /// It did not arrive whole: there is no job.
    NotSent,
    /// There may be a job, and it may be charged.
    Ambiguous,
}

/// How a job was when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The input's key.
    pub key: InputKey,
    /// The job.
    pub job_id: JobId,
    /// When.
    pub at: WallTime,
    /// The server's workflow step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Reason>,
    /// In percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<u8>,
}

/// The end of a wait for a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ended {
    /// The input's key.
    pub key: InputKey,
    /// The job.
    pub job_id: JobId,
    /// When.
    pub at: WallTime,
    /// How.
    pub outcome: JobOutcome,
    /// From the acceptance to here, in milliseconds.
    pub elapsed_ms: u64,
    /// The progress at the last look, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<u8>,
    /// The variations that there are results of; `None` is `final_url`'s. Their
    /// URLs are not kept: a signed URL is a secret and expires, and a status
    /// call names it anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<Option<String>>,
    /// Why there are none, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// How the wait for a job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobOutcome {
    /// There are results to fetch.
    Done,
    /// The job failed for good.
    Failed,
    /// The job is done and names no result, against the contract.
    NoResult,
    /// The job was not done in time; it goes on.
    TimedOut,
    /// The server refused to say; the job may well go on.
    Refused,
}

/// A result that is whole on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Saved {
    /// The input's key.
    pub key: InputKey,
    /// When.
    pub at: WallTime,
    /// Which of the key's [places](super::Entry::places) it belongs to, counted
    /// from 0: copies have their results in several.
    #[serde(default, skip_serializing_if = "is_default")]
    pub place: u32,
    /// The variation; `None` is `final_url`'s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<String>,
    /// The file.
    pub path: JournalPath,
    /// Its length in bytes.
    pub len: u64,
    /// What is in it, where that was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<ContentHash>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
