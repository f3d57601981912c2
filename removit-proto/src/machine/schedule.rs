//! When to look at a job again, as a value that can be stored and simulated.
//!
//! The vendor asks for 2 to 5 s between looks, growing gradually. A schedule is
//! a pure function of a job's age and of what the looks so far showed; the deadline,
//! failures and `Retry-After` are the `Poller`'s.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::seed::scale;
use crate::api::seed::{Purpose, Seed};
use crate::machine::durations::Durations;
use crate::machine::outlook::{Forecast, Outlook};

/// The intervals between looks at one job.
///
/// A look costs a request, and looks further apart see the end later. Where a job ends
/// with hazard *h*, √(2·cost/*h*) is the interval that balances both, with the cost of a
/// request in seconds of delay. The default takes a third of a second for it.
///
/// - Where nothing else is known, the hazard falls as one over the job's age: intervals
///   grow with its square root, from 2.5 s to 5 s; the first look comes after some 3 s.
/// - Where `progress` moves, each look leaves bounds on the end. One look alone is
///   believed only if the end is near. As looks agree, the next ones come where they
///   halve the bounds, ever further apart, and the last at the end. Where looks
///   contradict each other twice, age alone counts again.
///
/// `cargo run -p removit-proto --example schedules` simulates it beside others, over kinds
/// of jobs and shapes of progress.
///
/// ```
/// use removit_proto::Schedule;
/// use std::time::Duration;
///
/// let schedule = Schedule::default();
/// assert_eq!(schedule.floor(), Duration::from_secs(2));
///
/// // The vendor's own loop, and somebody in a hurry: never under the floor.
/// let steady = Schedule::fixed(Duration::from_secs(3));
/// let hasty = Schedule::fixed(Duration::ZERO);
/// assert_eq!(hasty.floor(), steady.floor());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    floor: Duration,
    curve: Curve,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredCurve")]
enum Curve {
    Fixed(Duration),
    Ramp(Ramp),
    Forecast,
}

/// The same, and the default as earlier releases stored it.
#[derive(Deserialize)]
enum StoredCurve {
    Fixed(Duration),
    Ramp(Ramp),
    Forecast,
    Aimed(#[expect(dead_code, reason = "it was always the same")] Ramp),
}

impl From<StoredCurve> for Curve {
    fn from(curve: StoredCurve) -> Self {
        match curve {
            StoredCurve::Fixed(interval) => Self::Fixed(interval),
            StoredCurve::Ramp(ramp) => Self::Ramp(ramp),
            StoredCurve::Forecast | StoredCurve::Aimed(_) => Self::Forecast,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ramp {
    first: Duration,
    last: Duration,
    over: Duration,
}

/// What is known of a job when the next look is planned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// The time since the job was accepted, or resumed.
    pub(crate) age: Duration,
    pub(crate) outlook: &'a Outlook,
    /// How long other jobs of its kind take.
    pub(crate) others: Option<&'a Durations>,
}

/// How much delay one request is worth, in seconds.
const COST: f64 = 0.33;
/// Before the first look at a job of which nothing is known, in seconds.
const FIRST: f64 = 3.3;
/// The intervals by age stay between these, in seconds.
const SHORTEST: f64 = 2.5;
const LONGEST: f64 = 5.0;
/// A forecast of one look alone counts if the end is within so many intervals.
const ALONE: f64 = 2.0;
/// With each look that agrees, so many times the interval is waited for.
const TRUST: f64 = 3.0;
/// Bounds that are as close as this, in seconds, are looked at once, at their end.
const CLOSE: f64 = 1.8;
/// How much of the time to the end passes before a look that halves the bounds.
const HALVING: f64 = 0.4;
/// After the latest end, in seconds.
const MARGIN: f64 = 0.02;
/// The least time between two looks near the end, where the floor is lower, in seconds.
const LEAST: f64 = 1.0;
/// Intervals that aim at nothing vary by a tenth, so that jobs started together drift apart.
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

    /// Whether looks may be timed by how long other jobs take.
    pub(crate) const fn learns(&self) -> bool {
        matches!(self.curve, Curve::Forecast)
    }

    /// The wait after the look `n`; before the first one, with zero.
    pub(crate) fn wait(&self, known: &Known<'_>, seed: Seed, n: u64) -> Duration {
        let unaimed = self.by_others(known).unwrap_or_else(|| self.by_age(known.age));
        let aimed = match self.curve {
            Curve::Forecast => self.aimed(known, unaimed.as_secs_f64()),
            _ => None,
        };
        match aimed {
            Some(wait) => Duration::try_from_secs_f64(wait).unwrap_or(unaimed).max(self.floor),
            None => self.jittered(unaimed, seed, n),
        }
    }

    /// The interval that other jobs of the kind tell of, where they do.
    fn by_others(&self, known: &Known<'_>) -> Option<Duration> {
        let others = known.others.filter(|_| self.learns())?;
        let wait = others.next_look(known.age)?.saturating_sub(known.age);
        Some(wait.max(self.floor).max(Self::DEFAULT_FLOOR))
    }

    /// The interval where no end is forecast. At no age it is that before the first look.
    pub(crate) fn by_age(&self, age: Duration) -> Duration {
        let interval = match self.curve {
            Curve::Fixed(interval) => interval,
            Curve::Ramp(ramp) => ramp.at(age),
            Curve::Forecast if age.is_zero() => Duration::from_secs_f64(FIRST),
            Curve::Forecast => {
                let balanced = (2.0 * COST * age.as_secs_f64()).sqrt();
                Duration::from_secs_f64(balanced.clamp(SHORTEST, LONGEST))
            }
        };
        interval.max(self.floor)
    }

    fn jittered(&self, interval: Duration, seed: Seed, n: u64) -> Duration {
        let spread = scale(interval, JITTER);
        let (low, high) = (interval.saturating_sub(spread), interval.saturating_add(spread));
        seed.duration_between(Purpose::Interval, n, low.max(self.floor), high)
    }

    /// The wait for the end that is forecast, as far as the forecast is believed;
    /// `unaimed` is the interval without one. All in seconds.
    fn aimed(&self, known: &Known<'_>, unaimed: f64) -> Option<f64> {
        let (age, outlook) = (known.age.as_secs_f64(), known.outlook);
        let forecast = outlook.forecast()?;
        let least = self.floor.as_secs_f64().max(LEAST);
        let wait = (next_look(age, &forecast, outlook, least) - age).max(least);
        if forecast.agreed == 0 {
            return (wait <= unaimed * ALONE).then_some(wait);
        }
        let believed = (0..forecast.agreed.min(8)).fold(unaimed, |wait, _| wait * TRUST);
        Some(if wait <= believed {
            wait
        } else if wait < believed + least {
            // So that the look after this one is still in time.
            (wait - least).max(least)
        } else {
            believed
        })
    }
}

/// The age at which a look tells most, if the forecast is true.
fn next_look(age: f64, forecast: &Forecast, outlook: &Outlook, least: f64) -> f64 {
    let Forecast { earliest, latest, .. } = *forecast;
    let width = latest - earliest;
    if width <= CLOSE {
        return latest + MARGIN;
    }
    let soon = age + ((earliest - age) * HALVING).max(least);
    let halving = outlook.halving_age(soon).filter(|at| at + least <= earliest + width / 2.0);
    if let Some(at) = halving {
        return at;
    }
    // The end is near: the rest in equal parts.
    let from = earliest.max(age);
    let parts = ((latest - from) / least).ceil().max(1.0);
    from + (latest + MARGIN - from) / parts
}

impl Default for Schedule {
    fn default() -> Self {
        Self { floor: Self::DEFAULT_FLOOR, curve: Curve::Forecast }
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

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// The wait after these looks, of which the last one was just now.
    fn wait_after(schedule: Schedule, looks: &[(u64, u8)]) -> Duration {
        let mut outlook = Outlook::of_new_job();
        looks.iter().for_each(|(age, percent)| outlook.note(secs(*age), *percent));
        let age = looks.last().map_or(0, |(age, _)| *age);
        let known = Known { age: secs(age), outlook: &outlook, others: None };
        schedule.wait(&known, Seed::new(5), 1)
    }

    #[track_caller]
    fn assert_near(wait: Duration, secs: f64) {
        assert!((wait.as_secs_f64() - secs).abs() < 0.05, "{wait:?}, not {secs}");
    }

    #[test]
    fn the_default_stays_within_the_vendors_two_to_five_seconds_and_grows() {
        let intervals: Vec<_> = (1..200).map(|age| Schedule::default().by_age(secs(age))).collect();
        assert!(intervals.is_sorted());
        assert_eq!((intervals[0], intervals[198]), (secs(2) + secs(1) / 2, secs(5)));
    }

    #[test]
    fn the_interval_is_the_square_root_of_cost_over_hazard() {
        // Of a third of a second, twice, at an age of 24 s.
        let interval = Schedule::default().by_age(secs(24));
        assert_near(interval, (2.0 * 0.33 * 24.0_f64).sqrt());
    }

    #[test]
    fn one_look_is_believed_where_the_end_is_near() {
        // 80 % after 12 s: from 2.8 s to 3 s are left.
        assert_near(wait_after(Schedule::default(), &[(12, 79)]), 3.19 + MARGIN);
    }

    #[test]
    fn one_look_is_not_believed_where_the_end_is_far() {
        for looks in [&[(12, 9)], &[(12, 33)]] {
            let wait = wait_after(Schedule::default(), looks);
            assert!(wait >= secs(2) && wait <= secs(12) / 4, "{looks:?}: {wait:?}");
        }
    }

    #[test]
    fn looks_that_agree_are_followed_by_ever_longer_waits_up_to_the_end() {
        let mut looks = vec![(3, 1), (6, 2)];
        let mut waits = Vec::new();
        while looks.len() < 9 && looks[looks.len() - 1].1 < 100 {
            let wait = wait_after(Schedule::default(), &looks);
            waits.push(wait);
            let age = looks[looks.len() - 1].0 + wait.as_secs();
            looks.push((age, u8::try_from((age * 100 / 270).min(100)).unwrap()));
        }
        assert!(waits[1] > secs(10) && waits[2] > secs(20), "{waits:?}");
        assert!(looks.len() <= 9, "{looks:?}");
    }

    #[test]
    fn where_looks_contradict_each_other_twice_age_counts_again() {
        let looks = [(10, 51), (13, 53), (16, 70), (19, 71)];
        let wait = wait_after(Schedule::default(), &looks);
        let by_age = Schedule::default().by_age(secs(19));
        assert!(wait >= by_age.mul_f64(0.9) && wait <= by_age.mul_f64(1.1), "{wait:?}");
    }

    #[test]
    fn progress_changes_nothing_where_the_intervals_were_asked_for() {
        let schedule = Schedule::fixed(secs(30));
        assert_eq!(wait_after(schedule, &[(12, 79)]), wait_after(schedule, &[(12, 0)]));
    }

    #[test]
    fn no_wait_is_under_the_floor_whatever_is_forecast() {
        for percent in 0..=255 {
            for (age, before) in [(1, 0), (3, 1), (10, 9), (100, 99), (u64::MAX, 3)] {
                let looks = [(age / 2, before), (age, percent)];
                for floor in [secs(2), secs(7)] {
                    let wait = wait_after(Schedule::default().with_floor(floor), &looks);
                    assert!(wait >= floor, "{looks:?}: {wait:?}");
                }
                let wait = wait_after(Schedule::default().with_floor(Duration::ZERO), &looks);
                assert!(wait >= secs(1), "{looks:?}: {wait:?}");
            }
        }
    }

    #[test]
    fn jitter_never_goes_under_the_floor() {
        let schedule = Schedule::fixed(secs(2));
        for n in 0..1000 {
            let interval = schedule.jittered(secs(2), Seed::new(5), n);
            assert!((secs(2)..=secs(2).mul_f64(1.1)).contains(&interval));
        }
    }

    #[test]
    fn a_floor_of_zero_allows_no_wait_at_all() {
        let schedule = Schedule::fixed(Duration::ZERO).with_floor(Duration::ZERO);
        assert_eq!(wait_after(schedule, &[]), Duration::ZERO);
    }

    #[test]
    fn extreme_ramps_do_not_overflow() {
        for (first, last) in [(Duration::ZERO, Duration::MAX), (Duration::MAX, Duration::ZERO)] {
            let schedule = Schedule::ramp(first, last, Duration::MAX);
            for age in [Duration::ZERO, secs(1), Duration::MAX / 2, Duration::MAX] {
                assert!(schedule.by_age(age) >= Schedule::DEFAULT_FLOOR);
            }
        }
    }

    #[test]
    fn a_ramp_goes_evenly_from_first_to_last_up_or_down() {
        let up = Schedule::ramp(secs(4), secs(8), secs(40));
        let down = Schedule::ramp(secs(8), secs(4), secs(40));
        for (age, rising, falling) in [(0, 4, 8), (10, 5, 7), (30, 7, 5), (40, 8, 4), (99, 8, 4)] {
            assert_eq!(up.by_age(secs(age)), secs(rising), "up at {age}");
            assert_eq!(down.by_age(secs(age)), secs(falling), "down at {age}");
        }
    }

    #[test]
    fn the_default_as_earlier_releases_stored_it_is_the_default() {
        let old = r#"{"floor":{"secs":2,"nanos":0},"curve":{"Aimed":{"first":{"secs":2,"nanos":0},
            "last":{"secs":5,"nanos":0},"over":{"secs":60,"nanos":0}}}}"#;
        assert_eq!(serde_json::from_str::<Schedule>(old).unwrap(), Schedule::default());
    }

    #[test]
    fn the_floor_that_was_set_is_told() {
        assert_eq!(Schedule::default().floor(), secs(2));
        assert_eq!(Schedule::default().with_floor(secs(3)).floor(), secs(3));
    }
}
