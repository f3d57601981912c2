//! One input of a run, and what is next for it by what is known of it.

use std::path::Path;

use removit_blocking::files::whole_file;
use removit_tokio::BatchInput;
use removit_tokio::proto::journal::{Entry, Need, Question, Record};
use removit_tokio::proto::{InputKey, JobId};

use crate::refused::Refused;
use crate::shell::printable;

pub(crate) struct Item {
    /// As it was typed; `None` where only a job's id was.
    pub(crate) name: Option<String>,
    pub(crate) input: Result<BatchInput, Refused>,
    pub(crate) next: Next,
    /// What the photo is known by.
    pub(crate) key: Option<InputKey>,
    /// The job that is known of it.
    pub(crate) job_id: Option<JobId>,
    /// What the journal does not know yet.
    pub(crate) records: Vec<Record>,
}

impl Item {
    /// Leaves it to another process, which has this journal and is about to send it.
    pub(crate) fn leave_to(&mut self, journal: &Path) {
        self.next = Next::Refused;
        self.records.clear();
        self.input = Err(Refused::local(format!(
            "another process is about to send it, by {}; nothing was sent twice: try again when \
             that is over",
            printable(&journal.to_string_lossy())
        )));
    }
}

/// What is next for an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Next {
    /// It is sent, and paid for.
    Send,
    /// It is paid for; its results are fetched.
    Fetch,
    /// It is a copy of another input: the results of that one are its own.
    Copy,
    /// Nothing: its results are there.
    Nothing,
    /// Nothing unasked: a job may exist that nobody knows the id of.
    Ambiguous,
    /// Nothing unasked: its job failed.
    Failed,
    /// Nothing in this run: enough others are paid for.
    Hold,
    /// It cannot be sent.
    Refused,
}

impl Next {
    /// By the own journal.
    pub(crate) fn of(entry: Option<&Entry>) -> Self {
        let Some(entry) = entry else { return Self::Send };
        match entry.need() {
            Need::Send => Self::Send,
            Need::Nothing if is_gone(entry) => Self::Fetch,
            Need::Nothing => Self::Nothing,
            Need::Operator(Question::Failed(_) | Question::NoResult(_)) => Self::Failed,
            Need::Operator(_) => Self::Ambiguous,
            _ => Self::Fetch,
        }
    }

    /// By another journal, whose results are not where they are wanted now.
    pub(crate) fn of_other(entry: &Entry) -> Self {
        match entry.need() {
            Need::Send => Self::Send,
            Need::Operator(Question::Failed(_) | Question::NoResult(_)) => Self::Failed,
            Need::Operator(_) => Self::Ambiguous,
            _ => Self::Fetch,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Fetch => "fetch",
            Self::Copy => "copy",
            Self::Nothing => "done",
            Self::Ambiguous => "ambiguous",
            Self::Failed => "failed",
            Self::Hold => "hold",
            Self::Refused => "refused",
        }
    }

    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Send => "would be sent, and paid for",
            Self::Fetch => "paid for; the results would be fetched",
            Self::Copy => "copies of others, which are paid for once",
            Self::Nothing => "done already",
            Self::Ambiguous => "a job may exist; left alone unless --on-ambiguous resend",
            Self::Failed => "failed before; left alone unless --again",
            Self::Hold => "left for a later run",
            Self::Refused => "cannot be sent",
        }
    }
}

/// Whether another journal knows more than the own one does: that it is open there,
/// too, is no news.
pub(crate) fn is_news(other: &Entry, own: Option<&Entry>) -> bool {
    !other.jobs().is_empty() || Next::of(own) == Next::Send
}

/// Whether a file that was saved is there no more.
fn is_gone(entry: &Entry) -> bool {
    entry.saved().iter().any(|saved| whole_file(saved).is_none())
}
