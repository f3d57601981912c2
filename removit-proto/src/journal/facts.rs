//! Records made of what the machines say.
//!
//! Text of the server's goes in only where the API key was taken out of it: out
//! of an upload's errors by the machine, and out of a status here.

use core::time::Duration;

use super::input::{Destination, Input};
use super::path::JournalPath;
use super::reason::Reason;
use super::record::{
    Accepted, Ended, Format, Header, Intent, JobOutcome, NotAccepted, Opened, Planned, Saved,
    Status, UploadOutcome,
};
use super::wall_time::WallTime;
use crate::api::endpoint::Endpoint;
use crate::api::finished::Finished;
use crate::api::job_id::JobId;
use crate::api::job_status::JobStatus;
use crate::api::upload_options::UploadOptions;
use crate::journal::input_key::InputKey;
use crate::machine::poll_error::PollError;
use crate::machine::upload_error::UploadError;

impl Header {
    /// The version that is written and read.
    pub const VERSION: u32 = 1;

    /// The header of a journal that begins now.
    #[must_use]
    pub fn new(at: WallTime, by: impl Into<String>) -> Self {
        let (format, version, by) = (Format::RemovitJournal, Self::VERSION, by.into());
        Self { format, version, minor: 0, at, by, api: None, folder: None, label: None }
    }
}

impl Opened {
    /// A process that begins to write now.
    #[must_use]
    pub fn new(at: WallTime, by: impl Into<String>, pid: Option<u32>) -> Self {
        Self { at, by: by.into(), pid, folder: None }
    }

    /// The same, of a journal in this folder.
    #[must_use]
    pub fn in_folder(mut self, folder: JournalPath) -> Self {
        self.folder = Some(folder);
        self
    }
}

impl Planned {
    /// An input with the options of its job; its results are not fetched.
    #[must_use]
    pub const fn new(at: WallTime, key: InputKey, input: Input, options: UploadOptions) -> Self {
        Self { key, at, input, options, destination: None }
    }

    /// The same, with a destination for its results.
    #[must_use]
    pub fn with_destination(mut self, destination: Destination) -> Self {
        self.destination = Some(destination);
        self
    }
}

impl Accepted {
    /// A job that another journal tells of.
    #[must_use]
    pub const fn new(at: WallTime, key: InputKey, job_id: JobId, attempt: u32) -> Self {
        Self { key, job_id, at, attempt, salvaged: false, earlier_ambiguous: 0 }
    }
}

impl Intent {
    /// An upload that is about to be sent. [`Entry::next_attempt`](super::Entry::next_attempt)
    /// counts.
    #[must_use]
    pub const fn new(at: WallTime, key: InputKey, attempt: u32) -> Self {
        Self { key, at, attempt }
    }

    /// The record of the job that came of it.
    #[must_use]
    pub fn accepted(&self, at: WallTime, accepted: &crate::Accepted) -> Accepted {
        Accepted {
            key: self.key,
            job_id: accepted.job_id().clone(),
            at,
            attempt: self.attempt,
            salvaged: accepted.is_salvaged(),
            earlier_ambiguous: accepted.earlier_ambiguous(),
        }
    }

    /// The record of its end without a job's id.
    #[must_use]
    pub fn not_accepted(&self, at: WallTime, error: &UploadError) -> NotAccepted {
        let (outcome, ambiguous_attempts) = match error {
            UploadError::Rejected(_) => (UploadOutcome::Rejected, 0),
            UploadError::NotSent(_) => (UploadOutcome::NotSent, 0),
            UploadError::Ambiguous(ambiguity) => (UploadOutcome::Ambiguous, ambiguity.attempts()),
        };
        let (key, attempt, reason) = (self.key, self.attempt, Reason::new(error));
        NotAccepted { key, at, attempt, outcome, ambiguous_attempts, reason }
    }
}

impl Status {
    /// How the job is. Copies of the endpoint's key in it are replaced.
    #[must_use]
    pub fn new(at: WallTime, key: InputKey, status: &JobStatus, endpoint: &Endpoint) -> Self {
        let job_id = status.job_id().clone();
        let step = status.step().map(|step| Reason::new(endpoint.redact(step)));
        Self { key, job_id, at, step, progress: status.progress() }
    }
}

impl Ended {
    /// A job that is done, so long after it was accepted.
    #[must_use]
    pub fn done(at: WallTime, key: InputKey, finished: &Finished, elapsed: Duration) -> Self {
        let results = finished.results().iter();
        let mut ended = Self::new(at, key, finished.job_id(), JobOutcome::Done, elapsed);
        ended.progress = finished.status().progress();
        ended.results = results.map(|link| link.variation().map(str::to_owned)).collect();
        ended
    }

    /// A wait that ended without a result. Copies of the endpoint's key in its
    /// reason are replaced.
    #[must_use]
    pub fn failed(
        at: WallTime,
        key: InputKey,
        error: &PollError,
        elapsed: Duration,
        endpoint: &Endpoint,
    ) -> Self {
        let outcome = match error {
            PollError::Failed(_) => JobOutcome::Failed,
            PollError::NoResult(_) => JobOutcome::NoResult,
            PollError::Refused { .. } => JobOutcome::Refused,
            // The job goes on: a later run asks again.
            PollError::TimedOut { .. } | PollError::Unreachable { .. } => JobOutcome::TimedOut,
        };
        let mut ended = Self::new(at, key, error.job_id(), outcome, elapsed);
        ended.progress = error.latest().and_then(JobStatus::progress);
        ended.reason = Some(Reason::new(endpoint.redact(&error.to_string())));
        ended
    }

    fn new(
        at: WallTime,
        key: InputKey,
        job_id: &JobId,
        outcome: JobOutcome,
        elapsed: Duration,
    ) -> Self {
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let (job_id, progress, results) = (job_id.clone(), None, Vec::new());
        Self { key, job_id, at, outcome, elapsed_ms, progress, results, reason: None }
    }
}

impl Saved {
    /// A result that is whole on disk, in the key's first place.
    #[must_use]
    pub const fn new(at: WallTime, key: InputKey, path: JournalPath, len: u64) -> Self {
        Self { key, at, place: 0, variation: None, path, len, sha256: None }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::journal::content_hash::ContentHash;

    #[test]
    fn what_is_said_of_a_record_later_is_in_it() {
        let at = WallTime::from_unix(Duration::from_secs(1));
        let path = || JournalPath::new(Path::new("photos"));
        let opened = Opened::new(at, "test", Some(7));
        assert_eq!((opened.at, opened.by.as_str(), opened.pid), (at, "test", Some(7)));
        assert_eq!((opened.folder.clone(), opened.in_folder(path()).folder), (None, Some(path())));
        let key = InputKey::new(ContentHash::new([1; 32]));
        let input = Input::Memory("cup".to_owned());
        let planned = Planned::new(at, key, input.clone(), UploadOptions::default());
        assert_eq!((planned.key, planned.at, &planned.input), (key, at, &input));
        let destination = Destination::File(path());
        let placed = planned.clone().with_destination(destination.clone());
        assert_eq!((planned.destination, placed.destination), (None, Some(destination)));
    }
}
