//! How an attempt ends: one for each class that some machine tells apart.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use removit_proto::{Outcome, Reach, TransportFailure};

/// How every picture begins here.
pub(crate) const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// How an attempt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Accepted,
    CutOffWithId,
    Unreadable,
    Pending,
    Done,
    DoneWithoutResult,
    Failed,
    Stored,
    StoredShort,
    StoredEmpty,
    StoredPage,
    Refused,
    RefusedInPart,
    NotFound,
    ProxyTimeout,
    RedirectedNowhere,
    RedirectedHere,
    RedirectedAway,
    RedirectedToFile,
    RateLimited,
    ShapedUnavailable,
    AskedUnavailable,
    BareUnavailable,
    ServerError,
    ServerErrorInPart,
    BadGateway,
    NoConnection,
    Unreachable,
    CutShort,
    Broken,
    SilentUnsent,
    Silent,
    SourceGone,
    SinkFull,
    TooLarge,
}

pub(crate) const ENDS: [End; 35] = [
    End::Accepted,
    End::CutOffWithId,
    End::Unreadable,
    End::Pending,
    End::Done,
    End::DoneWithoutResult,
    End::Failed,
    End::Stored,
    End::StoredShort,
    End::StoredEmpty,
    End::StoredPage,
    End::Refused,
    End::RefusedInPart,
    End::NotFound,
    End::ProxyTimeout,
    End::RedirectedNowhere,
    End::RedirectedHere,
    End::RedirectedAway,
    End::RedirectedToFile,
    End::RateLimited,
    End::ShapedUnavailable,
    End::AskedUnavailable,
    End::BareUnavailable,
    End::ServerError,
    End::ServerErrorInPart,
    End::BadGateway,
    End::NoConnection,
    End::Unreachable,
    End::CutShort,
    End::Broken,
    End::SilentUnsent,
    End::Silent,
    End::SourceGone,
    End::SinkFull,
    End::TooLarge,
];

/// Where redirects lead to.
pub(crate) const HERE: &str = "https://a.example/moved";
pub(crate) const AWAY: &str = "https://b.example/x";

impl End {
    pub(crate) fn outcome(self) -> Outcome {
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
            Self::Stored => stored("40", 40),
            Self::StoredShort => stored("40", 39),
            Self::StoredEmpty => stored("0", 0),
            Self::StoredPage => Outcome::stored(Response::new(()), 40, b"<html>busy".as_slice()),
            Self::Refused => full(401, r#"{"error":"unauthorized"}"#),
            Self::RefusedInPart => Outcome::Partial(answer(401, r#"{"error":"unau"#)),
            Self::NotFound => full(404, r#"{"error":"not_found"}"#),
            Self::ProxyTimeout => full(408, ""),
            Self::RedirectedNowhere => full(302, ""),
            Self::RedirectedHere => redirect("/moved"),
            Self::RedirectedAway => redirect(AWAY),
            Self::RedirectedToFile => redirect("file:///etc/passwd"),
            Self::RateLimited => asking(429),
            Self::ShapedUnavailable => full(503, r#"{"error":"maintenance"}"#),
            Self::AskedUnavailable => asking(503),
            Self::BareUnavailable => full(503, ""),
            Self::ServerError => full(500, r#"{"error":"oops"}"#),
            Self::ServerErrorInPart => Outcome::Partial(answer(500, r#"{"err"#)),
            Self::BadGateway => full(502, "<html>"),
            Self::NoConnection => Outcome::Failed(TransportFailure::connect("refused")),
            Self::Unreachable => Outcome::Failed(TransportFailure::unreachable("expired")),
            Self::CutShort => Outcome::Failed(TransportFailure::broken(Reach::NotSent, "reset")),
            Self::Broken => Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset")),
            Self::SilentUnsent => {
                Outcome::Failed(TransportFailure::timed_out(Reach::NotSent, "silence"))
            }
            Self::Silent => {
                Outcome::Failed(TransportFailure::timed_out(Reach::MaybeSent, "silence"))
            }
            Self::SourceGone => Outcome::Failed(TransportFailure::source("changed")),
            Self::SinkFull => Outcome::Failed(TransportFailure::sink("full")),
            Self::TooLarge => Outcome::Failed(TransportFailure::TooLarge { limit: 1 }),
        }
    }
}

fn answer(status: u16, body: &'static str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    answer
}

fn full(status: u16, body: &'static str) -> Outcome {
    Outcome::Response(answer(status, body))
}

fn redirect(to: &'static str) -> Outcome {
    let mut answer = answer(302, "");
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static(to));
    Outcome::Response(answer)
}

/// Come back in four seconds.
fn asking(status: u16) -> Outcome {
    let mut answer = answer(status, "");
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("4"));
    Outcome::Response(answer)
}

fn stored(announced: &'static str, len: u64) -> Outcome {
    let mut head = Response::new(());
    head.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static(announced));
    Outcome::stored(head, len, PICTURE)
}
