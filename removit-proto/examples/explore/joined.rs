//! The way of one paid job: an upload, the poller that follows it, and, on its
//! own, the download of a result.

use std::time::Duration;

use http::Uri;
use http::header::AUTHORIZATION;
use removit_proto::{
    Accepted, Action, ApiKey, Attempt, AttemptId, Download, DownloadError, DownloadPolicy,
    Endpoint, Instant, Machine, MachineKind, Outcome, PollError, PollPolicy, Poller, PollerState,
    ResultUrl, Seed, TransportFailure, Upload, UploadError, UploadPolicy, UploadRequest,
    UploadState, Wakeup,
};

use crate::ends::End;

pub(crate) const START: Instant = Instant::from_origin(Duration::from_secs(1_000_000));
/// Of all machines of the walk: as long as one from the operating system.
pub(crate) const SEED: Seed = Seed::new(0x5bd1_e995_9e37_79b9_7f4a_7c15_85eb_ca6b);
/// How long a poller watches.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(12);
pub(crate) const UPLOADS: u32 = 3;
pub(crate) const FETCHES: u32 = 2;
pub(crate) const REDIRECTS: u32 = 1;
pub(crate) const RESULT: &str = "https://a.example/x";
/// More text than this is never stored, however long it goes on (law 8).
const MOST_STORED: usize = 2048;

/// One machine at a time; an accepted upload becomes a poller.
#[derive(Clone, Debug)]
pub(crate) enum Joined {
    Upload(Upload),
    Poller(Poller),
    Download(Download),
}

/// What the driver would see.
#[derive(Debug)]
pub(crate) enum Step {
    Send(Sent),
    Sleep(Wakeup),
    /// The upload was accepted, and the poller takes over.
    Accepted {
        earlier_ambiguous: u32,
    },
    Ended(Ended),
}

/// An attempt, as far as the laws speak of it.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) id: AttemptId,
    pub(crate) deadline: Instant,
    pub(crate) what: What,
    pub(crate) to: Uri,
    pub(crate) has_key: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Upload,
    Poll,
    Fetch,
}

/// The end, as far as the laws speak of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Rejected,
    NotSent,
    Ambiguous {
        attempts: u32,
    },
    Finished,
    JobFailed,
    NoResult,
    PollRefused,
    Unreachable,
    TimedOut,
    Delivered,
    /// Fetching again is no use.
    Undeliverable,
    /// The fetches failed, one after the other.
    Undelivered,
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
        policy.retry.max_attempts = UPLOADS;
        policy.resend_ambiguous = resend;
        let request = UploadRequest::from_url(url);
        Self::Upload(Upload::new(endpoint(), request, policy, SEED, START))
    }

    pub(crate) fn resumed(now: Instant) -> Self {
        let id = "job-1".parse().expect("an id");
        Self::Poller(Poller::resume(endpoint(), id, poll_policy(), SEED, now))
    }

    pub(crate) fn fresh() -> Self {
        let answer = http::Response::new(br#"{"job_id":"job-1"}"#.as_slice());
        let accepted = Accepted::decode(&answer).expect("an id");
        Self::poller_of(&accepted, START)
    }

    pub(crate) fn download(now: Instant) -> Self {
        let url = ResultUrl::check(RESULT, &endpoint()).expect("a result's URL");
        let mut policy = DownloadPolicy::default();
        policy.retry.max_attempts = FETCHES;
        policy.max_redirects = REDIRECTS;
        Self::Download(Download::new(url, policy, SEED, now))
    }

    fn poller_of(accepted: &Accepted, now: Instant) -> Self {
        Self::Poller(Poller::new(endpoint(), accepted, poll_policy(), SEED, now))
    }

    /// The next action. Where an upload is accepted, its poller takes its place.
    pub(crate) fn next(&mut self, now: Instant) -> Step {
        match self {
            Self::Upload(upload) => match upload.next_action(now) {
                Action::Send(attempt) => sent(&attempt, What::Upload),
                Action::SleepUntil(wakeup) => Step::Sleep(wakeup),
                Action::Done(Ok(accepted)) => {
                    assert_eq!(accepted.job_id().as_str(), "job-1", "law 7: the id is there");
                    *self = Self::poller_of(&accepted, now);
                    Step::Accepted { earlier_ambiguous: accepted.earlier_ambiguous() }
                }
                Action::Done(Err(error)) => Step::Ended(end_of_upload(&error)),
            },
            Self::Poller(poller) => match poller.next_action(now) {
                Action::Send(attempt) => sent(&attempt, What::Poll),
                Action::SleepUntil(wakeup) => Step::Sleep(wakeup),
                Action::Done(Ok(finished)) => {
                    assert_eq!(finished.job_id().as_str(), "job-1", "law 7: the id is there");
                    Step::Ended(Ended::Finished)
                }
                Action::Done(Err(error)) => Step::Ended(end_of_wait(&error)),
            },
            Self::Download(download) => match download.next_action(now) {
                Action::Send(attempt) => sent(&attempt, What::Fetch),
                Action::SleepUntil(wakeup) => Step::Sleep(wakeup),
                Action::Done(Ok(downloaded)) => {
                    assert_eq!(downloaded.len, 40, "what was stored is what is told");
                    Step::Ended(Ended::Delivered)
                }
                Action::Done(Err(error)) => Step::Ended(end_of_fetch(&error)),
            },
        }
    }

    pub(crate) fn handle(&mut self, now: Instant, id: AttemptId, outcome: Outcome) {
        match self {
            Self::Upload(upload) => upload.handle(now, id, outcome),
            Self::Poller(poller) => poller.handle(now, id, outcome),
            Self::Download(download) => download.handle(now, id, outcome),
        }
    }

    /// Which kind it is, and the end that would change it most, were it told to it.
    pub(crate) const fn most_welcome(&self) -> (MachineKind, End) {
        match self {
            Self::Upload(_) => (MachineKind::Upload, End::Accepted),
            Self::Poller(_) => (MachineKind::Poller, End::Done),
            Self::Download(_) => (MachineKind::Download, End::Stored),
        }
    }

    /// The same machine in a new process, through the text that would be on
    /// disk; `None` for a download, which is begun anew.
    pub(crate) fn rebuilt(&self, now: Instant) -> Option<Self> {
        Some(match self {
            Self::Upload(upload) => {
                let state: UploadState = through_text(upload.state());
                Self::Upload(Upload::restore(endpoint(), state, now))
            }
            Self::Poller(poller) => {
                let state: PollerState = through_text(poller.state());
                Self::Poller(Poller::restore(endpoint(), state, now))
            }
            Self::Download(_) => return None,
        })
    }

    /// What a new process makes of the job's id or the result's URL alone; `None`
    /// for an upload, which has neither.
    pub(crate) fn anew(&self, now: Instant) -> Option<Self> {
        match self {
            Self::Upload(_) => None,
            Self::Poller(_) => Some(Self::resumed(now)),
            Self::Download(_) => Some(Self::download(now)),
        }
    }

    /// Whether both would go on alike.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Upload(a), Self::Upload(b)) => a.state() == b.state(),
            (Self::Poller(a), Self::Poller(b)) => a.state() == b.state(),
            (Self::Download(a), Self::Download(b)) => a == b,
            _ => false,
        }
    }
}

fn through_text<S: serde::Serialize + serde::de::DeserializeOwned>(state: &S) -> S {
    let text = serde_json::to_string(state).expect("storable");
    assert!(text.len() <= MOST_STORED, "law 8: {} bytes to store: {text}", text.len());
    serde_json::from_str(&text).expect("readable")
}

fn sent(attempt: &Attempt, what: What) -> Step {
    let headers = attempt.request.headers();
    Step::Send(Sent {
        id: attempt.id,
        deadline: attempt.deadline,
        what,
        to: attempt.request.uri().clone(),
        has_key: headers.contains_key("x-api-key") || headers.contains_key(AUTHORIZATION),
    })
}

fn end_of_upload(error: &UploadError) -> Ended {
    match error {
        UploadError::Rejected(_) => Ended::Rejected,
        UploadError::NotSent(_) => Ended::NotSent,
        UploadError::Ambiguous(a) => Ended::Ambiguous { attempts: a.attempts() },
        other => panic!("an end without a law: {other:?}"),
    }
}

fn end_of_wait(error: &PollError) -> Ended {
    assert_eq!(error.job_id().as_str(), "job-1", "law 7: the id is there");
    match error {
        PollError::Failed(_) => Ended::JobFailed,
        PollError::NoResult(_) => Ended::NoResult,
        PollError::Refused { .. } => Ended::PollRefused,
        PollError::Unreachable { .. } => Ended::Unreachable,
        PollError::TimedOut { .. } => Ended::TimedOut,
        other => panic!("an end without a law: {other:?}"),
    }
}

fn end_of_fetch(error: &DownloadError) -> Ended {
    match error {
        DownloadError::Transport(failure)
            if !failure.is_lasting() && !matches!(failure, TransportFailure::TooLarge { .. }) =>
        {
            Ended::Undelivered
        }
        DownloadError::Server(_)
        | DownloadError::WrongLength { .. }
        | DownloadError::NotDelivered(_)
        | DownloadError::NotAnImage { .. } => Ended::Undelivered,
        _ => Ended::Undeliverable,
    }
}

fn poll_policy() -> PollPolicy {
    let mut policy = PollPolicy::default();
    policy.timeout = TIMEOUT;
    policy.attempt_timeout = Duration::from_secs(5);
    policy
}
