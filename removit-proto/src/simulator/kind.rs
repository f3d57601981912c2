//! Where a request came to, and what it is for: the words of the script and the books.

use serde::Serialize;

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
