//! The present as the core's [`Instant`], and back to the standard library's.
//!
//! The one place that reads a clock and sleeps. The origin is the Unix epoch, so
//! that a machine's stored state keeps its deadlines across a restart. The wall
//! clock is read once: a change of it afterwards moves no deadline.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use removit_proto::Instant;
use removit_proto::journal::WallTime;

use crate::lock::lock;

/// The furthest that a moment lies ahead: the standard library's clock cannot
/// hold every [`Duration`].
const FURTHEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Wall time at the start, and monotonic time since; or time that a test moves.
///
/// ```
/// let clock = removit_blocking::Clock::start();
/// let before = clock.now();
/// assert!(clock.now() >= before);
/// ```
#[derive(Clone, Debug)]
pub struct Clock {
    wall: Instant,
    started: std::time::Instant,
    /// How far a simulated clock has come.
    moved: Option<Arc<Mutex<Duration>>>,
}

impl Clock {
    /// A clock that starts at the present wall time.
    #[must_use]
    pub fn start() -> Self {
        // A wall clock before 1970 is wrong; any origin will do then.
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let wall = Instant::from_origin(wall);
        Self { wall, started: std::time::Instant::now(), moved: None }
    }

    /// A clock for tests that stands still at `start`, and on which sleeping
    /// returns at once: minutes of polling take no time. Clones move together.
    /// It moves in whole milliseconds, as timers do. (`removit-tokio` needs none:
    /// its clock follows tokio's, which a test may pause.)
    ///
    /// ```
    /// use std::time::Duration;
    /// use removit_blocking::Clock;
    /// use removit_blocking::proto::Instant;
    ///
    /// let clock = Clock::simulated(Instant::ORIGIN);
    /// clock.sleep(Duration::from_secs(600)); // returns at once
    /// assert_eq!(clock.now(), Instant::ORIGIN + Duration::from_secs(600));
    /// ```
    #[must_use]
    pub fn simulated(start: Instant) -> Self {
        let moved = Some(Arc::new(Mutex::new(Duration::ZERO)));
        Self { wall: start, started: std::time::Instant::now(), moved }
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.wall + self.elapsed()
    }

    /// The present, for a journal.
    #[must_use]
    pub fn wall_time(&self) -> WallTime {
        // It counts from the Unix epoch.
        WallTime::from_unix(self.now().since_origin())
    }

    /// Waits for so long; on a simulated clock, moves it on.
    pub fn sleep(&self, time: Duration) {
        match &self.moved {
            None => std::thread::sleep(time),
            Some(moved) => {
                let mut moved = lock(moved);
                *moved = whole_millis(moved.saturating_add(time));
            }
        }
    }

    /// How long it is until a deadline that a [`Transport`](crate::Transport) was
    /// given: for transports that work in simulated time.
    #[must_use]
    pub fn time_left(&self, deadline: std::time::Instant) -> Duration {
        deadline.saturating_duration_since(self.started).saturating_sub(self.elapsed())
    }

    /// Whether its time passes by [`sleep`](Self::sleep) alone.
    pub(crate) const fn is_simulated(&self) -> bool {
        self.moved.is_some()
    }

    /// How long it is until then, at most a year.
    pub(crate) fn until(&self, at: Instant) -> Duration {
        (at - self.now()).min(FURTHEST)
    }

    /// The moment on the standard library's clock, at most a year ahead.
    pub(crate) fn timer(&self, at: Instant) -> std::time::Instant {
        self.started + self.elapsed() + self.until(at)
    }

    fn elapsed(&self) -> Duration {
        match &self.moved {
            None => self.started.elapsed(),
            Some(moved) => *lock(moved),
        }
    }
}

fn whole_millis(time: Duration) -> Duration {
    const MILLI: u32 = 1_000_000;
    match time.subsec_nanos() % MILLI {
        0 => time,
        part => time.saturating_add(Duration::from_nanos(u64::from(MILLI - part))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulated_clock_tells_its_own_time_to_a_journal() {
        let since = Duration::from_secs(1_796_000_000);
        let clock = Clock::simulated(Instant::from_origin(since));
        assert_eq!(clock.wall_time(), WallTime::from_unix(since));
    }

    #[test]
    fn the_time_of_a_real_clock_passes_by_itself() {
        assert!(!Clock::start().is_simulated());
        assert!(Clock::simulated(Instant::ORIGIN).is_simulated());
    }
}
