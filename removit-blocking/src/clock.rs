//! The present as the core's [`Instant`], and back to the standard library's.
//!
//! The one place that reads a clock. The origin is the Unix epoch, so that a
//! machine's stored state keeps its deadlines across a restart. The wall clock
//! is read once: a change of it afterwards moves no deadline.

use std::time::{Duration, SystemTime};

use removit_proto::Instant;

/// The furthest that a moment lies ahead: the standard library's clock cannot
/// hold every [`Duration`].
const FURTHEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Wall time at the start, and monotonic time since.
///
/// ```
/// let clock = removit_blocking::Clock::start();
/// let before = clock.now();
/// assert!(clock.now() >= before);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Instant,
    started: std::time::Instant,
}

impl Clock {
    /// A clock that starts at the present wall time.
    #[must_use]
    pub fn start() -> Self {
        // A wall clock before 1970 is wrong; any origin will do then.
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { wall: Instant::from_origin(wall), started: std::time::Instant::now() }
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.wall + self.started.elapsed()
    }

    /// How long it is until then, at most a year.
    pub(crate) fn until(&self, at: Instant) -> Duration {
        (at - self.now()).min(FURTHEST)
    }

    /// The moment on the standard library's clock, at most a year ahead.
    pub(crate) fn timer(&self, at: Instant) -> std::time::Instant {
        std::time::Instant::now() + self.until(at)
    }
}
