//! What an end means by the contract: an independent reading of its rules 3, 8
//! and 12, which uses nothing of the machines.

use std::time::Duration;

use crate::ends::End;

/// What an upload that ends so says about the job (rule 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfUpload {
    Accepted,
    Rejected,
    RejectedForNow,
    NotSent,
    /// The photo is gone: sending again is no use.
    NotSentForGood,
    Ambiguous,
}

/// What a poll that ends so says about the wait (rule 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfPoll {
    Finished,
    Failed,
    NoResult,
    Refused,
    /// Final but for a fresh job (rule 11).
    NotFound,
    /// Looking again is no use.
    Unreachable,
    /// Time only.
    GoesOn,
}

/// What a fetch that ends so says about the result (rule 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfFetch {
    Delivered,
    Redirected(&'static str),
    Never,
    Later,
}

impl End {
    pub(crate) fn of_upload(self) -> OfUpload {
        match self {
            Self::Accepted
            | Self::CutOffWithId
            | Self::Pending
            | Self::Done
            | Self::DoneWithoutResult
            | Self::Failed => OfUpload::Accepted,
            Self::Refused
            | Self::RefusedInPart
            | Self::NotFound
            | Self::RedirectedNowhere
            | Self::RedirectedHere
            | Self::RedirectedAway
            | Self::RedirectedToFile => OfUpload::Rejected,
            Self::RateLimited | Self::ShapedUnavailable | Self::AskedUnavailable => {
                OfUpload::RejectedForNow
            }
            Self::NoConnection | Self::CutShort | Self::SilentUnsent => OfUpload::NotSent,
            Self::SourceGone | Self::Unreachable => OfUpload::NotSentForGood,
            Self::Unreadable
            | Self::Stored
            | Self::StoredShort
            | Self::StoredEmpty
            | Self::StoredPage
            | Self::ProxyTimeout
            | Self::BareUnavailable
            | Self::ServerError
            | Self::ServerErrorInPart
            | Self::BadGateway
            | Self::Broken
            | Self::Silent
            | Self::SinkFull
            | Self::TooLarge => OfUpload::Ambiguous,
        }
    }

    pub(crate) fn of_poll(self) -> OfPoll {
        match self {
            Self::Done => OfPoll::Finished,
            Self::DoneWithoutResult => OfPoll::NoResult,
            Self::Failed => OfPoll::Failed,
            Self::Refused | Self::RefusedInPart => OfPoll::Refused,
            Self::NotFound => OfPoll::NotFound,
            Self::Unreachable | Self::SourceGone | Self::SinkFull => OfPoll::Unreachable,
            _ => OfPoll::GoesOn,
        }
    }

    pub(crate) fn of_fetch(self) -> OfFetch {
        match self {
            Self::Stored => OfFetch::Delivered,
            Self::RedirectedHere => OfFetch::Redirected(crate::ends::HERE),
            Self::RedirectedAway => OfFetch::Redirected(crate::ends::AWAY),
            Self::Refused
            | Self::RefusedInPart
            | Self::NotFound
            | Self::RedirectedNowhere
            | Self::RedirectedToFile
            | Self::Unreachable
            | Self::SourceGone
            | Self::SinkFull
            | Self::TooLarge => OfFetch::Never,
            _ => OfFetch::Later,
        }
    }

    /// How long the server asked to be left alone.
    pub(crate) fn asks_for(self) -> Option<Duration> {
        let asks = matches!(self, Self::RateLimited | Self::AskedUnavailable);
        asks.then_some(Duration::from_secs(4))
    }
}
