//! Everything that can happen to a machine, by class.

use std::fmt;

use crate::ends::{ENDS, End};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The attempt under way ends so.
    Ends(End),
    /// Time passes, or does not.
    Time(Jump),
    /// The acceptance of an upload's oldest attempt that had come to nothing.
    Late,
    /// The process ends and a new one goes on from what was stored.
    Crash,
    /// The same, on a machine whose clock counts from another origin.
    Elsewhere,
    /// The process ends and a new one begins with the job's id, or the result's
    /// URL, alone.
    Anew,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jump {
    /// The attempt's deadline: a driver that wakes then looks before it hands over.
    ToDeadline,
    BeforeWakeup,
    ToWakeup,
    AfterWakeup,
    FarAhead,
    Back,
}

const JUMPS: [Jump; 6] = [
    Jump::ToDeadline,
    Jump::BeforeWakeup,
    Jump::ToWakeup,
    Jump::AfterWakeup,
    Jump::FarAhead,
    Jump::Back,
];

pub(crate) fn all() -> Vec<Input> {
    let ends = ENDS.map(Input::Ends);
    let jumps = JUMPS.map(Input::Time);
    ends.into_iter()
        .chain(jumps)
        .chain([Input::Late, Input::Crash, Input::Elsewhere, Input::Anew])
        .collect()
}

impl Input {
    /// The input with this name, as [`Display`](fmt::Display) writes it.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        all().into_iter().find(|input| input.to_string() == name)
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends(end) => fmt::Debug::fmt(end, f),
            Self::Time(jump) => fmt::Debug::fmt(jump, f),
            Self::Late | Self::Crash | Self::Elsewhere | Self::Anew => fmt::Debug::fmt(self, f),
        }
    }
}
