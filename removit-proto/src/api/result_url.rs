//! The URL of a result: what may be fetched, at first and after each redirect.
//!
//! The server chooses these URLs, so they are not trusted: only `https`, or
//! `http` to a loopback host where the API itself is plain-text loopback
//! (contract, rule 8). A file, a `data:` URL or another scheme is never fetched.

use core::fmt;

use http::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::Endpoint;
use crate::api::url_encoding::location_text;
use crate::api::url_error::UrlError;
use crate::api::web_url::WebUrl;

/// A result URL that passed the contract's rule 8.
///
/// ```
/// use removit_proto::{ApiKey, Endpoint, ResultUrl, UrlError};
///
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let url = ResultUrl::check("https://cdn.example.com/results/clipping.webp", &endpoint)?;
/// assert_eq!(url.extension(), Some("webp"));
///
/// assert_eq!(ResultUrl::check("file:///etc/passwd", &endpoint), Err(UrlError::Scheme));
/// assert_eq!(ResultUrl::check("http://127.0.0.1/x", &endpoint), Err(UrlError::Insecure));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "StoredResultUrl", into = "StoredResultUrl")]
pub struct ResultUrl {
    url: WebUrl,
    plain_loopback: bool,
}

impl ResultUrl {
    /// Checks a URL from a status answer of this endpoint.
    ///
    /// # Errors
    /// [`UrlError`] where it must not be fetched. The result is still on the
    /// server; keep the job id.
    pub fn check(text: &str, endpoint: &Endpoint) -> Result<Self, UrlError> {
        Self::admit(WebUrl::parse(text)?, endpoint.is_plain_loopback())
    }

    /// Where a redirect of this URL leads, checked by the same rule.
    ///
    /// # Errors
    /// [`UrlError`] where the `Location` must not be followed.
    pub fn redirected(&self, location: &str) -> Result<Self, UrlError> {
        Self::admit(self.url.join(location)?, self.plain_loopback)
    }

    /// The same, by the header itself: its bytes may be raw UTF-8 or Latin-1,
    /// which are read as browsers read them (contract, rule 17).
    ///
    /// # Errors
    /// [`UrlError`] where the `Location` must not be followed.
    pub fn redirected_by(&self, location: &HeaderValue) -> Result<Self, UrlError> {
        self.redirected(&location_text(location))
    }

    fn admit(url: WebUrl, plain_loopback: bool) -> Result<Self, UrlError> {
        if url.is_secure() || (plain_loopback && url.is_loopback()) {
            Ok(Self { url, plain_loopback })
        } else {
            Err(UrlError::Insecure)
        }
    }

    /// The URL as it is requested.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The ending of the path's last segment: 1 to 5 ASCII letters or digits.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        let path = self.as_str().split('?').next().unwrap_or_default();
        let (_, name) = path.rsplit_once('/')?;
        let (_, extension) = name.rsplit_once('.')?;
        let plain = (1..=5).contains(&extension.len())
            && extension.bytes().all(|b| b.is_ascii_alphanumeric());
        plain.then_some(extension)
    }
}

impl fmt::Display for ResultUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ResultUrl {
    /// Without the query: signed URLs carry their secret there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str().split_once('?') {
            Some((before, _)) => write!(f, "ResultUrl({before}?…)"),
            None => write!(f, "ResultUrl({})", self.as_str()),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredResultUrl {
    url: String,
    plain_loopback: bool,
}

impl TryFrom<StoredResultUrl> for ResultUrl {
    type Error = UrlError;

    fn try_from(stored: StoredResultUrl) -> Result<Self, UrlError> {
        Self::admit(WebUrl::parse(&stored.url)?, stored.plain_loopback)
    }
}

impl From<ResultUrl> for StoredResultUrl {
    fn from(url: ResultUrl) -> Self {
        Self { url: url.as_str().to_owned(), plain_loopback: url.plain_loopback }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApiKey;

    fn check(text: &str) -> ResultUrl {
        ResultUrl::check(text, &Endpoint::production(ApiKey::new("k").unwrap())).unwrap()
    }

    #[test]
    fn an_extension_is_one_to_five_letters_or_digits_of_the_last_segment() {
        for (path, extension) in [
            ("cup.webp", Some("webp")),
            ("cup.tar.gz?name=a.png", Some("gz")),
            ("cup.12345", Some("12345")),
            ("cup.123456", None),
            ("cup.", None),
            ("cup.a-b", None),
            ("v1.2/cup", None),
            ("cup", None),
        ] {
            assert_eq!(check(&format!("https://a/{path}")).extension(), extension, "{path}");
        }
    }

    #[test]
    fn a_signature_is_shown_only_to_who_asks_for_the_whole_url() {
        let url = check("https://a/cup.png?sig=secret");
        assert_eq!(url.to_string(), "https://a/cup.png?sig=secret");
        assert_eq!(format!("{url:?}"), "ResultUrl(https://a/cup.png?…)");
        assert_eq!(format!("{:?}", check("https://a/cup.png")), "ResultUrl(https://a/cup.png)");
    }

    #[test]
    fn a_stored_url_comes_back_as_it_was_and_is_checked_again() {
        let local = Endpoint::new("http://127.0.0.1:1", ApiKey::new("k").unwrap()).unwrap();
        for url in [check("https://a/x?y"), ResultUrl::check("http://[::1]/x", &local).unwrap()] {
            let stored = serde_json::to_string(&url).unwrap();
            assert_eq!(serde_json::from_str::<ResultUrl>(&stored).unwrap(), url);
        }
        for stored in [
            r#"{"url":"http://127.0.0.1/x","plain_loopback":false}"#,
            r#"{"url":"http://a/x","plain_loopback":true}"#,
            r#"{"url":"file:///etc/passwd","plain_loopback":true}"#,
        ] {
            assert!(serde_json::from_str::<ResultUrl>(stored).is_err(), "{stored}");
        }
    }
}
