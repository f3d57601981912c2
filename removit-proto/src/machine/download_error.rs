//! How fetching a result ends without it. The result stays on the server.

use core::fmt;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::api::excerpt::Excerpt;
use crate::api::result_kind::NotAnImage;
use crate::api::status_serde;
use crate::api::url_error::UrlError;
use crate::transport::transport_failure::TransportFailure;

/// Why a result could not be fetched. It stays on the server: a status call
/// with the job's id names it anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DownloadError {
    /// Its URL is none that a result may be fetched from (contract, rule 8).
    UnsafeUrl(UrlError),
    /// The server refuses it; 403, 404 and 410 usually mean that the URL expired.
    Refused(#[serde(with = "status_serde")] StatusCode),
    /// The server failed, and went on failing.
    Server(#[serde(with = "status_serde")] StatusCode),
    /// No connection, or one that broke, again and again.
    Transport(TransportFailure),
    /// The body was not as long as its `Content-Length`, or empty.
    WrongLength {
        /// What the server announced.
        expected: Option<u64>,
        /// What came.
        received: u64,
    },
    /// An answer that delivers nothing: accepted but not ready (202), without content
    /// (204, 205), or a part that nobody asked for (206).
    NotDelivered(#[serde(with = "status_serde")] StatusCode),
    /// What came is no image, whatever its status and name said (contract, rule 13).
    NotAnImage {
        /// What it is instead.
        what: NotAnImage,
        /// Its beginning, for the operator.
        excerpt: Excerpt,
    },
    /// A redirect leads to where no result may be fetched from.
    UnsafeRedirect(UrlError),
    /// A redirect without a readable `Location`.
    LostRedirect(#[serde(with = "status_serde")] StatusCode),
    /// More redirects in a row than the policy allows.
    TooManyRedirects,
}

impl DownloadError {
    /// Whether the URL has probably expired, so that a status call names a new one.
    ///
    /// ```
    /// use removit_proto::DownloadError;
    ///
    /// assert!(DownloadError::Refused(http::StatusCode::GONE).is_expiry());
    /// assert!(!DownloadError::TooManyRedirects.is_expiry());
    /// ```
    #[must_use]
    pub fn is_expiry(&self) -> bool {
        matches!(self, Self::Refused(status) if matches!(status.as_u16(), 403 | 404 | 410))
    }
}

impl fmt::Display for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsafeUrl(error) => {
                write!(f, "the result's URL must not be fetched: {error}")
            }
            Self::Refused(status) => write!(
                f,
                "the result was refused ({status}); its URL may have expired, ask for the job's status anew"
            ),
            Self::Server(status) => {
                write!(f, "the result's server keeps failing ({status}); try again later")
            }
            Self::Transport(failure) => write!(f, "the result could not be fetched: {failure}"),
            Self::WrongLength { expected: Some(expected), received } => {
                write!(f, "the result was cut off: {received} of {expected} bytes came")
            }
            Self::WrongLength { expected: None, .. } => f.write_str("the result is empty"),
            Self::NotDelivered(status) => {
                write!(
                    f,
                    "the result was not delivered ({status}), again and again; try again later"
                )
            }
            Self::NotAnImage { what, excerpt } if excerpt.as_str().is_empty() => {
                write!(f, "the result is no image, but {what}, again and again; try again later")
            }
            Self::NotAnImage { what, excerpt } => write!(
                f,
                "the result is no image, but {what}, again and again; try again later: {excerpt}"
            ),
            Self::UnsafeRedirect(error) => {
                write!(f, "the result redirects to where nothing may be fetched from: {error}")
            }
            Self::LostRedirect(status) => {
                write!(f, "the result redirects ({status}) without saying where to")
            }
            Self::TooManyRedirects => f.write_str("the result redirects again and again"),
        }
    }
}

impl core::error::Error for DownloadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_happened_to_the_result() {
        let url = crate::api::web_url::WebUrl::parse("ftp://example.com").unwrap_err();
        let len = |expected, received| DownloadError::WrongLength { expected, received };
        for (error, said) in [
            (DownloadError::UnsafeUrl(url), "must not be fetched"),
            (DownloadError::Refused(StatusCode::GONE), "(410 Gone); its URL may have expired"),
            (DownloadError::Server(StatusCode::BAD_GATEWAY), "keeps failing (502 Bad Gateway)"),
            (DownloadError::Transport(TransportFailure::connect("no")), "fetched: no connection"),
            (len(Some(8), 5), "cut off: 5 of 8 bytes"),
            (len(None, 0), "the result is empty"),
            (DownloadError::NotDelivered(StatusCode::ACCEPTED), "not delivered (202 Accepted)"),
            (
                DownloadError::NotAnImage {
                    what: NotAnImage::Html,
                    excerpt: Excerpt::unsigned("<p>Not\nready"),
                },
                "no image, but an HTML page, again and again; try again later: <p>Not ready",
            ),
            (
                DownloadError::NotAnImage {
                    what: NotAnImage::Unknown,
                    excerpt: Excerpt::default(),
                },
                "no image, but bytes of no image that is known, again and again; try again later",
            ),
            (DownloadError::UnsafeRedirect(url), "redirects to where nothing"),
            (DownloadError::LostRedirect(StatusCode::FOUND), "(302 Found) without"),
            (DownloadError::TooManyRedirects, "again and again"),
        ] {
            assert!(error.to_string().contains(said), "{error}");
        }
    }

    #[test]
    fn a_url_may_be_too_old_where_its_result_is_refused_as_gone() {
        for (status, is_expiry) in
            [(400, false), (403, true), (404, true), (410, true), (416, false)]
        {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(DownloadError::Refused(status).is_expiry(), is_expiry, "{status}");
            assert!(!DownloadError::Server(status).is_expiry());
        }
    }
}
