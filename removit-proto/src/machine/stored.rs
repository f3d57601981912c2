//! What all stored states share: their version, and a clock that may be another one.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::machine::{InFlight, Wakeup};
use crate::transport::time::Instant;

/// The version of a stored state. The first ones had none, and are read: whatever was
/// read is written anew in this release's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub(crate) struct Version(u32);

impl Version {
    pub(crate) const CURRENT: Self = Self(1);
}

impl Default for Version {
    fn default() -> Self {
        Self::CURRENT
    }
}

impl TryFrom<u32> for Version {
    type Error = &'static str;

    fn try_from(version: u32) -> Result<Self, Self::Error> {
        if version > Self::CURRENT.0 {
            return Err(
                "the state was stored by a newer release that this one does not understand",
            );
        }
        Ok(Self::CURRENT)
    }
}

impl From<Version> for u32 {
    fn from(version: Version) -> Self {
        version.0
    }
}

/// No state is left alone for so long: where more seems to have passed, it is another
/// clock.
const LONGEST_PAUSE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// From one clock to another: the moment that was `from` is `to`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    from: Instant,
    to: Instant,
}

impl Move {
    /// How to move a state that was told `seen` as the present before, and is told
    /// `now`; `None` where time has passed as it does.
    pub(crate) fn between(seen: Instant, now: Instant) -> Option<Self> {
        let has_passed = seen <= now && now - seen <= LONGEST_PAUSE;
        (!has_passed).then_some(Self { from: seen, to: now })
    }

    pub(crate) fn instant(self, at: &mut Instant) {
        if *at == Instant::FAR_FUTURE {
            return;
        }
        let back = Instant::from_origin(at.since_origin().saturating_sub(self.from - self.to));
        *at = back + (self.to - self.from);
    }

    pub(crate) fn wakeup(self, wakeup: &mut Wakeup) {
        self.instant(&mut wakeup.at);
    }

    pub(crate) fn flight(self, flight: &mut InFlight) {
        self.instant(&mut flight.deadline);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::WakeReason;

    fn at(secs: u64) -> Instant {
        Instant::from_origin(Duration::from_secs(secs))
    }

    #[test]
    fn a_clock_that_went_on_is_the_same_one() {
        let year = LONGEST_PAUSE.as_secs();
        for (seen, now, is_other) in
            [(5, 5, false), (5, 6, false), (5, 4, true), (5, 5 + year, false), (5, 6 + year, true)]
        {
            assert_eq!(Move::between(at(seen), at(now)).is_some(), is_other, "{seen} {now}");
        }
    }

    #[test]
    fn every_moment_moves_with_the_clock() {
        let year = LONGEST_PAUSE.as_secs();
        for (seen, now, from, to) in [
            (100, 40, 107, 47),
            (100, 40, 100, 40),
            (100, 40, 20, 0),
            (0, 2 * year, 7, 2 * year + 7),
        ] {
            let by = Move::between(at(seen), at(now)).unwrap();
            let mut moved = at(from);
            by.instant(&mut moved);
            assert_eq!(moved, at(to));
            let mut wakeup = Wakeup { at: at(from), reason: WakeReason::Backoff };
            by.wakeup(&mut wakeup);
            assert_eq!(wakeup.at, at(to));
        }
        let mut never = Instant::FAR_FUTURE;
        Move::between(at(100), at(40)).unwrap().instant(&mut never);
        assert_eq!(never, Instant::FAR_FUTURE);
    }

    #[test]
    fn a_state_of_a_newer_release_is_refused() {
        assert!(Version::try_from(2).is_err());
        for version in [0, 1] {
            assert_eq!(Version::try_from(version), Ok(Version::default()));
        }
        assert_eq!(u32::from(Version::default()), 1);
    }
}
