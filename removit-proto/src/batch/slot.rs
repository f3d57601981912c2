//! What a batch holds of one job, as little as its stage needs.
//!
//! A job that waits is its request and no more: policies, endpoint and seed are
//! the batch's. A machine exists while a job is open, and nothing after that.

use core::fmt;

use crate::api::accepted::Accepted;
use crate::api::endpoint::Endpoint;
use crate::api::job_id::JobId;
use crate::api::packed_status::PackedStatus;
use crate::api::seed::Seed;
use crate::api::upload_request::UploadRequest;
use crate::batch::counts::BatchCounts;
use crate::batch::event::JobEnd;
use crate::batch::fetch::Fetch;
use crate::batch::kind::Kind;
use crate::machine::Machine;
use crate::machine::poll_policy::PollPolicy;
use crate::machine::poller::Poller;
use crate::machine::resting_poller::RestingPoller;
use crate::machine::upload::Upload;
use crate::machine::upload_error::{Ambiguity, UploadError};
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;

#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// Not sent yet.
    Waiting(Box<Waiting>),
    /// Accepted by an earlier batch, and not looked at yet.
    Known(Box<JobId>),
    Open(Open),
    Ended(Ended),
}

#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) request: UploadRequest,
    /// What is not known of earlier attempts.
    pub(super) ambiguity: Option<Box<Ambiguity>>,
    /// How many attempts this batch made before.
    pub(super) attempts: u32,
}

/// Each stage in memory of its own, so that none takes that of the largest.
#[derive(Clone, Debug)]
pub(super) enum Open {
    Uploading(Box<Uploading>),
    Unstored(Box<Unstored>),
    Running(Box<Running>),
    Resting(Box<Resting>),
    Fetching(Box<Fetch>),
}

/// Accepted, and not stored yet.
#[derive(Clone, Debug)]
pub(super) struct Unstored {
    pub(super) accepted: Accepted,
    pub(super) kind: Option<Kind>,
    pub(super) at: Instant,
    pub(super) serial: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Uploading {
    pub(super) upload: Upload,
    /// How many attempts this batch made before those of `upload`.
    pub(super) earlier: u32,
    pub(super) step: Step,
}

/// How far the next attempt of an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Its intent is not stored yet.
    Intent { serial: u64 },
    /// It may be sent.
    Ready,
    /// It is under way.
    Sent,
    /// It waits for this moment, after an attempt that was not accepted.
    Pausing { until: Instant },
}

/// Being looked at, or what the look brought was not told yet.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) poller: Poller,
    /// The newest status of the looks before, where there is one.
    pub(super) before: Option<PackedStatus>,
    /// Whether a status waits to be taken as an event.
    pub(super) told: bool,
    /// `None` where that is not known.
    pub(super) kind: Option<Kind>,
    /// The age at which it was last seen pending, in milliseconds.
    pub(super) pending_at: u32,
}

/// Between two looks.
#[derive(Clone, Debug)]
pub(super) struct Resting {
    pub(super) poller: RestingPoller,
    /// As those of [`Running`].
    pub(super) kind: Option<Kind>,
    pub(super) pending_at: u32,
}

/// What is left of a job that is over: how to count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Done,
    Incomplete,
    NotDone,
    NotAccepted,
    Ambiguous { attempts: u32 },
    Cancelled,
}

impl Slot {
    /// The kind of work that is asked for, where that is known.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Waiting(waiting) => Some(Kind::of(waiting.request.mode_asked())),
            Self::Open(Open::Uploading(uploading)) => {
                Some(Kind::of(uploading.upload.request().mode_asked()))
            }
            Self::Open(Open::Running(running)) => running.kind,
            Self::Open(Open::Resting(resting)) => resting.kind,
            Self::Open(Open::Unstored(unstored)) => unstored.kind,
            _ => None,
        }
    }

    /// Where the job counts.
    pub(super) const fn count_in<'a>(&self, counts: &'a mut BatchCounts) -> &'a mut usize {
        match self {
            Self::Waiting(_) => &mut counts.waiting,
            Self::Known(_) => &mut counts.running,
            Self::Open(Open::Uploading(_)) => &mut counts.uploading,
            Self::Open(Open::Unstored(_) | Open::Running(_) | Open::Resting(_)) => {
                &mut counts.running
            }
            Self::Open(Open::Fetching(_)) => &mut counts.fetching,
            Self::Ended(Ended::Done) => &mut counts.done,
            Self::Ended(Ended::Incomplete) => &mut counts.incomplete,
            Self::Ended(Ended::NotDone) => &mut counts.not_done,
            Self::Ended(Ended::NotAccepted) => &mut counts.not_accepted,
            Self::Ended(Ended::Ambiguous { .. }) => &mut counts.ambiguous,
            Self::Ended(Ended::Cancelled) => &mut counts.cancelled,
        }
    }
}

impl Uploading {
    /// How many attempts this batch made so far.
    pub(super) fn attempts(&self) -> u32 {
        self.earlier.saturating_add(self.upload.attempts())
    }

    /// Hands the outcome over. `true` where it leaves the attempt ambiguous.
    pub(super) fn settle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) -> bool {
        let unknown = |upload: &Upload| upload.ambiguity().map_or(0, Ambiguity::attempts);
        let before = unknown(&self.upload);
        self.upload.handle(now, attempt, outcome);
        unknown(&self.upload) > before
    }
}

impl Running {
    pub(super) const fn new(poller: Poller, kind: Option<Kind>) -> Self {
        Self { poller, before: None, told: false, kind, pending_at: 0 }
    }

    /// Has its poller know the newest status, whether the last look brought one or not.
    pub(super) fn recall(&mut self) {
        let before = self.before.take();
        self.poller.recall(|job_id| Some(before?.unpack(job_id)));
    }
}

impl Open {
    /// Keeps no more of a job that waits for its next look than it needs then. What it has
    /// to tell is told first.
    pub(super) fn rest(&mut self) {
        let Self::Running(running) = self else { return };
        if !running.told && running.poller.waiting().is_some() {
            let Some(poller) = RestingPoller::of(&mut running.poller) else { return };
            let (kind, pending_at) = (running.kind, running.pending_at);
            *self = Self::Resting(Box::new(Resting { poller, kind, pending_at }));
        }
    }

    /// Makes it ready for a look that is due now.
    pub(super) fn wake(
        &mut self,
        endpoint: &Endpoint,
        policy: PollPolicy,
        seed: Seed,
        now: Instant,
    ) {
        let Self::Resting(resting) = self else { return };
        let (poller, before) = resting.poller.wake(endpoint.clone(), policy, seed, now);
        let (kind, pending_at) = (resting.kind, resting.pending_at);
        *self = Self::Running(Box::new(Running { poller, before, told: false, kind, pending_at }));
    }
}

impl From<Running> for Slot {
    fn from(running: Running) -> Self {
        Self::Open(Open::Running(Box::new(running)))
    }
}

impl From<Open> for Slot {
    fn from(open: Open) -> Self {
        Self::Open(open)
    }
}

impl From<&JobEnd> for Ended {
    fn from(end: &JobEnd) -> Self {
        match end {
            JobEnd::Done { .. } => Self::Done,
            JobEnd::Incomplete { .. } => Self::Incomplete,
            JobEnd::NotDone(_) => Self::NotDone,
            JobEnd::NotAccepted(UploadError::Ambiguous(ambiguity)) => {
                Self::Ambiguous { attempts: ambiguity.attempts() }
            }
            JobEnd::NotAccepted(_) => Self::NotAccepted,
            JobEnd::Cancelled { .. } => Self::Cancelled,
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("request", &self.request).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_waits_is_shown_by_its_request_without_what_its_url_hides() {
        let url = "https://a.example/cup.jpg?sig=s3cret".parse().unwrap();
        let request = UploadRequest::from_url(url);
        let shown = format!("{:?}", Waiting { request, ambiguity: None, attempts: 0 });
        assert!(shown.contains("Waiting") && shown.contains("cup.jpg"), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn a_job_that_is_over_is_counted_by_its_end() {
        use crate::machine::poll_error::PollError;
        use crate::machine::upload_error::AmbiguityCause;
        use crate::transport::transport_failure::TransportFailure;
        let job_id = || "j".parse::<JobId>().unwrap();
        let down = || TransportFailure::connect("down");
        let ambiguity = Ambiguity { cause: AmbiguityCause::Transport(down()), attempts: 3 };
        let late = PollError::TimedOut { job_id: job_id(), latest: None, trouble: None };
        let not_sent = JobEnd::NotAccepted(UploadError::NotSent(down()));
        let unknown = JobEnd::NotAccepted(UploadError::Ambiguous(ambiguity));
        let counts = |change: fn(&mut BatchCounts) -> &mut usize| {
            let mut counts = BatchCounts::default();
            *change(&mut counts) = 1;
            counts
        };
        for (end, ended, counted) in [
            (JobEnd::Done { job_id: job_id() }, Ended::Done, counts(|c| &mut c.done)),
            (
                JobEnd::Incomplete { job_id: job_id(), missing: 1 },
                Ended::Incomplete,
                counts(|c| &mut c.incomplete),
            ),
            (JobEnd::NotDone(late), Ended::NotDone, counts(|c| &mut c.not_done)),
            (not_sent, Ended::NotAccepted, counts(|c| &mut c.not_accepted)),
            (unknown, Ended::Ambiguous { attempts: 3 }, counts(|c| &mut c.ambiguous)),
            (JobEnd::Cancelled { job_id: None }, Ended::Cancelled, counts(|c| &mut c.cancelled)),
        ] {
            assert_eq!(Ended::from(&end), ended);
            let (slot, mut counts) = (Slot::Ended(ended), BatchCounts::default());
            *slot.count_in(&mut counts) = 1;
            assert_eq!((counts, slot.kind()), (counted, None), "{ended:?}");
        }
    }

    #[test]
    fn a_job_has_the_kind_that_was_asked_for_until_its_results_are_fetched() {
        use crate::api::upload_options::Mode;
        let url = "https://a.example/cup.jpg".parse().unwrap();
        let request = UploadRequest::from_url(url).mode(Mode::Background);
        let waiting = Waiting { request, ambiguity: None, attempts: 0 };
        assert_eq!(Slot::Waiting(Box::new(waiting)).kind(), Some(Kind::Background));

        let answer = http::Response::new(r#"{"job_id":"j"}"#);
        let accepted = Accepted::decode(&answer).unwrap();
        let (at, endpoint) =
            (Instant::ORIGIN, Endpoint::production(crate::ApiKey::new("k").unwrap()));
        let poller = Poller::new(endpoint, &accepted, PollPolicy::default(), Seed::new(1), at);
        for kind in [None, Some(Kind::Background), Some(Kind::Params)] {
            let unstored = Unstored { accepted: accepted.clone(), kind, at, serial: 1 };
            assert_eq!(Slot::Open(Open::Unstored(Box::new(unstored))).kind(), kind);
            assert_eq!(Slot::from(Running::new(poller.clone(), kind)).kind(), kind);
        }
        assert_eq!(Slot::Known(Box::new(accepted.job_id().clone())).kind(), None);
    }
}
