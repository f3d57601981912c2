//! What a server says of a job's progress, honest or not.

/// How `progress` moves while a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As the time, rounded down to a percent.
    Honest,
    /// As the time, rounded down to a tenth.
    Tenths,
    /// As the time, rounded down to a quarter.
    Quarters,
    /// Nothing at first, then as the time: the job waits in a queue for half of it.
    Queued,
    /// Fast at first, slow in the end: t^0.6.
    Front,
    /// Slow at first, fast in the end: t^1.8.
    Back,
    /// Never told.
    Absent,
    /// As the documented answer has it: 33, however long it takes.
    Stuck,
    /// Twice as fast as the time up to 90, where it stands still.
    Stalls,
}

impl Shape {
    pub(crate) const ALL: [Self; 9] = [
        Self::Honest,
        Self::Tenths,
        Self::Quarters,
        Self::Queued,
        Self::Front,
        Self::Back,
        Self::Absent,
        Self::Stuck,
        Self::Stalls,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::Tenths => "honest, in tenths",
            Self::Quarters => "honest, in quarters",
            Self::Queued => "honest, after a queue",
            Self::Front => "front-loaded, t^0.6",
            Self::Back => "back-loaded, t^1.8",
            Self::Absent => "absent",
            Self::Stuck => "stuck at 33",
            Self::Stalls => "stalls at 90",
        }
    }

    /// The progress of a job of which this part of its time is over, from 0 to 1.
    pub(crate) fn at(self, part: f64) -> Option<u8> {
        let percent = match self {
            Self::Honest => part * 100.0,
            Self::Tenths => (part * 10.0).floor() * 10.0,
            Self::Quarters => (part * 4.0).floor() * 25.0,
            Self::Queued => (part * 2.0 - 1.0).max(0.0) * 100.0,
            Self::Front => part.powf(0.6) * 100.0,
            Self::Back => part.powf(1.8) * 100.0,
            Self::Absent => return None,
            Self::Stuck => 33.0,
            Self::Stalls => (part * 200.0).min(90.0),
        };
        Some(percent.clamp(0.0, 99.0) as u8)
    }
}
