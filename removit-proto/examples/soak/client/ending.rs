//! How a client's work ends, and when its operator lets it end.

use std::time::Duration;

use removit_proto::{Instant, PollError, UploadError};

use super::{Client, RESTART, Stage};

/// How long after the storm an operator still starts a wait anew.
const PATIENCE: Duration = Duration::from_secs(120);

/// How it ended, in the client's opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Rejected,
    NotSent,
    Ambiguous,
    Delivered,
    JobFailed,
    NoResult,
    GaveUp,
}

impl Client {
    pub(super) fn end_upload(&mut self, now: Instant, error: &UploadError) {
        let ending = match error {
            UploadError::Rejected(_) => Ending::Rejected,
            UploadError::NotSent(_) => Ending::NotSent,
            UploadError::Ambiguous(ambiguity) => {
                self.ambiguous = ambiguity.attempts();
                Ending::Ambiguous
            }
            other => panic!("an end without a law: {other:?}"),
        };
        self.end(now, ending);
    }

    pub(super) fn end_wait(&mut self, now: Instant, error: &PollError) {
        assert_eq!(Some(error.job_id()), self.accepted.as_ref(), "law 7: the id is there");
        match error {
            PollError::Failed(_) => self.end(now, Ending::JobFailed),
            PollError::NoResult(_) => self.end(now, Ending::NoResult),
            _ if self.gives_up(now) => self.end(now, Ending::GaveUp),
            _ => self.stage = Stage::Restart(now + RESTART),
        }
    }

    /// An operator gives up after a wait in calm weather, with the right key.
    fn gives_up(&self, now: Instant) -> bool {
        now > self.calm + PATIENCE && self.wait_began >= self.calm && !self.has_wrong_key
    }

    pub(super) fn end(&mut self, now: Instant, ending: Ending) {
        self.ended_at = Some(now);
        self.stage = Stage::Over(ending);
    }
}
