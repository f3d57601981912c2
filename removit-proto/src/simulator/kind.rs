//! Where a request came to, and what it is for: the words of the script and the books.

use http::Method;
use http::request::Parts;
use serde::Serialize;

pub(super) const UPLOAD: &str = "/api/v1/upload";
pub(super) const STATUS: &str = "/api/v1/status";
pub(super) const ACCOUNT: &str = "/simulator/account";
pub(super) const RESULTS: &str = "/results/";
/// Where [`Target::OtherPath`](super::Target::OtherPath) points to.
pub(super) const MOVED: &str = "/moved/results/";
/// What [`Target::RawPath`](super::Target::RawPath) becomes on its way here.
pub(super) const MOVED_RAW: &str = "/mov%C3%A9d%20%5B1%5D";

/// Which of the vendor's two hosts a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The API's own host: the only one that may ever see an API key.
    Api,
    /// The host that serves results.
    Results,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// `POST /api/v1/upload`
    Upload,
    /// `GET /api/v1/status`
    Status,
    /// `GET /results/…`
    Result,
    /// Anything else.
    Other,
}

impl Kind {
    /// By the method and the path.
    pub(super) fn of(head: &Parts) -> Self {
        match (&head.method, head.uri.path()) {
            (&Method::POST, UPLOAD) => Self::Upload,
            (&Method::GET, STATUS) => Self::Status,
            (&Method::GET, path)
                if [RESULTS, MOVED, MOVED_RAW].iter().any(|start| path.starts_with(start)) =>
            {
                Self::Result
            }
            _ => Self::Other,
        }
    }
}
