//! Absolute `http` and `https` URLs, read as browsers read them, and nothing that
//! two parsers could take for another host (contract, rule 17).
//!
//! One reading serves the base URL, a photo's URL, result URLs and `Location`.
//! Up to the path it is strict: RFC 3986, a plain host, no user information. In
//! a path or query it takes what browsers take: what RFC 3986 forbids there is
//! percent-encoded, tabs and line breaks are left out, and a backslash in a path
//! is a slash. Nothing here resolves a name or fetches.

use core::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;
use iri_string::types::{UriAbsoluteStr, UriReferenceStr, UriStr};

use crate::api::url_encoding::encode;
use crate::api::url_error::UrlError;

/// An absolute `http` or `https` URL with a host, without user information or
/// fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WebUrl {
    text: String,
    secure: bool,
    /// Where in the text the host ends; it begins after the scheme.
    host_end: usize,
    port: u16,
}

impl WebUrl {
    /// `https://api.removit.eu`
    pub(crate) fn vendor() -> Self {
        let text = "https://api.removit.eu".to_owned();
        Self { secure: true, host_end: text.len(), text, port: 443 }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, UrlError> {
        let encoded = encode(text)?;
        let url = UriStr::new(&encoded).map_err(|_| match UriReferenceStr::new(&encoded) {
            Ok(_) => UrlError::NotAbsolute,
            Err(_) => UrlError::Malformed,
        })?;
        Self::from_absolute(url.to_absolute())
    }

    /// Where a `Location` of this URL's answer leads (RFC 3986, section 5).
    pub(crate) fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let encoded = encode(reference)?;
        let reference = UriReferenceStr::new(&encoded).map_err(|_| UrlError::Malformed)?;
        let base = UriAbsoluteStr::new(&self.text).map_err(|_| UrlError::Malformed)?;
        // Servers and browsers drop a base's own `..` before they resolve against it.
        let itself = UriReferenceStr::new(&self.text).map_err(|_| UrlError::Malformed)?;
        let base = itself.resolve_against(base).to_string();
        let base = UriAbsoluteStr::new(&base).map_err(|_| UrlError::Malformed)?;
        let resolved = reference.resolve_against(base).to_string();
        Self::parse(&resolved)
    }

    fn from_absolute(url: &UriAbsoluteStr) -> Result<Self, UrlError> {
        let secure = match url.scheme_str() {
            scheme if scheme.eq_ignore_ascii_case("https") => true,
            scheme if scheme.eq_ignore_ascii_case("http") => false,
            _ => return Err(UrlError::Scheme),
        };
        let authority = url.authority_components().ok_or(UrlError::NotAbsolute)?;
        if authority.userinfo().is_some() {
            return Err(UrlError::UserInfo);
        }
        if authority.host().is_empty() {
            return Err(UrlError::NotAbsolute);
        }
        let port = authority.port().filter(|port| !port.is_empty());
        // HTTP clients compare schemes and hosts as they are written.
        let after = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
        let path = after.get(after.find(['/', '?']).unwrap_or(after.len())..).unwrap_or_default();
        let mut text = String::with_capacity(url.as_str().len());
        text.push_str(scheme(secure));
        text.push_str(authority.host());
        text.make_ascii_lowercase();
        let host_end = text.len();
        if !is_plain_host(text.get(scheme(secure).len()..).unwrap_or_default()) {
            return Err(UrlError::Host);
        }
        let usual = if secure { 443 } else { 80 };
        let port = match port {
            Some(digits) => digits.parse().map_err(|_| UrlError::Malformed)?,
            None => usual,
        };
        if port != usual {
            text.push(':');
            text.push_str(&port.to_string());
        }
        text.push_str(path);
        // What `http` cannot hold could not be sent either.
        Uri::try_from(&text).map_err(|_| UrlError::Malformed)?;
        Ok(Self { text, secure, host_end, port })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text that this was read from, where it is a URL by RFC 3986 already.
    pub(crate) fn in_the_writing_of(self, written: &str) -> String {
        let is_own = self.text == written || UriStr::new(written).is_err();
        if is_own { self.text } else { written.to_owned() }
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    pub(crate) fn host(&self) -> &str {
        self.text.get(scheme(self.secure).len()..self.host_end).unwrap_or_default()
    }

    pub(crate) fn has_query(&self) -> bool {
        self.text.contains('?')
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
            || bare.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Scheme, host and port: what a browser calls the origin.
    #[cfg(test)]
    pub(crate) fn origin(&self) -> (bool, &str, u16) {
        (self.secure, self.host(), self.port)
    }
}

/// The scheme, and what stands between it and the host.
const fn scheme(secure: bool) -> &'static str {
    if secure { "https://" } else { "http://" }
}

/// Names and addresses as they are written in practice. RFC 3986 would also allow
/// `%2e`, `!$&'()*+,;=` and `[v1.x]`, which clients read differently; and what
/// ends in a number is an address for browsers (`127.1`, `0x7f.1`), a name for others.
fn is_plain_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
    }
    let is_name = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    is_name && (!ends_in_a_number(host) || host.parse::<Ipv4Addr>().is_ok())
}

fn ends_in_a_number(host: &str) -> bool {
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    let is_hex = |digits: &str| digits.bytes().all(|b| b.is_ascii_hexdigit());
    let is_decimal = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    is_decimal || last.strip_prefix("0x").is_some_and(is_hex)
}

#[cfg(test)]
mod tests;
