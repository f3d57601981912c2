//! The machine of one photo, from its upload to the last of its results.
//!
//! Owns no decision that its parts do not: [`Upload`], [`Poller`] and a
//! [`Download`](crate::Download) for each result, one after the other. What is its own is
//! the way from one to the next, the fresh URL for one that expired, and a state that can
//! be stored at every step.

use core::mem;

use serde::{Deserialize, Serialize};

use crate::api::accepted::Accepted;
use crate::api::endpoint::Endpoint;
use crate::api::job_id::JobId;
use crate::api::job_status::JobStatus;
use crate::api::seed::Seed;
use crate::api::upload_request::UploadRequest;
use crate::machine::job_end::{JobError, JobOutput};
use crate::machine::job_policy::JobPolicy;
use crate::machine::job_results::{Results, StoredResults, Terms};
use crate::machine::poller::Poller;
use crate::machine::poller_state::PollerState;
use crate::machine::stored::Version;
use crate::machine::upload::Upload;
use crate::machine::upload_state::UploadState;
use crate::machine::{Action, Machine};
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;

/// One photo, from its upload to the last of its results.
///
/// ```text
/// Uploading ──► Polling ──► Fetching { result: 0 } ──► … ──► Done(Ok)   each result has its end
///     │            │            │      ▲
///     │            │            ▼      │ 403, 404, 410: the status names a new URL
///     │            │          one look ┘
///     │            └─► Done(Err)   failed, refused, timed out: the id is in it
///     └─► Done(Err)   rejected, not sent, ambiguous
/// ```
///
/// What is stored is [`state`](Self::state); store it when
/// [`next_action`](Machine::next_action) answered `Send`, before sending, and when
/// [`accepted`](Self::accepted) has the job's id. An acceptance counts whenever it comes:
/// a job that was ambiguous goes on then.
///
/// ```
/// use bytes::Bytes;
/// use http::Response;
/// use removit_proto::{
///     Action, ApiKey, Endpoint, Instant, Job, JobPolicy, JobStage, Machine, Outcome, Seed,
///     UploadRequest,
/// };
///
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let request = UploadRequest::from_url("https://example.com/cup.jpg".parse()?);
/// let mut now = Instant::ORIGIN;
/// let mut job = Job::new(endpoint, request, JobPolicy::default(), Seed::new(1), now);
/// let mut answers = [
///     r#"{"job_id":"j-1","status":"queued"}"#,
///     r#"{"job_id":"j-1","state":"done","final_url":"https://cdn.example.com/cup.png"}"#,
/// ].into_iter();
///
/// let output = loop {
///     match job.next_action(now) {
///         // `stage` says what the attempt is for: a result needs a file of its own.
///         Action::Send(attempt) if job.stage() == (JobStage::Fetching { result: 0 }) => {
///             let head = Response::builder().header("content-length", 8).body(())?;
///             let start = Bytes::from_static(b"\x89PNG\r\n\x1a\n");
///             job.handle(now, attempt.id, Outcome::stored(head, 8, start));
///         }
///         Action::Send(attempt) => {
///             let answer = Response::new(Bytes::from(answers.next().unwrap_or_default()));
///             job.handle(now, attempt.id, Outcome::Response(answer));
///         }
///         Action::SleepUntil(wakeup) => now = wakeup.at,
///         Action::Done(output) => break output?,
///     }
/// };
/// assert_eq!(job.job_id().map(|id| id.as_str()), Some("j-1"));
/// assert_eq!(output.results[0].as_ref().map(|whole| whole.extension()), Ok("png"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Job {
    endpoint: Endpoint,
    policy: JobPolicy,
    seed: Seed,
    /// The upload that was accepted; `None` before that, and where the id is all that was
    /// known of the job.
    made_by: Option<Box<Upload>>,
    phase: Phase,
}

#[derive(Clone, Debug)]
enum Phase {
    Uploading(Box<Upload>),
    Polling(Box<Poller>),
    Fetching(Box<Results>),
}

/// Where a [`Job`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobStage {
    /// It is being sent, or was not accepted.
    Uploading,
    /// It is paid for, and watched.
    Polling,
    /// It is done, and this result is being fetched: by its place among
    /// [`Finished::results`](crate::Finished::results).
    Fetching {
        /// Which of the results.
        result: usize,
    },
    /// It has ended.
    Over,
}

/// Everything about a [`Job`] but its endpoint and key: to be stored.
///
/// What is promised of it is that of [`UploadState`](crate::UploadState). What became of
/// each result is in it; one that was under way begins anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobState {
    #[serde(default)]
    version: Version,
    policy: JobPolicy,
    seed: Seed,
    made_by: Option<Box<UploadState>>,
    phase: StoredPhase,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StoredPhase {
    Uploading(Box<UploadState>),
    Polling(Box<PollerState>),
    Fetching(Box<StoredResults>),
}

impl Job {
    /// A job that is to be made, from `now` on.
    #[must_use]
    pub fn new(
        endpoint: Endpoint,
        request: UploadRequest,
        policy: JobPolicy,
        seed: Seed,
        now: Instant,
    ) -> Self {
        let upload = Upload::new(endpoint.clone(), request, policy.upload, seed, now);
        Self { endpoint, policy, seed, made_by: None, phase: Phase::Uploading(Box::new(upload)) }
    }

    /// A job that was made before, of which only the id is known. The first look is at
    /// once.
    #[must_use]
    pub fn resume(
        endpoint: Endpoint,
        job_id: JobId,
        policy: JobPolicy,
        seed: Seed,
        now: Instant,
    ) -> Self {
        let poller = Poller::resume(endpoint.clone(), job_id, policy.poll, seed, now);
        let phase = Phase::Polling(Box::new(poller));
        Self { endpoint, policy, seed, made_by: None, phase }
    }

    /// The job that [`state`](Self::state) was taken from, in this process or another:
    /// see [`Upload::restore`] and [`Poller::restore`] for an attempt that was under way,
    /// and for another clock.
    #[must_use]
    pub fn restore(endpoint: Endpoint, state: JobState, now: Instant) -> Self {
        let JobState { version: _, policy, seed, made_by, phase } = state;
        let upload = |state: UploadState| Box::new(Upload::restore(endpoint.clone(), state, now));
        let made_by = made_by.map(|state| upload(*state));
        let phase = match phase {
            StoredPhase::Uploading(state) => Phase::Uploading(upload(*state)),
            StoredPhase::Polling(state) => {
                Phase::Polling(Box::new(Poller::restore(endpoint.clone(), *state, now)))
            }
            StoredPhase::Fetching(stored) => {
                Phase::Fetching(Box::new(Results::restore(&endpoint, *stored, now)))
            }
        };
        Self { endpoint, policy, seed, made_by, phase }
    }

    /// What to store.
    #[must_use]
    pub fn state(&self) -> JobState {
        JobState {
            version: Version::CURRENT,
            policy: self.policy,
            seed: self.seed,
            made_by: self.made_by.as_ref().map(|upload| Box::new(upload.state().clone())),
            phase: match &self.phase {
                Phase::Uploading(upload) => {
                    StoredPhase::Uploading(Box::new(upload.state().clone()))
                }
                Phase::Polling(poller) => StoredPhase::Polling(Box::new(poller.state().clone())),
                Phase::Fetching(results) => StoredPhase::Fetching(Box::new(results.stored())),
            },
        }
    }

    /// Where the job is.
    #[must_use]
    pub fn stage(&self) -> JobStage {
        match &self.phase {
            Phase::Uploading(upload) if upload.end().is_none() => JobStage::Uploading,
            Phase::Polling(poller) if poller.end().is_none() => JobStage::Polling,
            Phase::Uploading(_) | Phase::Polling(_) => JobStage::Over,
            Phase::Fetching(results) => match results.current() {
                Some(result) => JobStage::Fetching { result },
                None => JobStage::Over,
            },
        }
    }

    /// The acceptance, as soon as it is there; `None` for a job that was resumed.
    #[must_use]
    pub fn accepted(&self) -> Option<&Accepted> {
        match (&self.phase, &self.made_by) {
            (Phase::Uploading(upload), _) | (_, Some(upload)) => upload.accepted(),
            (_, None) => None,
        }
    }

    /// The job's id, as soon as it is known.
    #[must_use]
    pub fn job_id(&self) -> Option<&JobId> {
        match &self.phase {
            Phase::Uploading(upload) => upload.accepted().map(Accepted::job_id),
            Phase::Polling(poller) => Some(poller.job_id()),
            Phase::Fetching(results) => Some(results.finished.job_id()),
        }
    }

    /// The newest status, if any look brought one.
    #[must_use]
    pub fn latest(&self) -> Option<&JobStatus> {
        match &self.phase {
            Phase::Uploading(_) => None,
            Phase::Polling(poller) => poller.latest(),
            Phase::Fetching(results) => Some(results.finished.status()),
        }
    }

    /// The status that the last look of this stage brought; `None` where it brought none.
    /// The last one of all is [`latest`](Self::latest).
    #[must_use]
    pub fn news(&self) -> Option<&JobStatus> {
        match &self.phase {
            Phase::Polling(poller) => poller.news(),
            Phase::Fetching(results) => results.news(),
            Phase::Uploading(_) => None,
        }
    }

    /// The attempt whose outcome is awaited, if one is.
    #[must_use]
    pub fn in_flight(&self) -> Option<AttemptId> {
        match &self.phase {
            Phase::Uploading(upload) => upload.in_flight(),
            Phase::Polling(poller) => poller.in_flight(),
            Phase::Fetching(results) => results.in_flight(),
        }
    }

    fn end(&self) -> Option<Result<JobOutput, JobError>> {
        match &self.phase {
            Phase::Uploading(upload) => match upload.end()? {
                Ok(_) => None,
                Err(error) => Some(Err(JobError::Upload(error))),
            },
            Phase::Polling(poller) => Some(match poller.end()? {
                Ok(finished) => Ok(JobOutput { finished, results: Vec::new() }),
                Err(error) => Err(JobError::Poll(error)),
            }),
            Phase::Fetching(results) => {
                let ends = results.ends.iter().cloned().collect::<Option<_>>()?;
                Some(Ok(JobOutput { finished: results.finished.clone(), results: ends }))
            }
        }
    }

    /// Goes over to the next part where one is over.
    fn advance(&mut self, now: Instant) {
        if let Phase::Uploading(upload) = &self.phase {
            let Some(Ok(accepted)) = upload.end() else { return };
            let (endpoint, policy) = (self.endpoint.clone(), self.policy.poll);
            let poller = Poller::new(endpoint, &accepted, policy, self.seed, now);
            let uploading = mem::replace(&mut self.phase, Phase::Polling(Box::new(poller)));
            if let Phase::Uploading(upload) = uploading {
                self.made_by = Some(upload);
            }
        }
        if let Phase::Polling(poller) = &self.phase {
            let Some(Ok(finished)) = poller.end() else { return };
            if self.policy.download.is_some() {
                let results = Results::new(finished, poller.last_sent());
                self.phase = Phase::Fetching(Box::new(results));
            }
        }
        if let Phase::Fetching(results) = &mut self.phase {
            let Self { endpoint, policy, seed, .. } = self;
            results.advance(now, &Terms { endpoint, policy, seed: *seed });
        }
    }
}

impl Machine for Job {
    type Output = Result<JobOutput, JobError>;

    fn next_action(&mut self, now: Instant) -> Action<Self::Output> {
        loop {
            self.advance(now);
            if let Some(end) = self.end() {
                return Action::Done(end);
            }
            let next = match &mut self.phase {
                Phase::Uploading(upload) => upload.next_action(now).if_not_done(),
                Phase::Polling(poller) => poller.next_action(now).if_not_done(),
                Phase::Fetching(results) => results.next_action(now),
            };
            match next {
                Some(Action::Send(mut attempt)) => {
                    attempt.job_id = self.job_id().cloned();
                    return Action::Send(attempt);
                }
                Some(action) => return action,
                None => {}
            }
        }
    }

    fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) {
        match (&mut self.phase, &mut self.made_by) {
            (Phase::Uploading(upload), _) => upload.handle(now, attempt, outcome),
            // An acceptance is never too late: a further one is a further paid job.
            (_, Some(upload)) if attempt.kind() == MachineKind::Upload => {
                upload.handle(now, attempt, outcome);
            }
            (Phase::Polling(poller), _) => poller.handle(now, attempt, outcome),
            (Phase::Fetching(results), _) => results.handle(now, attempt, outcome),
        }
        self.advance(now);
    }
}
