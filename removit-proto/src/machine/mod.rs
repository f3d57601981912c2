//! The shape that all machines share: what to do next, and what came of it.
//!
//! A machine does no I/O and reads no clock. Its driver, which is yours or an
//! adapter's, asks [`next_action`](Machine::next_action) with the present time,
//! does what the answer says, and hands the [`Outcome`] to
//! [`handle`](Machine::handle).
//!
//! ```text
//!              ┌──────────────── handle(now, id, outcome) ───────────────┐
//!              ▼                                                         │
//!   next_action(now) ──► Send(attempt) ──── one request, one outcome ────┤
//!              │                                                         │
//!              ├───────► SleepUntil(wakeup) ─── time passes ─────────────┘
//!              │
//!              └───────► Done(output), for ever
//!
//!   Upload ── accepted ──► (store the job's id) ──► Poller ── done ──► Download
//!     │ rejected                                      │ failed            │ refused
//!     │ not sent                                      │ refused           │ unsafe
//!     └ ambiguous                                     └ timed out         └ …
//! ```
//!
//! One photo through all three, by hand:
//!
//! ```
//! use bytes::Bytes;
//! use http::{Response, StatusCode};
//! use removit_proto::{
//!     Action, ApiKey, Download, DownloadPolicy, Endpoint, GRACE, Instant, Machine, Outcome, PollPolicy,
//!     Poller, ResultUrl, Seed, Sink, TransportFailure, Upload, UploadPolicy, UploadRequest,
//!     WakeReason,
//! };
//! use std::time::Duration;
//!
//! let endpoint = Endpoint::production(ApiKey::new("my-key")?);
//! let seed = Seed::new(1); // 128 bits from the operating system in production
//! let mut now = Instant::ORIGIN;
//!
//! // Upload: the first attempt finds no connection, so it is safe to send again.
//! let request = UploadRequest::from_url("https://example.com/image.jpg".parse()?);
//! let mut upload = Upload::new(endpoint.clone(), request, UploadPolicy::default(), seed, now);
//! let Action::Send(attempt) = upload.next_action(now) else { unreachable!() };
//! assert_eq!(attempt.request.method(), "POST");
//!
//! // Asking again does not send again: the attempt is under way.
//! let Action::SleepUntil(wakeup) = upload.next_action(now) else { unreachable!() };
//! assert_eq!(wakeup.reason, WakeReason::AttemptDeadline);
//! assert_eq!(wakeup.at, attempt.deadline + GRACE); // later, nobody waits for its outcome
//!
//! upload.handle(now, attempt.id, Outcome::Failed(TransportFailure::connect("refused")));
//! let Action::SleepUntil(wakeup) = upload.next_action(now) else { unreachable!() };
//! assert_eq!(wakeup.reason, WakeReason::Backoff);
//! now = wakeup.at;
//!
//! // The second attempt is accepted. Store the id before anything else.
//! let Action::Send(attempt) = upload.next_action(now) else { unreachable!() };
//! let mut answer = Response::new(Bytes::from_static(br#"{"job_id":"j-1","status":"queued"}"#));
//! *answer.status_mut() = StatusCode::ACCEPTED;
//! upload.handle(now, attempt.id, Outcome::Response(answer));
//! let Action::Done(Ok(accepted)) = upload.next_action(now) else { unreachable!() };
//! assert_eq!(accepted.job_id().as_str(), "j-1");
//!
//! // Poll: nothing before the schedule's first interval, then pending, then done.
//! let mut poller = Poller::new(endpoint.clone(), &accepted, PollPolicy::default(), seed, now);
//! let bodies = [
//!     r#"{"job_id":"j-1","status":"pending_compose","state":"pending","progress":33}"#,
//!     r#"{"job_id":"j-1","state":"done","final_url":"https://cdn.example.com/cup.webp"}"#,
//! ];
//! for body in bodies {
//!     let Action::SleepUntil(wakeup) = poller.next_action(now) else { unreachable!() };
//!     assert_eq!(wakeup.reason, WakeReason::PollInterval);
//!     assert!(wakeup.at - now >= Duration::from_secs(2));
//!     now = wakeup.at;
//!     let Action::Send(attempt) = poller.next_action(now) else { unreachable!() };
//!     assert_eq!(attempt.request.uri().query(), Some("job_id=j-1"));
//!     poller.handle(now, attempt.id, Outcome::Response(Response::new(Bytes::from(body))));
//! }
//! let Action::Done(Ok(finished)) = poller.next_action(now) else { unreachable!() };
//!
//! // Download: the body goes into a file of the driver's, one redirect is followed.
//! let url = ResultUrl::check(finished.results()[0].url(), &endpoint)?;
//! let mut download = Download::new(url, DownloadPolicy::default(), seed, now);
//! let Action::Send(attempt) = download.next_action(now) else { unreachable!() };
//! assert!(matches!(attempt.sink, Sink::File { .. }));
//! assert!(!attempt.request.headers().contains_key("x-api-key"));
//! let redirect = Response::builder().status(302).header("location", "/elsewhere.webp");
//! download.handle(now, attempt.id, Outcome::Response(redirect.body(Bytes::new())?));
//!
//! let Action::Send(attempt) = download.next_action(now) else { unreachable!() };
//! let head = Response::builder().header("content-length", 8568).body(())?;
//! download.handle(now, attempt.id, Outcome::stored(head, 8568, b"RIFF\x70\x21\0\0WEBP".as_slice()));
//! let Action::Done(Ok(downloaded)) = download.next_action(now) else { unreachable!() };
//! assert_eq!(downloaded.url.as_str(), "https://cdn.example.com/elsewhere.webp");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod ages;
pub(crate) mod download;
pub(crate) mod download_error;
mod download_part;
pub(crate) mod download_policy;
pub(crate) mod downloaded;
pub(crate) mod durations;
pub(crate) mod job;
pub(crate) mod job_end;
pub(crate) mod job_policy;
mod job_results;
mod look_plan;
pub(crate) mod observer;
pub(crate) mod outlook;
pub(crate) mod poll_end;
pub(crate) mod poll_error;
pub(crate) mod poll_policy;
pub(crate) mod poller;
pub(crate) mod poller_state;
pub(crate) mod resting_poller;
pub(crate) mod retry;
pub(crate) mod schedule;
pub(crate) mod stored;
pub(crate) mod upload;
pub(crate) mod upload_error;
pub(crate) mod upload_policy;
pub(crate) mod upload_state;
pub(crate) mod verdict;

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::transport::attempt::{Attempt, GRACE};
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;

/// A state machine that decides what to send and when.
///
/// The laws, for every machine of this crate and every order of calls:
///
/// 1. A [`Send`](Action::Send) is handed out once. Until its outcome arrives or it
///    counts as lost, further calls answer `SleepUntil` that moment; otherwise
///    calling again changes nothing. `Done` repeats for ever, but for one thing: an
///    upload that ended without a job's id is accepted when an acceptance comes all
///    the same, and what was accepted stays so.
/// 2. `SleepUntil(at)` has `at > now`, and `Send` has `deadline > now`.
/// 3. An outcome of an old attempt, of another machine or of another kind of
///    machine is ignored: an [`AttemptId`] tells all three apart. Late, missing or
///    repeated calls do no harm, and neither does time that goes backwards.
/// 4. An attempt that nobody finishes ends by itself at its deadline and a
///    [grace](crate::GRACE), so that an outcome that comes with the deadline counts.
///    An acceptance is never too late.
/// 5. An upload is sent at most once, unless every earlier attempt is known not
///    to have been processed, or the caller asked for more.
/// 6. Two polls of a job are never closer than the schedule's floor; at or after
///    the deadline there is one last look, then `Done`, at most the grace later.
/// 7. Every error about an accepted job carries its id.
/// 8. Each call costs O(1) (O(log n) for a batch of n jobs), what is stored does not grow with the number of
///    calls, and the requests of one machine are bounded: see
///    [`UploadPolicy`](crate::UploadPolicy),
///    [`PollPolicy::most_polls`](crate::PollPolicy::most_polls) and
///    [`DownloadPolicy::most_requests`](crate::DownloadPolicy::most_requests).
pub trait Machine {
    /// What the machine ends with.
    type Output;

    /// What to do now. Call it after each outcome and at each wake-up; calls in
    /// between are harmless.
    #[must_use = "a `Send` that is dropped counts as lost in the end"]
    fn next_action(&mut self, now: Instant) -> Action<Self::Output>;

    /// Hands over what came of an attempt. At a wake-up, hand over what is there
    /// before asking for the next action.
    fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome);
}

/// What a driver does next.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one action lives at a time; boxing costs a caller more"
)]
pub enum Action<T> {
    /// Send this request once, and hand over its outcome.
    Send(Attempt),
    /// Nothing to do before this moment.
    SleepUntil(Wakeup),
    /// The end; the machine answers the same from now on.
    Done(T),
}

impl<T> Action<T> {
    /// The same for whom another end counts; `None` at the end.
    pub(crate) fn if_not_done<U>(self) -> Option<Action<U>> {
        match self {
            Self::Send(attempt) => Some(Action::Send(attempt)),
            Self::SleepUntil(wakeup) => Some(Action::SleepUntil(wakeup)),
            Self::Done(_) => None,
        }
    }
}

/// A moment to call [`Machine::next_action`] at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Wakeup {
    /// When.
    pub at: Instant,
    /// Why nothing happens before.
    pub reason: WakeReason,
}

/// Why a machine waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WakeReason {
    /// The schedule's interval between two looks at a job.
    PollInterval,
    /// A pause after something went wrong.
    Backoff,
    /// The server asked for the pause.
    RetryAfter,
    /// An attempt is under way; at this moment, its deadline and a
    /// [grace](crate::GRACE), it counts as lost.
    AttemptDeadline,
    /// The requests a second that a batch may send are used up.
    Budget,
    /// A batch waits for its driver: for a [`Receipt`](crate::Receipt) to come
    /// back, or for its events to be taken.
    Receipt,
}

/// The attempt under way. Its machine's kind and seed make its number an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InFlight {
    #[serde(alias = "id")]
    pub(crate) number: u64,
    pub(crate) deadline: Instant,
}

impl InFlight {
    /// When it counts as lost.
    pub(crate) fn lost_at(&self) -> Instant {
        self.deadline + GRACE
    }

    /// A wake-up at the moment when it counts as lost, or `None` from then on.
    pub(crate) fn wakeup(&self, now: Instant) -> Option<Wakeup> {
        wakeup_at(self.lost_at(), now)
    }
}

/// A wake-up at the moment when an attempt counts as lost, or `None` from then on.
pub(crate) fn wakeup_at(lost_at: Instant, now: Instant) -> Option<Wakeup> {
    let reason = WakeReason::AttemptDeadline;
    (now < lost_at).then_some(Wakeup { at: lost_at, reason })
}

/// `now + wait`, but later than `now` in any case.
pub(crate) fn deadline_after(now: Instant, wait: Duration) -> Instant {
    now + wait.max(Duration::from_millis(1))
}
