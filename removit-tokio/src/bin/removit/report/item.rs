//! One input that a person should look at, why, and what to do about it.

use removit_tokio::proto::journal::{Ended, Entry, Job, JobOutcome, Stage, UploadOutcome};
use serde::Serialize;

use crate::inputs::name::of_journal;

/// Why an input is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Ambiguous,
    Failed,
    NotAccepted,
    GivenUp,
}

#[derive(Debug, Serialize)]
pub(super) struct Item {
    pub(super) input: String,
    /// How many more names the same photo has.
    pub(super) copies: usize,
    pub(super) key: String,
    pub(super) job_id: Option<String>,
    /// What it came to, in the journal's words.
    pub(super) state: &'static str,
    pub(super) reason: Option<String>,
    /// How many jobs may exist beside the known ones.
    pub(super) possible_jobs: u64,
    pub(super) to_do: &'static str,
}

impl Why {
    pub(super) fn to_do(self) -> &'static str {
        match self {
            Self::Ambiguous => {
                "look at the account for a job of this photo; if there is one, removit wait \
                 JOB_ID; if there is none, send it again with --on-ambiguous resend"
            }
            Self::Failed => {
                "ask the vendor about the job; the photo is not paid for again by this journal"
            }
            Self::NotAccepted => "mend the cause; removit resume sends it again",
            Self::GivenUp => "the job goes on; removit resume asks for it again",
        }
    }

    fn holds(self, entry: &Entry) -> bool {
        match self {
            Self::Ambiguous => matches!(entry.stage(), Stage::Ambiguous | Stage::Open),
            Self::Failed => entry.stage() == Stage::Failed,
            Self::NotAccepted => entry.stage() == Stage::NotAccepted,
            Self::GivenUp => entry.stage() == Stage::Accepted,
        }
    }
}

impl Item {
    pub(super) fn of(entry: &Entry, why: Why) -> Option<Self> {
        if !why.holds(entry) {
            return None;
        }
        let (state, reason) = match why {
            Why::Failed | Why::GivenUp => {
                // A job under way has no end yet.
                let ended = ended(entry)?;
                (job_word(ended.outcome), ended.reason.as_ref())
            }
            Why::Ambiguous if entry.stage() == Stage::Open => ("open", None),
            Why::Ambiguous | Why::NotAccepted => {
                let end = entry.not_accepted()?;
                (upload_word(end.outcome), Some(&end.reason))
            }
        };
        Some(Self {
            input: input(entry),
            copies: entry.places().len().saturating_sub(1),
            key: entry.key().to_string(),
            job_id: entry.job().map(|job| job.id().to_string()),
            state,
            reason: reason.map(ToString::to_string),
            possible_jobs: entry.possible_jobs(),
            to_do: why.to_do(),
        })
    }
}

/// The input as it was named first; by its key where only that is known.
pub(super) fn input(entry: &Entry) -> String {
    let input = entry.places().first().map(|place| of_journal(place.input()));
    input.unwrap_or_else(|| format!("the input with key {}", entry.key()))
}

pub(super) fn job_word(outcome: JobOutcome) -> &'static str {
    match outcome {
        JobOutcome::Done => "done",
        JobOutcome::Failed => "failed",
        JobOutcome::NoResult => "no_result",
        JobOutcome::TimedOut => "timed_out",
        JobOutcome::Refused => "refused",
        _ => "unknown",
    }
}

fn upload_word(outcome: UploadOutcome) -> &'static str {
    match outcome {
        UploadOutcome::Rejected => "rejected",
        UploadOutcome::NotSent => "not_sent",
        UploadOutcome::Ambiguous => "ambiguous",
        _ => "unknown",
    }
}

fn ended(entry: &Entry) -> Option<&Ended> {
    entry.job().and_then(Job::ended)
}
