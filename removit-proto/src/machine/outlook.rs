//! What the looks at a job say about its end.
//!
//! Progress that moves evenly is a line through time, and each look leaves bounds on
//! where it ends. Two looks whose bounds overlap agree; where they do not, the line is
//! drawn anew, and after two such misses progress is believed no more. Knows neither
//! clocks nor schedules: when to look is [`Schedule`](crate::Schedule)'s.

use core::num::NonZeroU8;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds may miss each other by so much and still agree: servers round, and answers
/// take their time.
const SLACK_MS: f64 = 500.0;
const SLACK_PART: f64 = 0.02;
/// After so many misses progress is believed no more.
const MOST_MISSES: u8 = 2;
const ALL: u8 = 100;

/// What is known of a job's end. All ages are counted from the job's start, in
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outlook {
    /// Where the line begins; `None` until a look shows progress.
    begin: Option<Mark>,
    /// The newest look that showed progress.
    newest: Option<Mark>,
    bounds: Option<Bounds>,
    /// What all progress so far is a multiple of, as 100 is.
    divisor: u8,
    agreed: u8,
    misses: u8,
}

/// Progress at an age. The true one is up to `step` further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    age: u32,
    percent: Percent,
    step: u8,
}

/// Less than all of the work. One more than it is kept, so that no mark takes no more room
/// than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
struct Percent(NonZeroU8);

impl From<u8> for Percent {
    fn from(percent: u8) -> Self {
        Self(NonZeroU8::MIN.saturating_add(percent))
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.0.get().saturating_sub(1)
    }
}

impl From<Percent> for f64 {
    fn from(percent: Percent) -> Self {
        u8::from(percent).into()
    }
}

/// The end lies after `earliest` and not after `latest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bounds {
    earliest: u32,
    latest: u32,
}

/// Where a job's end is expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Forecast {
    /// In seconds of age.
    pub(crate) earliest: f64,
    /// In seconds of age.
    pub(crate) latest: f64,
    /// How many looks in a row agreed on it, beside the first.
    pub(crate) agreed: u8,
}

impl Default for Outlook {
    /// Nothing is known, not even when the job began.
    fn default() -> Self {
        let divisor = ALL;
        Self { begin: None, newest: None, bounds: None, divisor, agreed: 0, misses: 0 }
    }
}

impl Outlook {
    /// Of a job that begins now.
    pub(crate) fn of_new_job() -> Self {
        Self { begin: Some(Mark { age: 0, percent: 0.into(), step: 0 }), ..Self::default() }
    }

    /// Takes note of what a look showed. Nothing and everything say the same: nothing.
    pub(crate) fn note(&mut self, age: Duration, percent: u8) {
        if percent >= ALL || self.is_doubted() {
            return;
        }
        self.divisor = divisor(self.divisor, percent);
        let now = Mark { age: millis(age), percent: percent.into(), step: self.step() };
        let before = self.newest.replace(now);
        if percent == 0 {
            return;
        }
        let Some(begin) = self.begin else {
            self.begin = Some(now);
            return;
        };
        let new = Bounds::of_line(begin, now);
        match (self.bounds, new) {
            (Some(old), Some(new)) if old.agrees_with(new) => {
                self.bounds = Some(old.narrowed_to(new));
                self.agreed = self.agreed.saturating_add(1);
            }
            (Some(_), _) => {
                self.misses = self.misses.saturating_add(1);
                self.agreed = 0;
                self.begin = before;
                self.bounds = before.and_then(|before| Bounds::of_line(before, now));
            }
            (None, new) => self.bounds = new,
        }
    }

    /// Where the end is expected, where anything is known of it and is believed.
    pub(crate) fn forecast(&self) -> Option<Forecast> {
        let bounds = self.bounds.filter(|_| !self.is_doubted())?;
        let (earliest, latest) = (secs(bounds.earliest), secs(bounds.latest));
        Some(Forecast { earliest, latest, agreed: self.agreed })
    }

    /// The first age after `from` at which a look halves the forecast: progress then
    /// takes its next step if the end is in the earlier half, and not in the later.
    pub(crate) fn halving_age(&self, from: f64) -> Option<f64> {
        let (begin, newest, bounds) = (self.begin?, self.newest?, self.bounds?);
        let middle = f64::midpoint(secs(bounds.earliest), secs(bounds.latest));
        let step = f64::from(newest.step);
        let (begun, percent) = (secs(begin.age), f64::from(begin.percent));
        let pace = (f64::from(ALL) - percent) / (middle - begun);
        let reached = ((percent + pace * (from - begun)) / step).ceil() * step;
        let level = reached.max(f64::from(newest.percent) + step);
        let age = begun + (level - percent) / pace;
        (level < f64::from(ALL) && age.is_finite()).then_some(age)
    }

    const fn is_doubted(&self) -> bool {
        self.misses >= MOST_MISSES
    }

    /// The steps in which progress is told: percents, fives, tenths, quarters. One
    /// look at 50 leaves that open, and quarters show as such.
    fn step(&self) -> u8 {
        if self.divisor == 25 { 25 } else { self.divisor.clamp(1, 10) }
    }
}

impl Bounds {
    /// The end of a line through two looks; `None` where it does not rise.
    fn of_line(begin: Mark, now: Mark) -> Option<Self> {
        let percent = |mark: Mark| f64::from(mark.percent);
        let (age, passed) = (f64::from(now.age), f64::from(now.age.checked_sub(begin.age)?));
        let fastest = percent(now) + f64::from(now.step) - percent(begin);
        let slowest = percent(now) - percent(begin) - f64::from(begin.step);
        if passed <= 0.0 || slowest <= 0.0 {
            return None;
        }
        let left = f64::from(ALL) - percent(now);
        let earliest = age + (left - f64::from(now.step)).max(0.0) * passed / fastest;
        let latest = age + left * passed / slowest;
        Some(Self { earliest: whole(earliest), latest: whole(latest.ceil()) })
    }

    fn agrees_with(self, other: Self) -> bool {
        let slack = whole((f64::from(self.latest) * SLACK_PART).max(SLACK_MS));
        other.earliest <= self.latest.saturating_add(slack)
            && self.earliest <= other.latest.saturating_add(slack)
    }

    /// Where both hold; the newer one alone where they only nearly do.
    fn narrowed_to(self, newer: Self) -> Self {
        let earliest = self.earliest.max(newer.earliest);
        let latest = self.latest.min(newer.latest);
        if earliest < latest { Self { earliest, latest } } else { newer }
    }
}

/// The greatest common divisor.
fn divisor(a: u8, b: u8) -> u8 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    a
}

fn millis(age: Duration) -> u32 {
    u32::try_from(age.as_millis()).unwrap_or(u32::MAX)
}

fn secs(millis: u32) -> f64 {
    f64::from(millis) / 1000.0
}

#[expect(clippy::as_conversions, reason = "saturates, and not a number is zero")]
const fn whole(millis: f64) -> u32 {
    millis as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(looks: &[(u64, u8)]) -> Outlook {
        noted(Outlook::of_new_job(), looks)
    }

    fn noted(mut outlook: Outlook, looks: &[(u64, u8)]) -> Outlook {
        for (age, percent) in looks {
            outlook.note(Duration::from_secs(*age), *percent);
        }
        outlook
    }

    #[test]
    fn one_look_bounds_the_end_by_how_progress_is_rounded() {
        // From 3/0.14 to 3/0.13.
        let forecast = after(&[(3, 13)]).forecast().unwrap();
        assert!((forecast.earliest - 21.43).abs() < 0.01, "{forecast:?}");
        assert!((forecast.latest - 23.08).abs() < 0.01, "{forecast:?}");
        assert_eq!(forecast.agreed, 0);
    }

    #[test]
    fn looks_at_even_progress_agree_and_narrow_the_bounds() {
        let forecast = after(&[(3, 12), (6, 25), (13, 54)]).forecast().unwrap();
        assert_eq!(forecast.agreed, 2);
        assert!(forecast.earliest < 24.0 && forecast.latest >= 24.0, "{forecast:?}");
        assert!(forecast.latest - forecast.earliest < 0.5, "{forecast:?}");
    }

    #[test]
    fn progress_in_tenths_and_quarters_is_known_for_what_it_is() {
        let tenths = after(&[(4, 10), (8, 30)]).forecast().unwrap();
        assert!(tenths.earliest <= 20.0 && tenths.latest > 25.0, "{tenths:?}");
        let quarters = after(&[(6, 25), (12, 50)]).forecast().unwrap();
        assert!(quarters.earliest <= 16.0 && quarters.latest > 23.0, "{quarters:?}");
        let half = after(&[(6, 50)]).forecast().unwrap();
        assert!((half.earliest - 10.0).abs() < 0.01, "{half:?}");
    }

    #[test]
    fn a_job_that_stood_in_a_queue_is_measured_from_when_it_moved() {
        // Five seconds in a queue, and ten of work.
        let outlook = after(&[(3, 0), (6, 10), (8, 30), (10, 50)]);
        let forecast = outlook.forecast().unwrap();
        assert_eq!(outlook.misses, 1);
        assert!(forecast.earliest < 15.0 && forecast.latest >= 15.0, "{forecast:?}");
    }

    #[test]
    fn after_two_misses_nothing_is_expected_any_more() {
        let stuck = after(&[(3, 33), (6, 33), (9, 33), (12, 33)]);
        assert_eq!(stuck.forecast(), None);
        let slower = after(&[(3, 50), (6, 60), (12, 70), (24, 71), (48, 72)]);
        assert_eq!((slower.misses, slower.forecast()), (2, None));
    }

    #[test]
    fn nothing_all_and_backwards_expect_nothing() {
        assert_eq!(after(&[(3, 0), (6, 0), (9, 100), (12, 255)]).forecast(), None);
        assert_eq!(after(&[(3, 40), (6, 10)]).forecast(), None);
    }

    #[test]
    fn where_the_start_is_not_known_two_looks_make_a_line() {
        let one = noted(Outlook::default(), &[(0, 40)]);
        assert_eq!(one.forecast(), None);
        let two = noted(one, &[(5, 65)]).forecast().unwrap();
        assert!(two.earliest < 12.0 && two.latest >= 12.0, "{two:?}");
    }

    #[test]
    fn a_look_at_the_halving_age_halves_the_bounds() {
        let outlook = after(&[(10, 10), (15, 10)]);
        let before = outlook.forecast().unwrap();
        let middle = f64::midpoint(before.earliest, before.latest);
        let age = outlook.halving_age(30.0).unwrap();
        assert!((age - 0.4 * middle).abs() < 0.01, "{age} of {middle}");
        for percent in [30, 40] {
            let mut then = outlook;
            then.note(Duration::from_secs_f64(age), percent);
            let after = then.forecast().unwrap();
            let (new, old) = (after.latest - after.earliest, before.latest - before.earliest);
            assert!((new / old - 0.5).abs() < 0.01, "{before:?} {after:?}");
        }
    }

    #[test]
    fn no_age_is_too_great() {
        let mut outlook = Outlook::of_new_job();
        for (age, percent) in [(1, 1), (u64::MAX, 1), (u64::MAX, 2), (0, 3)] {
            outlook.note(Duration::from_secs(age), percent);
            let _ = (outlook.forecast(), outlook.halving_age(f64::MAX));
        }
    }
}
