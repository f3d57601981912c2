//! When a wait looks, and when it gives up.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::with::impl_with;
use crate::machine::retry::Backoff;
use crate::machine::schedule::Schedule;

/// When a [`Poller`](crate::Poller) looks and when it gives up.
///
/// ```
/// use removit_proto::{PollPolicy, Schedule};
/// use std::time::Duration;
///
/// let policy = PollPolicy::default().with(|policy| {
///     policy.timeout = Duration::from_secs(60);
///     policy.schedule = Schedule::fixed(Duration::from_secs(3));
/// });
/// assert_eq!(policy.most_polls(), 31); // one every two seconds, and a last look
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PollPolicy {
    /// The intervals between looks.
    pub schedule: Schedule,
    /// How long to watch. The contract leaves it to the client; default 10 minutes.
    /// After it comes one last look of at most five seconds, and the wait is over
    /// within the [grace](crate::GRACE), whatever the server does. With zero there is
    /// nothing to wait for: one look, with the time of any poll.
    pub timeout: Duration,
    /// The time for one poll. Default 30 s; a poll ends at `timeout` in any case.
    pub attempt_timeout: Duration,
    /// The least pause after polls that failed.
    pub backoff: Backoff,
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            schedule: Schedule::default(),
            timeout: Duration::from_secs(600),
            attempt_timeout: Duration::from_secs(30),
            backoff: Backoff::default(),
        }
    }
}

impl_with!(PollPolicy);

impl PollPolicy {
    /// One look at once, and no other: for asking how a job is without waiting.
    /// [`PollError::into_status`](crate::PollError::into_status) turns its end into the status.
    #[must_use]
    pub fn one_look() -> Self {
        Self { timeout: Duration::ZERO, ..Self::default() }
    }

    /// The most polls of one [`Poller`](crate::Poller), whatever goes wrong, clocks included:
    /// `timeout / floor`, rounded down, before the deadline, at least one of them
    /// where there is any time at all; then one last look. A restored poller goes
    /// on counting, a resumed one begins anew. Without a floor there is no bound.
    #[must_use]
    pub fn most_polls(&self) -> u64 {
        if self.timeout.is_zero() {
            return 1;
        }
        let floor = self.schedule.floor().as_nanos();
        let in_time = self.timeout.as_nanos().checked_div(floor).unwrap_or(u128::MAX).max(1);
        u64::try_from(in_time).unwrap_or(u64::MAX).saturating_add(1)
    }
}
