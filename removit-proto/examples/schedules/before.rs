//! The default as it was at first, to compare with: by age, and aimed by the newest
//! progress alone, where it moved and the end seemed no further than 5 s.

use std::time::Duration;

use crate::dice::Dice;
use crate::progress::Shape;
use crate::wait::Watched;

/// Watches a job as a `Poller` did then.
pub(crate) fn watch(job: u64, duration: Duration, shape: Shape) -> Watched {
    let (mut dice, end) = (Dice::new(job), duration.as_secs_f64());
    let mut age = jittered(2.0, &mut dice);
    let (mut requests, mut newest) = (1, None);
    while age < end {
        let progress = shape.at(age / end);
        let moved_to = progress.filter(|_| progress != newest);
        newest = progress;
        let by_age = 2.0 + 3.0 * (age / 60.0).min(1.0);
        let left = moved_to.map(|percent| age * (100.0 / f64::from(percent) - 1.0) * 1.05);
        age += jittered(left.filter(|left| *left <= 5.0).unwrap_or(by_age).max(2.0), &mut dice);
        requests += 1;
    }
    Watched { requests, delay: Duration::from_secs_f64(age - end) }
}

fn jittered(interval: f64, dice: &mut Dice) -> f64 {
    let (low, high) = ((interval * 0.9).max(2.0), interval * 1.1);
    low + (high - low) * dice.unit()
}
