//! When to look at a job again, as a value that can be stored and simulated.
//!
//! The vendor asks for 2 to 5 s between looks, growing gradually. A schedule is
//! a pure function of what the last look showed; the deadline, failures and
//! `Retry-After` are the `Poller`'s.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::seed::scale;
use crate::api::seed::{Purpose, Seed};

/// The intervals between looks at one job.
///
/// The default follows the vendor's advice: 2 s at first, growing to 5 s over
/// the first minute, and aimed at the end that `progress` predicts where that
/// lies within those bounds.
///
/// ```
/// use removit_proto::{Look, Schedule};
/// use std::time::Duration;
///
/// let secs = Duration::from_secs;
/// let schedule = Schedule::default();
/// assert_eq!(schedule.interval(&Look::at_age(secs(0))), secs(2));
/// assert_eq!(schedule.interval(&Look::at_age(secs(300))), secs(5));
///
/// // 80 % after 12 s: about 3 s are left, so the next look comes just then.
/// let aimed = schedule.interval(&Look::at_age(secs(12)).progress(80));
/// assert!(aimed > secs(3) && aimed < secs(4));
///
/// // Never under the floor, whatever is asked for.
/// let hasty = Schedule::fixed(Duration::ZERO);
/// assert_eq!(hasty.interval(&Look::at_age(secs(0))), secs(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    floor: Duration,
    curve: Curve,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Curve {
    Fixed(Duration),
    Ramp(Ramp),
    Aimed(Ramp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ramp {
    first: Duration,
    last: Duration,
    over: Duration,
}

/// What is known about a job when the next look is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look {
    /// The time since the job was accepted (or resumed).
    pub age: Duration,
    /// The newest `progress`, where it has moved since the look before. One that
    /// stands still predicts nothing.
    pub moved_to: Option<u8>,
}

impl Look {
    /// A look that showed no progress.
    #[must_use]
    pub const fn at_age(age: Duration) -> Self {
        Self { age, moved_to: None }
    }

    /// A look that showed progress, in percent.
    #[must_use]
    pub const fn progress(mut self, percent: u8) -> Self {
        self.moved_to = Some(percent);
        self
    }
}

/// Predictions come true a little late rather than a little early.
const MARGIN: f64 = 1.05;
/// Intervals vary by a tenth, so that jobs started together drift apart.
const JITTER: f64 = 0.1;

impl Schedule {
    /// The floor that holds unless the caller sets another: 2 s.
    pub const DEFAULT_FLOOR: Duration = Duration::from_secs(2);

    /// The same interval always.
    #[must_use]
    pub const fn fixed(interval: Duration) -> Self {
        Self { floor: Self::DEFAULT_FLOOR, curve: Curve::Fixed(interval) }
    }

    /// Grows evenly from `first` to `last` while the job's age goes from zero
    /// to `over`.
    #[must_use]
    pub const fn ramp(first: Duration, last: Duration, over: Duration) -> Self {
        Self { floor: Self::DEFAULT_FLOOR, curve: Curve::Ramp(Ramp { first, last, over }) }
    }

    /// The same with another floor. Under 2 s is against the vendor's advice;
    /// zero is meant for simulators and benchmarks.
    #[must_use]
    pub const fn with_floor(mut self, floor: Duration) -> Self {
        self.floor = floor;
        self
    }

    /// The least time between two looks.
    #[must_use]
    pub const fn floor(&self) -> Duration {
        self.floor
    }

    /// The interval after a look, before jitter.
    #[must_use]
    pub fn interval(&self, look: &Look) -> Duration {
        let wanted = match self.curve {
            Curve::Fixed(interval) => interval,
            Curve::Ramp(ramp) => ramp.at(look.age),
            Curve::Aimed(ramp) => {
                let predicted = look.moved_to.and_then(|percent| time_left(look.age, percent));
                predicted.filter(|left| *left <= ramp.last).unwrap_or_else(|| ramp.at(look.age))
            }
        };
        wanted.max(self.floor)
    }

    pub(crate) fn jittered(&self, look: &Look, seed: Seed, n: u64) -> Duration {
        let interval = self.interval(look);
        let spread = scale(interval, JITTER);
        let (low, high) = (interval.saturating_sub(spread), interval.saturating_add(spread));
        seed.duration_between(Purpose::Interval, n, low.max(self.floor), high)
    }
}

impl Default for Schedule {
    fn default() -> Self {
        let (first, last) = (Duration::from_secs(2), Duration::from_secs(5));
        let ramp = Ramp { first, last, over: Duration::from_secs(60) };
        Self { floor: Self::DEFAULT_FLOOR, curve: Curve::Aimed(ramp) }
    }
}

impl Ramp {
    fn at(&self, age: Duration) -> Duration {
        if age >= self.over {
            return self.last;
        }
        let part = age.as_secs_f64() / self.over.as_secs_f64();
        let (low, high) = (self.first.min(self.last), self.first.max(self.last));
        let grown = scale(high.saturating_sub(low), part);
        if self.first <= self.last { low.saturating_add(grown) } else { high.saturating_sub(grown) }
    }
}

/// The time to the end if work goes on at its average pace so far.
fn time_left(age: Duration, percent: u8) -> Option<Duration> {
    if percent == 0 || percent >= 100 {
        return None;
    }
    let percent = f64::from(percent);
    Duration::try_from_secs_f64(age.as_secs_f64() * (100.0 - percent) / percent * MARGIN).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn the_default_stays_within_the_vendors_two_to_five_seconds_and_grows() {
        let intervals: Vec<_> =
            (0..200).map(|age| Schedule::default().interval(&Look::at_age(secs(age)))).collect();
        assert!(intervals.is_sorted());
        assert_eq!((intervals[0], intervals[199]), (secs(2), secs(5)));
    }

    #[test]
    fn a_prediction_beyond_the_longest_interval_leaves_the_ramp_alone() {
        let look = Look::at_age(secs(30));
        let schedule = Schedule::default();
        assert_eq!(schedule.interval(&look.progress(10)), schedule.interval(&look));
    }

    #[test]
    fn full_or_no_progress_predicts_nothing() {
        let look = Look::at_age(secs(30));
        for percent in [0, 100, 255] {
            assert_eq!(
                Schedule::default().interval(&look.progress(percent)),
                secs(3) + secs(1) / 2
            );
        }
    }

    #[test]
    fn jitter_never_goes_under_the_floor() {
        let schedule = Schedule::default();
        for n in 0..1000 {
            let interval = schedule.jittered(&Look::at_age(secs(0)), Seed::new(5), n);
            assert!((secs(2)..=secs(2).mul_f64(1.1)).contains(&interval));
        }
    }

    #[test]
    fn a_floor_of_zero_allows_no_wait_at_all() {
        let schedule = Schedule::fixed(Duration::ZERO).with_floor(Duration::ZERO);
        assert_eq!(schedule.jittered(&Look::at_age(secs(0)), Seed::new(5), 1), Duration::ZERO);
    }

    #[test]
    fn extreme_ramps_do_not_overflow() {
        for (first, last) in [(Duration::ZERO, Duration::MAX), (Duration::MAX, Duration::ZERO)] {
            let schedule = Schedule::ramp(first, last, Duration::MAX);
            for age in [Duration::ZERO, secs(1), Duration::MAX / 2, Duration::MAX] {
                assert!(schedule.interval(&Look::at_age(age)) >= Schedule::DEFAULT_FLOOR);
            }
        }
    }

    #[test]
    fn a_ramp_goes_evenly_from_first_to_last_up_or_down() {
        let up = Schedule::ramp(secs(4), secs(8), secs(40));
        let down = Schedule::ramp(secs(8), secs(4), secs(40));
        for (age, rising, falling) in [(0, 4, 8), (10, 5, 7), (30, 7, 5), (40, 8, 4), (99, 8, 4)] {
            let look = Look::at_age(secs(age));
            assert_eq!(up.interval(&look), secs(rising), "up at {age}");
            assert_eq!(down.interval(&look), secs(falling), "down at {age}");
        }
    }

    #[test]
    fn a_prediction_aims_a_twentieth_behind_the_end() {
        // A fifth is left after 12 s: 3 s, and a twentieth of them.
        let aimed = Schedule::default().interval(&Look::at_age(secs(12)).progress(80));
        assert_eq!(aimed, Duration::from_millis(3150));
    }

    #[test]
    fn a_prediction_of_just_the_longest_interval_is_taken() {
        let ramp = Ramp { first: secs(2), last: secs(21), over: secs(60) };
        let schedule = Schedule { floor: secs(2), curve: Curve::Aimed(ramp) };
        assert_eq!(schedule.interval(&Look::at_age(secs(20)).progress(50)), secs(21));
    }

    #[test]
    fn the_floor_that_was_set_is_told() {
        assert_eq!(Schedule::default().floor(), secs(2));
        assert_eq!(Schedule::default().with_floor(secs(3)).floor(), secs(3));
    }
}
