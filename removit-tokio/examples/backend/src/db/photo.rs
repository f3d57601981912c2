//! A photo as its row has it, and the state that its records add up to.

use removit_tokio::proto::InputKey;
use removit_tokio::proto::UploadOptions;
use removit_tokio::proto::journal::{Entry, Need, Question, Replay};
use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::error::{Error, Result};

/// How far a photo is. Decided by the core's [`Replay`] of its records, and by what is
/// wanted of it and who works on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its turn comes.
    Waiting,
    /// Its upload is under way: from here on it may be paid for.
    Uploading,
    /// It may be paid for, and nobody knows: a person decides.
    Ambiguous,
    /// The server said no: nothing was charged.
    Rejected,
    /// It is paid for, and the job works.
    Processing,
    /// The job was not done in time, or the server would not say. It goes on.
    Overdue,
    /// The job is done, and its results are being fetched.
    Fetching,
    /// The job is done, and results could not be fetched. They stay on the server.
    Incomplete,
    /// All results are here.
    Done,
    /// The job failed for good.
    Failed,
}

impl State {
    /// All states, in the order of a photo's life.
    pub const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Uploading,
        Self::Ambiguous,
        Self::Rejected,
        Self::Processing,
        Self::Overdue,
        Self::Fetching,
        Self::Incomplete,
        Self::Done,
        Self::Failed,
    ];

    /// Its word in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Uploading => "uploading",
            Self::Ambiguous => "ambiguous",
            Self::Rejected => "rejected",
            Self::Processing => "processing",
            Self::Overdue => "overdue",
            Self::Fetching => "fetching",
            Self::Incomplete => "incomplete",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The state of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing goes on by itself any more.
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Waiting | Self::Uploading | Self::Processing | Self::Fetching)
    }
}

/// A photo's row.
#[derive(Clone, Debug)]
pub struct PhotoRow {
    pub id: String,
    pub tenant: String,
    pub name: String,
    /// The file below the data folder; `None` where the vendor fetches a URL.
    pub file: Option<String>,
    pub url: Option<String>,
    pub media: Option<String>,
    pub len: i64,
    pub options: UploadOptions,
    pub key: InputKey,
    pub webhook: Option<String>,
    pub state: State,
    /// The number of the last record.
    pub seq: i64,
    /// Whether it is to be sent when its turn comes.
    pub wanted: bool,
    /// Whether what goes on by itself was given up.
    pub given_up: bool,
    /// The process whose upload is under way, or that fetches.
    pub owner: Option<String>,
    pub lease_until: i64,
    pub not_before: i64,
    /// How often in a row what it needs now was tried.
    pub tries: i64,
    /// How often a process ended while it fetched this photo's results.
    pub aborts: i64,
    pub job_id: Option<String>,
    pub accepted_at: Option<i64>,
    pub progress: Option<i64>,
    pub reason: Option<String>,
    pub created_at: i64,
    pub changed_at: i64,
}

impl PhotoRow {
    /// Reads all columns.
    pub fn read(row: &AnyRow) -> Result<Self> {
        let options: String = row.try_get("options")?;
        let key: String = row.try_get("input_key")?;
        let state: String = row.try_get("state")?;
        let unreadable = |what: &str| Error::Row(format!("photos.{what}"));
        Ok(Self {
            id: row.try_get("id")?,
            tenant: row.try_get("tenant")?,
            name: row.try_get("name")?,
            file: row.try_get("file")?,
            url: row.try_get("url")?,
            media: row.try_get("media")?,
            len: row.try_get("len")?,
            options: serde_json::from_str(&options).map_err(|_| unreadable("options"))?,
            key: key.parse().map_err(|_| unreadable("input_key"))?,
            webhook: row.try_get("webhook")?,
            state: State::parse(&state).ok_or_else(|| unreadable("state"))?,
            seq: row.try_get("seq")?,
            wanted: row.try_get::<i64, _>("wanted")? != 0,
            given_up: row.try_get::<i64, _>("given_up")? != 0,
            owner: row.try_get("owner")?,
            lease_until: row.try_get("lease_until")?,
            not_before: row.try_get("not_before")?,
            tries: row.try_get("tries")?,
            aborts: row.try_get("aborts")?,
            job_id: row.try_get("job_id")?,
            accepted_at: row.try_get("accepted_at")?,
            progress: row.try_get("progress")?,
            reason: row.try_get("reason")?,
            created_at: row.try_get("created_at")?,
            changed_at: row.try_get("changed_at")?,
        })
    }
}

/// A photo, locked by a transaction, with what its records say.
#[derive(Clone, Debug)]
pub struct Photo {
    pub row: PhotoRow,
    pub(super) replay: Replay,
    /// What this transaction adds: kind, record, words.
    pub(super) added: Vec<(&'static str, Option<String>, Option<String>)>,
    /// Set while its upload is under way.
    pub uploading: bool,
}

impl Photo {
    /// What its records say; every photo has at least one.
    pub fn entry(&self) -> Option<&Entry> {
        self.replay.entry(&self.row.key)
    }

    /// What it needs by its records alone.
    pub fn need(&self) -> Need<'_> {
        self.replay.need(&self.row.key)
    }

    /// The number of its next intent.
    pub fn next_attempt(&self) -> u32 {
        self.replay.next_attempt(&self.row.key)
    }

    /// Where it is.
    pub fn state(&self) -> State {
        if self.uploading {
            return State::Uploading;
        }
        if self.row.wanted {
            return State::Waiting;
        }
        match self.need() {
            Need::Send => State::Rejected,
            Need::Poll(_) if self.row.given_up => State::Overdue,
            Need::Poll(_) => State::Processing,
            Need::Download(_) if self.row.given_up => State::Incomplete,
            Need::Download(_) => State::Fetching,
            Need::Nothing => State::Done,
            Need::Operator(Question::Ambiguous) => State::Ambiguous,
            // Failed, or done without a result; and what a later core may ask.
            _ => State::Failed,
        }
    }
}
