//! The shape that all machines share: what to do next, and what came of it.
//!

use http::{Request, Response};
use serde::{Deserialize, Serialize};

use bytes::Bytes;

use crate::body::Body;
use crate::time::Instant;
use crate::transport_failure::TransportFailure;

/// The most that is read of an API answer, in bytes.
pub const ANSWER_LIMIT: u64 = 1024 * 1024;

/// A state machine that decides what to send and when.
///
/// The laws, for every machine of this crate and every order of calls:
///
/// 1. A [`Send`](Action::Send) is handed out once. Until its outcome arrives or
///    its deadline passes, further calls answer `SleepUntil` that deadline;
///    otherwise calling again changes nothing. `Done` repeats for ever.
/// 2. `SleepUntil(at)` has `at > now`, and `Send` has `deadline > now`.
/// 3. An outcome of an old or unknown attempt is ignored. Late, missing or
///    repeated calls do no harm, and neither does time that goes backwards.
/// 4. An attempt that nobody finishes ends by itself at its deadline.
/// 5. An upload is sent at most once, unless every earlier attempt is known not
///    to have been processed, or the caller asked for more.
/// 6. Two polls of a job are never closer than the schedule's floor; at or after
///    the deadline there is one last look, then `Done`.
/// 7. Every error about an accepted job carries its id.
/// 8. Each call costs O(1).
pub trait Machine {
    /// What the machine ends with.
    type Output;

    /// What to do now. Call it after each outcome and at each wake-up; calls in
    /// between are harmless.
    #[must_use = "a `Send` that is dropped counts as lost at its deadline"]
    fn next_action(&mut self, now: Instant) -> Action<Self::Output>;

    /// Hands over what came of an attempt.
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

/// One request to send.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Names the attempt when its outcome is handed over.
    pub id: AttemptId,
    /// The request, complete: a driver adds no header but `Host`.
    pub request: Request<Body>,
    /// When the driver gives up and reports
    /// [`TimedOut`](TransportFailure::TimedOut).
    pub deadline: Instant,
    /// Where the answer's body goes.
    pub sink: Sink,
}

/// Where the body of an answer goes, and how much of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sink {
    /// Into memory. At most `limit` bytes are read; a longer body is handed over
    /// as [`Outcome::Partial`].
    Memory {
        /// The limit in bytes.
        limit: u64,
    },
    /// The body of a 2xx answer goes into the caller's file from its start, and
    /// is handed over as [`Outcome::Stored`]; one longer than `limit` ends as
    /// [`TransportFailure::TooLarge`]. The body of any other answer goes into
    /// memory, up to [`ANSWER_LIMIT`].
    File {
        /// The limit in bytes.
        limit: u64,
    },
}

/// Names one attempt of one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(u64);

impl AttemptId {
    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
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
    /// An attempt is under way; at this moment it counts as lost.
    AttemptDeadline,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// A whole answer, of whatever status.
    Response(Response<Bytes>),
    /// An answer whose head is whole and whose body is not: cut off, or longer
    /// than the limit. The status may still decide, and a job id may be in it.
    Partial(Response<Bytes>),
    /// A whole 2xx answer whose body is in the caller's file.
    Stored {
        /// The head of the answer.
        head: Response<()>,
        /// How many bytes were written.
        len: u64,
    },
    /// No answer that could be read.
    Failed(TransportFailure),
}

/// The attempt under way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct InFlight {
    pub(crate) id: AttemptId,
    pub(crate) deadline: Instant,
}

impl InFlight {
    /// A wake-up at the deadline, or `None` once that has passed.
    pub(crate) fn wakeup(&self, now: Instant) -> Option<Wakeup> {
        let reason = WakeReason::AttemptDeadline;
        (now < self.deadline).then_some(Wakeup { at: self.deadline, reason })
    }
}

/// `now + wait`, but later than `now` in any case.
pub(crate) fn deadline_after(now: Instant, wait: core::time::Duration) -> Instant {
    now + wait.max(core::time::Duration::from_millis(1))
}
