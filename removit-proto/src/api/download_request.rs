//! `GET` of a result: the one request that never carries the API key.

use http::{HeaderValue, Request, header};

use crate::api::body::Body;
use crate::api::endpoint::USER_AGENT;
use crate::api::result_url::ResultUrl;

/// Fetches a result URL, without the API key.
///
/// ```
/// use removit_proto::{ApiKey, DownloadRequest, Endpoint, ResultUrl};
///
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let url = ResultUrl::check("https://cdn.example.com/clipping.webp", &endpoint)?;
/// let wire = DownloadRequest::new(url).to_http();
/// assert!(wire.headers().get("x-api-key").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadRequest {
    url: ResultUrl,
    part: Option<(u64, HeaderValue)>,
}

impl DownloadRequest {
    /// Fetches this result.
    #[must_use]
    pub const fn new(url: ResultUrl) -> Self {
        Self { url, part: None }
    }

    /// Asks for what comes after the first `from` bytes, where the result is still the
    /// version of which `validator` is the strong entity tag, and for all of it where
    /// it is another one (`Range` and `If-Range`).
    #[must_use]
    pub fn after(mut self, from: u64, validator: HeaderValue) -> Self {
        self.part = Some((from, validator));
        self
    }

    /// The request for the wire. Compressed transfer is declined, so that the
    /// length on the wire is the file's.
    #[must_use]
    pub fn to_http(&self) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        // Always `Ok`: a `ResultUrl` was parsed as a `Uri` when it was built.
        if let Ok(uri) = self.url.as_str().parse() {
            *request.uri_mut() = uri;
        }
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if let Some((from, validator)) = &self.part {
            if let Ok(range) = HeaderValue::try_from(format!("bytes={from}-")) {
                headers.insert(header::RANGE, range);
                headers.insert(header::IF_RANGE, validator.clone());
            }
        }
        request
    }
}
