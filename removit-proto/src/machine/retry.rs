//! When to try again: growing pauses, the server's own wish, and where it ends.
//!
//! Whether trying again is safe is decided before, by each machine.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::seed::scale;
use crate::api::seed::{Purpose, Seed};
use crate::machine::{WakeReason, Wakeup};
use crate::transport::time::Instant;

/// Pauses that double from `first` up to `max`, each shortened by up to half
/// from the seed, so that many clients do not return together.
///
/// ```
/// use removit_proto::Backoff;
/// use std::time::Duration;
///
/// let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
/// assert_eq!(backoff.longest(0), Duration::from_secs(1));
/// assert_eq!(backoff.longest(3), Duration::from_secs(8));
/// assert_eq!(backoff.longest(99), Duration::from_secs(30));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    first: Duration,
    max: Duration,
}

impl Backoff {
    /// Pauses from `first` to `max`.
    #[must_use]
    pub const fn new(first: Duration, max: Duration) -> Self {
        Self { first, max }
    }

    /// The longest that the pause after `failures` earlier ones can be.
    #[must_use]
    pub fn longest(&self, failures: u32) -> Duration {
        self.first.saturating_mul(2_u32.saturating_pow(failures)).min(self.max)
    }

    /// The wait after `failures` earlier ones: at least `least`, and never less
    /// than what the server asked for.
    pub(crate) fn wait(
        &self,
        failures: u32,
        least: Duration,
        asked: Option<Duration>,
        seed: Seed,
    ) -> (Duration, WakeReason) {
        let longest = self.longest(failures);
        let n = u64::from(failures);
        let pause =
            seed.duration_between(Purpose::Backoff, n, scale(longest, 0.5), longest).max(least);
        match asked {
            // Spread over a tenth more, so that many clients do not return together.
            Some(asked) if asked >= pause => {
                let latest = asked.saturating_add(scale(asked, 0.1));
                let wait = seed.duration_between(Purpose::RetryAfter, n, asked, latest);
                (wait, WakeReason::RetryAfter)
            }
            _ => (pause, WakeReason::Backoff),
        }
    }
}

impl Default for Backoff {
    /// From one second to half a minute.
    fn default() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(30))
    }
}

/// How often and how long a request that failed is sent again.
///
/// ```
/// let mut retry = removit_proto::RetryPolicy::default();
/// retry.max_attempts = 1; // never again
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most attempts, the first one included. Default 5.
    pub max_attempts: u32,
    /// How long after the start further attempts may begin. Default 5 minutes.
    pub within: Duration,
    /// The pauses between attempts.
    pub backoff: Backoff,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_attempts: 5, within: Duration::from_secs(300), backoff: Backoff::default() }
    }
}

impl RetryPolicy {
    /// When the attempt after `attempts` failed ones begins; `None` where no
    /// further one may begin in time.
    pub(crate) fn next(
        &self,
        started: Instant,
        attempts: u32,
        asked: Option<Duration>,
        seed: Seed,
        now: Instant,
    ) -> Option<Wakeup> {
        let failures = attempts.saturating_sub(1);
        let (wait, reason) = self.backoff.wait(failures, Duration::ZERO, asked, seed);
        let wakeup = Wakeup { at: now + wait, reason };
        let in_time = attempts < self.max_attempts && !self.is_over(started, wakeup.at);
        in_time.then_some(wakeup)
    }

    /// Whether no further attempt may begin at `now`.
    pub(crate) fn is_over(&self, started: Instant, now: Instant) -> bool {
        now > started + self.within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses = [0, 1, 2, 3, 4, 5, 6, 99].map(|n| Backoff::default().longest(n).as_secs());
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn an_attempt_may_begin_at_the_last_moment_and_not_after_it() {
        let started = Instant::ORIGIN + secs(100);
        let last = started + RetryPolicy::default().within;
        assert!(!RetryPolicy::default().is_over(started, started));
        assert!(!RetryPolicy::default().is_over(started, last));
        assert!(RetryPolicy::default().is_over(started, last + Duration::from_nanos(1)));
    }

    #[test]
    fn a_wish_of_just_the_pause_is_the_servers() {
        let backoff = Backoff::new(secs(4), secs(4));
        let (pause, reason) = backoff.wait(0, secs(4), None, Seed::new(1));
        assert_eq!((pause, reason), (secs(4), WakeReason::Backoff));
        let (wait, reason) = backoff.wait(0, secs(4), Some(pause), Seed::new(1));
        assert_eq!(reason, WakeReason::RetryAfter);
        assert!((secs(4)..=secs(4).mul_f64(1.1)).contains(&wait), "{wait:?}");
    }

    #[test]
    fn clients_that_were_asked_to_wait_do_not_return_together() {
        let asked = Some(secs(20));
        let wait = |n| Backoff::default().wait(0, Duration::ZERO, asked, Seed::new(n)).0;
        let waits: std::collections::BTreeSet<_> = (0..20).map(wait).collect();
        assert!(waits.len() > 15, "{waits:?}");
        assert!(waits.iter().all(|wait| (secs(20)..=secs(22)).contains(wait)), "{waits:?}");
    }
}
