//! The beginning of a result that is in the caller's file already, and what it takes
//! to put the rest behind it.
//!
//! Sends nothing: the machine decides whether to ask for the rest.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::api::content_length::{content_length, is_encoded};
use crate::api::content_range::ContentRange;
use crate::api::download_request::DownloadRequest;
use crate::api::result_kind::ResultKind;
use crate::api::result_url::ResultUrl;
use crate::api::validator::strong_validator;
use crate::transport::first_bytes::FirstBytes;

/// A part that the rest can be put behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Where it came from.
    url: ResultUrl,
    /// Which version it is of.
    validator: HeaderValue,
    len: u64,
    /// How long all of it is, where the server said so.
    total: Option<u64>,
    /// The result's first bytes.
    start: Bytes,
}

impl Part {
    /// What came of a 200, where a server may give the rest by itself.
    pub(crate) fn of(
        url: &ResultUrl,
        head: &Response<()>,
        len: u64,
        start: &Bytes,
    ) -> Option<Self> {
        let headers = head.headers();
        let total = content_length(headers);
        let can_go_on = head.status() == StatusCode::OK
            && !is_encoded(headers)
            && !declines_ranges(headers)
            && (start.len() >= ResultKind::START_LEN || is_all(start, len))
            && ResultKind::from_bytes(start).is_ok()
            && total.is_none_or(|total| len < total);
        let validator = strong_validator(headers).filter(|_| can_go_on)?.clone();
        Some(Self { url: url.clone(), validator, len, total, start: start.clone() })
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// The result's first bytes, where these are the first ones of the rest.
    pub(crate) fn start_before(&self, rest: &[u8]) -> Bytes {
        if !is_all(&self.start, self.len) {
            return self.start.clone();
        }
        let mut first = FirstBytes::default();
        first.take(&self.start);
        first.take(rest);
        first.into()
    }

    /// Whether the rest may be asked for at this URL: where the beginning came from,
    /// signed anew perhaps.
    pub(crate) fn is_of(&self, url: &ResultUrl) -> bool {
        let place = |url: &ResultUrl| url.as_str().split('?').next().map(str::to_owned);
        place(&self.url) == place(url)
    }

    /// The request for the rest.
    pub(crate) fn ask(&self, url: ResultUrl) -> DownloadRequest {
        DownloadRequest::new(url).after(self.len, self.validator.clone())
    }

    /// Whether an answer to that request is the rest, and how long all of it is then.
    pub(crate) fn rest(&self, head: &Response<()>) -> Option<Option<u64>> {
        let headers = head.headers();
        let range = ContentRange::of(headers).filter(|_| !is_encoded(headers))?;
        let other_version = match headers.get(header::ETAG) {
            Some(tag) => self.validator.as_bytes().starts_with(b"\"") && *tag != self.validator,
            None => false,
        };
        let other_length = matches!((self.total, range.total), (Some(a), Some(b)) if a != b);
        let is_rest = head.status() == StatusCode::PARTIAL_CONTENT
            && range.first == self.len
            && !other_version
            && !other_length;
        is_rest.then_some(range.total.or(self.total))
    }

    /// The same with more behind it.
    pub(crate) fn grown(mut self, len: u64, total: Option<u64>, rest: &[u8]) -> Self {
        self.start = self.start_before(rest);
        (self.len, self.total) = (len, total);
        self
    }
}

/// Whether the first bytes are all that there is.
fn is_all(start: &Bytes, len: u64) -> bool {
    u64::try_from(start.len()) == Ok(len)
}

fn declines_ranges(headers: &HeaderMap) -> bool {
    let is_none = |value: &HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"none");
    headers.get_all(header::ACCEPT_RANGES).iter().any(is_none)
}
