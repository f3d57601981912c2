//! The present as the core's [`Instant`], and back to tokio's.
//!
//! The one place that reads a clock. The origin is the Unix epoch, so that a
//! machine's stored state keeps its deadlines across a restart. The wall clock
//! is read once: a change of it afterwards moves no deadline.

use std::time::{Duration, SystemTime};

use removit_proto::Instant;
use removit_proto::journal::WallTime;

/// The furthest that a wake-up is planned ahead: tokio's clock cannot hold
/// every [`Duration`].
const FURTHEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Wall time at the start, and monotonic time since.
///
/// It follows tokio's clock, so a test may pause it.
///
/// ```
/// let clock = removit_tokio::Clock::start();
/// let before = clock.now();
/// assert!(clock.now() >= before);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Instant,
    started: tokio::time::Instant,
}

impl Clock {
    /// A clock that starts at the present wall time.
    #[must_use]
    pub fn start() -> Self {
        // A wall clock before 1970 is wrong; any origin will do then.
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { wall: Instant::from_origin(wall), started: tokio::time::Instant::now() }
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.wall + self.started.elapsed()
    }

    /// The present, for a journal.
    #[must_use]
    pub fn wall_time(&self) -> WallTime {
        // It counts from the Unix epoch.
        WallTime::from_unix(self.now().since_origin())
    }

    /// The moment on tokio's clock, at most a year ahead.
    pub(crate) fn timer(&self, at: Instant) -> tokio::time::Instant {
        let now = tokio::time::Instant::now();
        let ahead = at - (self.wall + now.saturating_duration_since(self.started));
        now + ahead.min(FURTHEST)
    }
}
