//! Everything that can happen to a batch, by class.

use std::fmt;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The driver takes all events.
    TakeEvents,
    /// Every receipt that was taken comes back.
    Store,
    /// The oldest request under way ends so.
    Oldest(Reply),
    /// The newest one does.
    Newest(Reply),
    /// An upload that was given up as ambiguous turns out to be accepted.
    Late,
    /// Time passes: to the wake-up, a second, three hours.
    Wake,
    Second,
    Hours,
    Stop,
    Resume,
}

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// As its sender would have it.
    Good,
    /// A poll's.
    Pending,
    /// 429, and come back in four seconds.
    Busy,
    /// No connection.
    Down,
    /// The connection broke after the request.
    Broken,
    /// 500.
    Failing,
    /// 401.
    Refused,
}

const REPLIES: [Reply; 7] = [
    Reply::Good,
    Reply::Pending,
    Reply::Busy,
    Reply::Down,
    Reply::Broken,
    Reply::Failing,
    Reply::Refused,
];

pub(crate) fn all() -> Vec<Input> {
    let others = [
        Input::TakeEvents,
        Input::Store,
        Input::Late,
        Input::Wake,
        Input::Second,
        Input::Hours,
        Input::Stop,
        Input::Resume,
    ];
    others.into_iter().chain(REPLIES.map(Input::Oldest)).chain(REPLIES.map(Input::Newest)).collect()
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
            Self::Oldest(reply) => write!(f, "Oldest-{reply:?}"),
            Self::Newest(reply) => write!(f, "Newest-{reply:?}"),
            other => fmt::Debug::fmt(other, f),
        }
    }
}
