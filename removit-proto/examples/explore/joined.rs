//! An upload, and the poller that follows it: the way of one paid job.

use std::time::Duration;

use removit_proto::{
    Accepted, Action, ApiKey, Attempt, AttemptId, Endpoint, Instant, Machine, Outcome, PollPolicy,
    Poller, PollerState, Seed, Upload, UploadError, UploadPolicy, UploadRequest, UploadState,
    Wakeup,
};

pub(crate) const START: Instant = Instant::from_origin(Duration::from_secs(1_000));
pub(crate) const TIMEOUT: Duration = Duration::from_secs(12);

/// One machine at a time; an accepted upload becomes a poller.
#[derive(Clone, Debug)]
pub(crate) enum Joined {
    Upload(Upload),
    Poller(Poller),
}

/// What the driver would see.
#[derive(Debug)]
pub(crate) enum Step {
    Send {
        id: AttemptId,
        deadline: Instant,
        is_upload: bool,
    },
    Sleep(Wakeup),
    /// The upload was accepted, and the poller takes over.
    Accepted {
        earlier_ambiguous: u32,
    },
    Ended(End),
}

/// The end, as far as the laws speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Rejected,
    NotSent,
    Ambiguous {
        attempts: u32,
    },
    /// The poller's, whatever it is, with the job's id in it.
    OfJob(String),
}

thread_local! {
    static ENDPOINT: Endpoint =
        Endpoint::production(ApiKey::new("sk-explore").expect("a key"));
}

fn endpoint() -> Endpoint {
    ENDPOINT.with(Clone::clone)
}

impl Joined {
    pub(crate) fn upload(resend: bool) -> Self {
        let url = "https://example.com/cup.jpg".parse().expect("a URL");
        let mut policy = UploadPolicy::default();
        policy.retry.max_attempts = 3;
        policy.resend_ambiguous = resend;
        let request = UploadRequest::from_url(url);
        Self::Upload(Upload::new(endpoint(), request, policy, Seed::new(1), START))
    }

    pub(crate) fn resumed() -> Self {
        let id = "job-1".parse().expect("an id");
        Self::Poller(Poller::resume(endpoint(), id, poll_policy(), Seed::new(1), START))
    }

    pub(crate) fn fresh() -> Self {
        let answer = http::Response::new(br#"{"job_id":"job-1"}"#.as_slice());
        let accepted = Accepted::decode(&answer).expect("an id");
        Self::poller_of(&accepted, START)
    }

    fn poller_of(accepted: &Accepted, now: Instant) -> Self {
        Self::Poller(Poller::new(endpoint(), accepted, poll_policy(), Seed::new(1), now))
    }

    /// The next action. Where an upload is accepted, its poller takes its place.
    pub(crate) fn next(&mut self, now: Instant) -> Step {
        match self {
            Self::Upload(upload) => match upload.next_action(now) {
                Action::Send(attempt) => sent(&attempt, true),
                Action::SleepUntil(wakeup) => Step::Sleep(wakeup),
                Action::Done(Ok(accepted)) => {
                    *self = Self::poller_of(&accepted, now);
                    Step::Accepted { earlier_ambiguous: accepted.earlier_ambiguous() }
                }
                Action::Done(Err(error)) => Step::Ended(match error {
                    UploadError::Rejected(_) => End::Rejected,
                    UploadError::NotSent(_) => End::NotSent,
                    UploadError::Ambiguous(a) => End::Ambiguous { attempts: a.attempts() },
                    other => panic!("an end without a law: {other:?}"),
                }),
            },
            Self::Poller(poller) => match poller.next_action(now) {
                Action::Send(attempt) => sent(&attempt, false),
                Action::SleepUntil(wakeup) => Step::Sleep(wakeup),
                Action::Done(Ok(finished)) => {
                    Step::Ended(End::OfJob(finished.job_id().to_string()))
                }
                Action::Done(Err(error)) => Step::Ended(End::OfJob(error.job_id().to_string())),
            },
        }
    }

    pub(crate) fn handle(&mut self, now: Instant, id: AttemptId, outcome: Outcome) {
        match self {
            Self::Upload(upload) => upload.handle(now, id, outcome),
            Self::Poller(poller) => poller.handle(now, id, outcome),
        }
    }

    /// The same machine in a new process: through the text that would be on disk.
    pub(crate) fn rebuilt(&self) -> Self {
        match self {
            Self::Upload(upload) => {
                let text = serde_json::to_string(upload.state()).expect("storable");
                let state: UploadState = serde_json::from_str(&text).expect("readable");
                Self::Upload(Upload::restore(endpoint(), state))
            }
            Self::Poller(poller) => {
                let text = serde_json::to_string(poller.state()).expect("storable");
                let state: PollerState = serde_json::from_str(&text).expect("readable");
                Self::Poller(Poller::restore(endpoint(), state))
            }
        }
    }

    /// Whether both would be stored alike.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Upload(a), Self::Upload(b)) => a.state() == b.state(),
            (Self::Poller(a), Self::Poller(b)) => a.state() == b.state(),
            _ => false,
        }
    }
}

fn sent(attempt: &Attempt, is_upload: bool) -> Step {
    Step::Send { id: attempt.id, deadline: attempt.deadline, is_upload }
}

fn poll_policy() -> PollPolicy {
    let mut policy = PollPolicy::default();
    policy.timeout = TIMEOUT;
    policy.attempt_timeout = Duration::from_secs(5);
    policy
}
