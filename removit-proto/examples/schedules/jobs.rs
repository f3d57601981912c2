//! How long jobs take: kinds of jobs, each a distribution of durations.

use std::time::Duration;

use crate::dice::Dice;

/// A kind of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Six,
    Twenty,
    Ninety,
    /// Most go through at once, and some wait in a queue first.
    Queue,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Six, Self::Twenty, Self::Ninety, Self::Queue];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Six => "6 s",
            Self::Twenty => "20 s",
            Self::Ninety => "90 s",
            Self::Queue => "80 % 8 s, 20 % 240 s",
        }
    }

    /// The same durations each time.
    pub(crate) fn durations(self, jobs: u32) -> Vec<Duration> {
        let mut dice = Dice::new(20);
        (0..jobs).map(|_| self.draw(&mut dice)).collect()
    }

    /// Of jobs that come before those, to learn from.
    pub(crate) fn lessons(self, jobs: u32) -> Vec<Duration> {
        let mut dice = Dice::new(21);
        (0..jobs).map(|_| self.draw(&mut dice)).collect()
    }

    /// A duration, log-normal around the median.
    pub(crate) fn draw(self, dice: &mut Dice) -> Duration {
        let (median, sigma) = match self {
            Self::Six => (6.0, 0.5),
            Self::Twenty => (20.0, 0.6),
            Self::Ninety => (90.0, 0.6),
            Self::Queue if dice.unit() <= 0.8 => (8.0, 0.5),
            Self::Queue => (240.0, 0.5),
        };
        Duration::from_secs_f64(median * (sigma * dice.normal()).exp())
    }
}
