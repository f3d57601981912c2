//! Where the API is and how a request proves who sends it.
//!
//! Builds the head of every API request; the key goes nowhere else. Redirects
//! are not known here: an API redirect is an answer like any other.

use core::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};

use crate::api::api_key::{ApiKey, AuthScheme};
use crate::api::body::Body;
use crate::api::url_encoding::push_percent_encoded;
use crate::api::url_error::UrlError;
use crate::api::web_url::WebUrl;

pub(crate) const USER_AGENT: &str = concat!("removit-rust/", env!("CARGO_PKG_VERSION"));

/// The API's base URL with the key that it takes.
///
/// ```
/// use removit_proto::{ApiKey, AuthScheme, Endpoint};
///
/// let key = ApiKey::new("my-key")?;
/// let vendor = Endpoint::production(key.clone());
/// assert_eq!(vendor.base_url(), "https://api.removit.eu");
///
/// // Behind a gateway: the path prefix is kept.
/// let gateway = Endpoint::new("https://gateway.example/removit/", key.clone())?
///     .with_auth(AuthScheme::Bearer);
/// assert_eq!(gateway.base_url(), "https://gateway.example/removit");
///
/// // Plain text is for loopback only.
/// assert!(Endpoint::new("http://127.0.0.1:8787", key.clone()).is_ok());
/// assert!(Endpoint::new("http://api.example", key).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Endpoint(Arc<Parts>);

/// Shared, since each machine has an endpoint of its own; with it what all its requests
/// begin with.
#[derive(Clone)]
struct Parts {
    base: WebUrl,
    base_uri: Uri,
    key: ApiKey,
    auth: AuthScheme,
    user_agent: HeaderValue,
    headers: HeaderMap,
    /// The same, and room for what an upload has beside them.
    upload_headers: HeaderMap,
}

impl Endpoint {
    /// The vendor's own API, `https://api.removit.eu`.
    #[must_use]
    pub fn production(key: ApiKey) -> Self {
        Self::at(WebUrl::vendor(), key)
    }

    /// An API at another base URL: a gateway, a simulator. A path prefix is
    /// kept; a trailing slash does not matter, nor does `/api/v1` at the end or the
    /// path of an endpoint, with which a base URL is often written down.
    ///
    /// ```
    /// # use removit_proto::{ApiKey, Endpoint};
    /// # let key = ApiKey::new("my-key")?;
    /// let endpoint = Endpoint::new("https://gateway.example/removit/api/v1/upload", key)?;
    /// assert_eq!(endpoint.base_url(), "https://gateway.example/removit");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`UrlError`] where it is not an absolute `https` URL (`http` for a
    /// loopback host), or has user information, a query or a fragment.
    pub fn new(base_url: &str, key: ApiKey) -> Result<Self, UrlError> {
        let base = WebUrl::parse(base_url)?;
        if base.has_query() || base_url.contains('#') {
            return Err(UrlError::QueryOrFragment);
        }
        if !base.is_secure() && !base.is_loopback() {
            return Err(UrlError::Insecure);
        }
        Ok(Self::at(WebUrl::parse(above_the_endpoints(base.as_str()))?, key))
    }

    fn at(base: WebUrl, key: ApiKey) -> Self {
        let parts = Parts {
            // Always `Ok`: a `WebUrl` is what `http` can hold.
            base_uri: base.as_str().parse().unwrap_or_default(),
            base,
            key,
            auth: AuthScheme::default(),
            user_agent: HeaderValue::from_static(USER_AGENT),
            headers: HeaderMap::new(),
            upload_headers: HeaderMap::new(),
        };
        parts.shared()
    }

    /// The same endpoint with the key in another header.
    #[must_use]
    pub fn with_auth(self, auth: AuthScheme) -> Self {
        Parts { auth, ..Arc::unwrap_or_clone(self.0) }.shared()
    }

    /// The same endpoint with another `User-Agent`.
    #[must_use]
    pub fn with_user_agent(self, user_agent: HeaderValue) -> Self {
        Parts { user_agent, ..Arc::unwrap_or_clone(self.0) }.shared()
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.0.base.as_str()
    }

    /// Whether the API is a plain-text loopback server, which alone allows
    /// plain-text loopback results (contract, rule 8).
    #[must_use]
    pub fn is_plain_loopback(&self) -> bool {
        !self.0.base.is_secure() && self.0.base.is_loopback()
    }

    /// Whether a text is certainly what [`redact`](Self::redact) makes of it, and so is
    /// each text that its JSON says.
    pub(crate) fn is_clean(&self, text: &str) -> bool {
        self.0.key.is_certainly_not_in(text)
    }

    pub(crate) fn redact(&self, text: &str) -> String {
        self.0.key.redact(text)
    }

    /// Adds the key to a request's headers, in this one of the two ways.
    #[cfg(feature = "contract")]
    pub(crate) fn authorize(&self, scheme: AuthScheme, headers: &mut HeaderMap) {
        self.0.key.authorize(scheme, headers);
    }

    /// A request to `path_and_query` below the base URL, with the key.
    #[cfg(any(test, feature = "contract"))]
    pub(crate) fn request(
        &self,
        method: Method,
        path_and_query: &str,
        body: Body,
    ) -> Request<Body> {
        let mut request = self.0.get(path_and_query, "");
        *request.method_mut() = method;
        *request.body_mut() = body;
        request
    }

    /// A `GET` of `path_and_query` below the base URL, which ends in a query's `=`, with
    /// that query's value and the key.
    pub(crate) fn ask(&self, path_and_query: &str, value: &str) -> Request<Body> {
        self.0.get(path_and_query, value)
    }

    /// A `POST` of a body with a length to `path` below the base URL, with the key.
    pub(crate) fn upload(
        &self,
        path: &str,
        content_type: HeaderValue,
        body: Body,
    ) -> Request<Body> {
        // A text of digits is a header's value.
        let length = HeaderValue::from_maybe_shared(Bytes::from(body.len().to_string()));
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.0.uri(path, "");
        let headers = request.headers_mut();
        *headers = self.0.upload_headers.clone();
        headers.insert(header::CONTENT_TYPE, content_type);
        if let Ok(length) = length {
            headers.insert(header::CONTENT_LENGTH, length);
        }
        request
    }
}

impl Parts {
    /// With the headers that follow from the rest.
    fn shared(mut self) -> Endpoint {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        // An answer that is compressed may be read by nobody on the way (rule 14).
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        self.key.authorize(self.auth, &mut headers);
        self.headers = headers.clone();
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
            headers.insert(name, HeaderValue::from_static(""));
        }
        self.upload_headers = headers;
        Endpoint(Arc::new(self))
    }

    fn get(&self, path_and_query: &str, value: &str) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.uri(path_and_query, value);
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// The base URL with a path, and perhaps a query, after its own, and a value at the
    /// end, which is percent-encoded.
    fn uri(&self, path_and_query: &str, value: &str) -> Uri {
        let mut parts = self.base_uri.clone().into_parts();
        let prefix = self.base_uri.path().trim_end_matches('/');
        let len = prefix.len().saturating_add(path_and_query.len()).saturating_add(value.len());
        let mut text = String::with_capacity(len);
        text.push_str(prefix);
        text.push_str(path_and_query);
        push_percent_encoded(value, &mut text);
        // Always `Ok`: the base URL is at most 16 KiB of valid URI, and what follows is
        // short and percent-encoded.
        parts.path_and_query = PathAndQuery::from_maybe_shared(Bytes::from(text)).ok();
        Uri::from_parts(parts).unwrap_or_default()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("base", &self.0.base)
            .field("key", &self.0.key)
            .field("auth", &self.0.auth)
            .field("user_agent", &self.0.user_agent)
            .finish()
    }
}

/// What is above `/api/v1/upload` and `/api/v1/status` in a URL that ends there, or
/// on the way there.
fn above_the_endpoints(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    let paths = ["/api/v1", "/api/v1/upload", "/api/v1/status"];
    let above = paths.iter().find_map(|path| url.strip_suffix(path));
    // A host may be called `api`.
    let above = above.filter(|above| above.contains("://"));
    above.map_or(url, |above| above.trim_end_matches('/'))
}

#[cfg(test)]
mod tests;
