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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use removit_tokio::proto::journal::{Reader, Replay};
    use serde_json::{Value, json};

    use super::*;

    const RESULT: &str = "result";

    /// A journal of one photo with these records, whose result is in this folder.
    fn replay(folder: &Path, kinds: &[&str]) -> Replay {
        let header = json!({
            "kind": "header", "format": "removit-journal", "version": 1, "minor": 0, "by": "x",
        });
        let path = folder.join(RESULT);
        let record = |kind: &&str| match *kind {
            "planned" => json!({"kind": "planned", "input": {"file": "a.jpg"},
                "destination": {"folder": {"path": folder, "stem": "x"}}}),
            "intent" => json!({"kind": "intent", "attempt": 1}),
            "accepted" => json!({"kind": "accepted", "job_id": "j", "attempt": 1}),
            "saved" => json!({"kind": "saved", "path": path, "len": RESULT.len()}),
            "rejected" | "ambiguous" => json!({"kind": "not_accepted", "attempt": 1,
                "outcome": kind, "ambiguous_attempts": 1, "reason": "no"}),
            outcome => {
                let results = if outcome == "done" { json!([null]) } else { json!([]) };
                json!({"kind": "ended", "job_id": "j", "outcome": outcome, "elapsed_ms": 1,
                    "results": results})
            }
        };
        let line = |mut record: Value| {
            record["at"] = "2026-11-24T11:07:00.000Z".into();
            if record["kind"] != "header" {
                record["key"] = "1".repeat(64).into();
            }
            format!("{record}\n")
        };
        let mut reader = Reader::new();
        for record in [header].into_iter().chain(kinds.iter().map(record)) {
            reader.feed(line(record).as_bytes());
        }
        reader.finish().unwrap().replay
    }

    #[test]
    fn what_is_next_follows_from_what_is_known() {
        let folder = tempfile::tempdir().unwrap();
        for (kinds, own, other) in [
            (&["planned"][..], Next::Send, Next::Send),
            (&["planned", "intent"], Next::Ambiguous, Next::Ambiguous),
            (&["planned", "intent", "ambiguous"], Next::Ambiguous, Next::Ambiguous),
            (&["planned", "intent", "accepted"], Next::Fetch, Next::Fetch),
            (&["planned", "intent", "accepted", "done"], Next::Fetch, Next::Fetch),
            (&["planned", "intent", "accepted", "failed"], Next::Failed, Next::Failed),
            (&["planned", "intent", "accepted", "no_result"], Next::Failed, Next::Failed),
        ] {
            let replay = replay(folder.path(), kinds);
            let [entry] = replay.entries() else { panic!("one photo") };
            assert_eq!((Next::of(Some(entry)), Next::of_other(entry)), (own, other), "{kinds:?}");
        }
        assert_eq!(Next::of(None), Next::Send);
    }

    #[test]
    fn results_that_are_there_need_nothing_and_those_that_are_gone_are_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let replay = replay(folder.path(), &["planned", "intent", "accepted", "done", "saved"]);
        let [entry] = replay.entries() else { panic!("one photo") };
        assert_eq!(Next::of(Some(entry)), Next::Fetch);
        std::fs::write(folder.path().join(RESULT), RESULT).unwrap();
        assert_eq!((Next::of(Some(entry)), Next::of_other(entry)), (Next::Nothing, Next::Fetch));
    }

    #[test]
    fn a_job_is_news_and_what_is_open_there_only_to_whom_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let of = |kinds: &[&str]| replay(folder.path(), kinds).entries()[0].clone();
        let planned = of(&["planned"]);
        let open = of(&["planned", "intent"]);
        let job = of(&["planned", "intent", "accepted"]);
        for (other, own, expected) in [
            (&job, None, true),
            (&job, Some(&open), true),
            (&open, None, true),
            (&open, Some(&planned), true),
            (&open, Some(&open), false),
        ] {
            assert_eq!(is_news(other, own), expected, "{other:?} {own:?}");
        }
    }

    #[test]
    fn each_has_its_word_and_its_meaning() {
        let told = [
            (Next::Send, "send", "paid for"),
            (Next::Fetch, "fetch", "would be fetched"),
            (Next::Copy, "copy", "copies of others"),
            (Next::Nothing, "done", "done already"),
            (Next::Ambiguous, "ambiguous", "a job may exist"),
            (Next::Failed, "failed", "failed before"),
            (Next::Hold, "hold", "a later run"),
            (Next::Refused, "refused", "cannot be sent"),
        ];
        for (next, word, about) in told {
            assert_eq!(next.word(), word);
            assert!(next.about().contains(about), "{}", next.about());
        }
    }
}
