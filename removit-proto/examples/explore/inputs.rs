//! Everything that can happen to a machine, by class.

use bytes::Bytes;
use http::Response;
use removit_proto::{Outcome, Reach, TransportFailure};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The attempt under way ends so.
    Ends(End),
    /// An outcome for an attempt that is over, or that never was.
    Stale,
    /// Time passes, or does not.
    Time(Jump),
    /// The process ends and a new one goes on from what was stored.
    Crash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jump {
    BeforeWakeup,
    ToWakeup,
    AfterWakeup,
    FarAhead,
    Back,
}

/// How an attempt ends, one for each class that a machine can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Accepted,
    CutOffWithId,
    Unreadable,
    Pending,
    Done,
    DoneWithoutResult,
    Failed,
    Refused,
    NotFound,
    Redirected,
    RateLimited,
    ShapedUnavailable,
    BareUnavailable,
    ServerError,
    NoConnection,
    CutShort,
    Broken,
    SourceGone,
}

pub(crate) const ENDS: [End; 18] = [
    End::Accepted,
    End::CutOffWithId,
    End::Unreadable,
    End::Pending,
    End::Done,
    End::DoneWithoutResult,
    End::Failed,
    End::Refused,
    End::NotFound,
    End::Redirected,
    End::RateLimited,
    End::ShapedUnavailable,
    End::BareUnavailable,
    End::ServerError,
    End::NoConnection,
    End::CutShort,
    End::Broken,
    End::SourceGone,
];

const JUMPS: [Jump; 5] =
    [Jump::BeforeWakeup, Jump::ToWakeup, Jump::AfterWakeup, Jump::FarAhead, Jump::Back];

pub(crate) fn all() -> Vec<Input> {
    let ends = ENDS.map(Input::Ends);
    let jumps = JUMPS.map(Input::Time);
    ends.into_iter().chain(jumps).chain([Input::Stale, Input::Crash]).collect()
}

impl End {
    /// Whether the server certainly made no job of an upload that ends so.
    pub(crate) fn makes_no_job(self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::NotFound
                | Self::Redirected
                | Self::RateLimited
                | Self::ShapedUnavailable
                | Self::NoConnection
                | Self::CutShort
                | Self::SourceGone
        )
    }

    /// Whether an upload that ends so is accepted.
    pub(crate) fn brings_an_id(self) -> bool {
        matches!(
            self,
            Self::Accepted
                | Self::CutOffWithId
                | Self::Pending
                | Self::Done
                | Self::DoneWithoutResult
                | Self::Failed
        )
    }

    pub(crate) fn outcome(self) -> Outcome {
        let answer = |status, body: &'static str| {
            let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
            *answer.status_mut() = http::StatusCode::from_u16(status).expect("a status");
            answer
        };
        let full = |status, body| Outcome::Response(answer(status, body));
        match self {
            Self::Accepted => full(202, r#"{"job_id":"job-1","status":"queued"}"#),
            Self::CutOffWithId => Outcome::Partial(answer(202, r#"{"job_id":"job-1","sta"#)),
            Self::Unreadable => full(200, "<html>"),
            Self::Pending => full(200, r#"{"job_id":"job-1","state":"pending","progress":40}"#),
            Self::Done => {
                full(200, r#"{"job_id":"job-1","state":"done","final_url":"https://a.example/x"}"#)
            }
            Self::DoneWithoutResult => full(200, r#"{"job_id":"job-1","state":"done"}"#),
            Self::Failed => full(200, r#"{"job_id":"job-1","state":"failed"}"#),
            Self::Refused => full(401, r#"{"error":"unauthorized"}"#),
            Self::NotFound => full(404, r#"{"error":"not_found"}"#),
            Self::Redirected => full(302, ""),
            Self::RateLimited => {
                let mut answer = answer(429, "");
                answer.headers_mut().insert("retry-after", http::HeaderValue::from_static("4"));
                Outcome::Response(answer)
            }
            Self::ShapedUnavailable => full(503, r#"{"error":"maintenance"}"#),
            Self::BareUnavailable => full(503, ""),
            Self::ServerError => full(500, r#"{"error":"oops"}"#),
            Self::NoConnection => Outcome::Failed(TransportFailure::connect("refused")),
            Self::CutShort => Outcome::Failed(TransportFailure::broken(Reach::NotSent, "reset")),
            Self::Broken => Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset")),
            Self::SourceGone => Outcome::Failed(TransportFailure::source("changed")),
        }
    }
}
