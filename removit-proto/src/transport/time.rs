//! Points in time that the caller supplies.
//!
//! The core never reads a clock. Whoever drives a machine chooses an origin
//! (process start, the Unix epoch, the first line of a test) and says how far
//! past it the present is. With the Unix epoch as origin a stored machine keeps
//! its deadlines across a restart; both adapters do that. A state that comes back
//! under a clock of another origin is moved to it: see [`Upload::restore`].
//!
//! [`Upload::restore`]: crate::Upload::restore

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: a [`Duration`] since an origin of the caller's choice.
///
/// All arithmetic saturates, so no sequence of inputs can panic.
///
/// The origin is for ever the same where a machine's state is stored: take the Unix
/// epoch. A machine that is restored is told the present, and compares it with the last
/// one that it was told before. What lies ahead by up to a year is time that passed.
/// What lies behind, or further ahead, is another origin, or a clock that was set: the
/// machine's moments are moved then, and none of its waits becomes longer than it was.
///
/// ```
/// use removit_proto::Instant;
/// use std::time::Duration;
///
/// let start = Instant::ORIGIN;
/// let later = start + Duration::from_secs(2);
/// assert!(later > start);
/// assert_eq!(later - start, Duration::from_secs(2));
/// assert_eq!(start - later, Duration::ZERO); // never negative, never a panic
/// assert_eq!(Instant::FAR_FUTURE + Duration::from_secs(1), Instant::FAR_FUTURE);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(Duration);

impl Instant {
    /// The origin itself.
    pub const ORIGIN: Self = Self(Duration::ZERO);

    /// Later than any instant that a clock will reach.
    pub const FAR_FUTURE: Self = Self(Duration::MAX);

    /// The instant that lies `elapsed` after the origin.
    #[must_use]
    pub const fn from_origin(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// The time since the origin.
    #[must_use]
    pub const fn since_origin(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, rest: Duration) -> Self {
        Self(self.0.saturating_add(rest))
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// The time from `earlier` to `self`; zero where `earlier` is the later one.
    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_shown_as_the_time_since_the_origin() {
        let instant = Instant::from_origin(Duration::from_millis(1500));
        assert_eq!(format!("{instant:?}"), "+1.5s");
    }

    #[test]
    fn time_neither_runs_over_nor_back() {
        let (one, two) = (Duration::from_secs(1), Duration::from_secs(2));
        let (early, late) = (Instant::from_origin(one), Instant::from_origin(two));
        assert_eq!((early + one, late - early, early - late), (late, one, Duration::ZERO));
        assert_eq!(Instant::FAR_FUTURE + one, Instant::FAR_FUTURE);
        assert_eq!((Instant::ORIGIN + one).since_origin(), one);
    }
}
