//! Absolute `http` and `https` URLs, and nothing that two parsers could read differently.
//!
//! One strict reading serves the base URL, a photo's URL and result URLs: RFC
//! 3986 syntax, a host, no user information. Characters that RFC 3986 forbids
//! in a path or query (spaces, accents, braces) are percent-encoded as browsers
//! do; in the host they are refused. Nothing here resolves a name or fetches.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;
use iri_string::types::{UriAbsoluteStr, UriReferenceStr, UriStr};

/// The longest URL that is taken, in bytes, once what it may not hold is encoded.
const MAX_LEN: usize = 16_384;

/// An absolute `http` or `https` URL with a host, without user information or
/// fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WebUrl {
    text: String,
    secure: bool,
    host: String,
    port: u16,
}

/// Why a text is not an absolute web URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It is empty, longer than 16,384 bytes (as it is sent), or not of a URL's form.
    Malformed,
    /// It has no scheme or no host.
    NotAbsolute,
    /// Its host has characters other than ASCII letters, digits, `.`, `-` and
    /// `_` (an international name is written in its `xn--` form), or is a number
    /// that only some programs take for an address, such as `127.1`.
    Host,
    /// Its scheme is neither `http` nor `https`.
    Scheme,
    /// It carries a user name or password, which would end up in logs.
    UserInfo,
    /// It is plain `http` where `https` is required (all but loopback hosts).
    Insecure,
    /// It has a query or fragment where none can be.
    QueryOrFragment,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a valid URL",
            Self::NotAbsolute => "not an absolute URL (it needs a scheme and a host)",
            Self::Host => "the host is neither an ASCII name (xn--) nor a plain IP address",
            Self::Scheme => "the scheme is neither http nor https",
            Self::UserInfo => "a user name or password in the URL is not allowed",
            Self::Insecure => "plain http is allowed to a loopback host only; use https",
            Self::QueryOrFragment => "a query or fragment is not allowed here",
        })
    }
}

impl core::error::Error for UrlError {}

impl WebUrl {
    /// `https://api.removit.eu`
    pub(crate) fn vendor() -> Self {
        let host = "api.removit.eu".to_owned();
        Self { text: format!("https://{host}"), secure: true, host, port: 443 }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, UrlError> {
        let encoded = encode_forbidden(text.trim_matches([' ', '\t', '\r', '\n']))?;
        let url = UriStr::new(&encoded).map_err(|_| match UriReferenceStr::new(&encoded) {
            Ok(_) => UrlError::NotAbsolute,
            Err(_) => UrlError::Malformed,
        })?;
        Self::from_absolute(url.to_absolute())
    }

    /// Where a `Location` of this URL's answer leads (RFC 3986, section 5).
    pub(crate) fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let encoded = encode_forbidden(reference.trim_matches([' ', '\t', '\r', '\n']))?;
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
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() {
            return Err(UrlError::NotAbsolute);
        }
        if !is_plain_host(&host) {
            return Err(UrlError::Host);
        }
        let port = match authority.port().filter(|port| !port.is_empty()) {
            Some(digits) => digits.parse().map_err(|_| UrlError::Malformed)?,
            None if secure => 443,
            None => 80,
        };
        let text = url.as_str().to_owned();
        // What `http` cannot hold could not be sent either.
        Uri::try_from(&text).map_err(|_| UrlError::Malformed)?;
        Ok(Self { text, secure, host, port })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn has_query(&self) -> bool {
        self.text.contains('?')
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost"
            || self.host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
            || bare.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Scheme, host and port: what a browser calls the origin.
    #[cfg(test)]
    pub(crate) fn origin(&self) -> (bool, &str, u16) {
        (self.secure, &self.host, self.port)
    }
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

/// Percent-encodes what no URL may hold; control characters are refused.
fn encode_forbidden(text: &str) -> Result<String, UrlError> {
    if text.is_empty() || text.len() > MAX_LEN || text.chars().any(char::is_control) {
        return Err(UrlError::Malformed);
    }
    let mut encoded = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let forbidden = !c.is_ascii()
            || matches!(c, ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
        let stray_percent = c == '%' && !starts_with_escape(text.get(at..).unwrap_or_default());
        if forbidden || stray_percent {
            percent_encode_char(c, &mut encoded);
        } else {
            encoded.push(c);
        }
    }
    if encoded.len() > MAX_LEN { Err(UrlError::Malformed) } else { Ok(encoded) }
}

fn starts_with_escape(text: &str) -> bool {
    matches!(text.as_bytes(), [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// Encodes a query value: all but RFC 3986's unreserved characters.
pub(crate) fn percent_encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~') {
            encoded.push(c);
        } else {
            percent_encode_char(c, &mut encoded);
        }
    }
    encoded
}

fn percent_encode_char(c: char, encoded: &mut String) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        encoded.push('%');
        for nibble in [byte >> 4, byte & 0xf] {
            encoded.extend(char::from_digit(u32::from(nibble), 16).map(|d| d.to_ascii_uppercase()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, UrlError> {
        WebUrl::parse(text).map(|url| url.text)
    }

    #[test]
    fn spaces_accents_and_stray_percents_are_encoded_as_browsers_do() {
        assert_eq!(
            parse("https://cdn.example/à b/100%.png?q={x}"),
            Ok("https://cdn.example/%C3%A0%20b/100%25.png?q=%7Bx%7D".to_owned())
        );
    }

    #[test]
    fn an_escape_that_is_there_is_kept() {
        assert_eq!(parse("https://a/%2f%41"), Ok("https://a/%2f%41".to_owned()));
    }

    #[test]
    fn the_fragment_is_dropped() {
        assert_eq!(parse("https://a/x#y"), Ok("https://a/x".to_owned()));
    }

    #[test]
    fn a_text_without_scheme_or_host_is_not_absolute() {
        for text in ["/x", "x.png", "//host/x", "https:", "https:x", "https:///x"] {
            assert_eq!(parse(text), Err(UrlError::NotAbsolute), "{text}");
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        for text in ["file:///etc/passwd", "data:,x", "ftp://a/", "javascript:alert(1)"] {
            assert_eq!(parse(text), Err(UrlError::Scheme), "{text}");
        }
    }

    #[test]
    fn a_host_that_parsers_read_differently_is_refused() {
        for text in [
            "https://good.example\\@evil.example/",
            "https://a%2eb/",
            "https://é.example/",
            "https://a b/",
            "https://[::1/",
            "https://a:99999/",
            "https://a:x/",
            "https://a\n.b/",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("https://user:pw@host/"), Err(UrlError::UserInfo));
        assert_eq!(parse("https://good.example@evil.example/"), Err(UrlError::UserInfo));
    }

    #[test]
    fn a_number_that_is_an_address_to_some_parsers_alone_is_refused() {
        for host in
            ["127.1", "0x7f.1", "0x", "2130706433", "0177.0.0.1", "1.2.3.4.", "1.2.3.4.5", "[v1.a]"]
        {
            assert_eq!(parse(&format!("https://{host}/")), Err(UrlError::Host), "{host}");
        }
        for host in ["1.2.3.4", "1.example", "a0x7f", "a.1b", "[2001:db8::1]"] {
            assert!(parse(&format!("https://{host}/")).is_ok(), "{host}");
        }
    }

    #[test]
    fn what_is_taken_is_taken_again_as_it_is_sent() {
        let long = format!("https://a/{}", "é".repeat(MAX_LEN / 6));
        assert_eq!(parse(&long), Err(UrlError::Malformed));
        let sent = parse(&long[..MAX_LEN / 4]).unwrap();
        assert_eq!(parse(&sent), Ok(sent));
    }

    #[test]
    fn loopback_is_known_by_name_and_by_address() {
        for (text, loopback) in [
            ("http://localhost:1/", true),
            ("http://LOCALHOST", true),
            ("http://127.0.0.1", true),
            ("http://127.9.9.9:80", true),
            ("http://[::1]:80", true),
            ("http://localhost.evil.example", false),
            ("http://128.0.0.1", false),
            ("http://[::2]", false),
        ] {
            assert_eq!(WebUrl::parse(text).unwrap().is_loopback(), loopback, "{text}");
        }
    }

    #[test]
    fn origins_ignore_case_and_default_ports() {
        let a = WebUrl::parse("HTTPS://Host.Example/x").unwrap();
        let b = WebUrl::parse("https://host.example:443/y").unwrap();
        assert_eq!(a.origin(), b.origin());
        let c = WebUrl::parse("http://host.example:443/y").unwrap();
        assert_ne!(a.origin(), c.origin());
    }

    #[test]
    fn relative_references_resolve_by_rfc_3986() {
        let base = WebUrl::parse("https://a/b/c/d?q").unwrap();
        for (reference, expected) in [
            ("g", "https://a/b/c/g"),
            ("/g", "https://a/g"),
            ("//g/h", "https://g/h"),
            ("?y", "https://a/b/c/d?y"),
            ("../g", "https://a/b/g"),
            ("../../../g", "https://a/g"),
            ("https://z/x y", "https://z/x%20y"),
        ] {
            assert_eq!(base.join(reference).unwrap().as_str(), expected, "{reference}");
        }
        assert_eq!(base.join("file:///etc/passwd"), Err(UrlError::Scheme));
        let base = WebUrl::parse("https://a/b/c/..").unwrap();
        assert_eq!(base.join("q").unwrap().as_str(), "https://a/b/q");
    }

    #[test]
    fn the_vendors_url_is_what_its_text_parses_to() {
        assert_eq!(WebUrl::parse("https://api.removit.eu"), Ok(WebUrl::vendor()));
    }

    #[test]
    fn query_values_keep_only_unreserved_characters() {
        assert_eq!(percent_encode("a-Z.0_~"), "a-Z.0_~");
        assert_eq!(percent_encode("a b&c=é/"), "a%20b%26c%3D%C3%A9%2F");
    }

    #[test]
    fn a_url_may_be_as_long_as_the_limit_and_no_longer() {
        let longest = format!("https://a/{}", "x".repeat(MAX_LEN - "https://a/".len()));
        assert_eq!(parse(&longest), Ok(longest.clone()));
        assert_eq!(parse(&format!("{longest}x")), Err(UrlError::Malformed));
        // Short as it is written, too long as it is sent.
        let grown = format!("https://a/{}", "^".repeat(MAX_LEN / 2));
        assert_eq!(parse(&grown), Err(UrlError::Malformed));
    }

    #[test]
    fn nothing_and_control_characters_are_refused() {
        for text in ["", "https://a/\u{0}", "https://a/\u{7f}", "https://a/\u{85}"] {
            assert_eq!(parse(text), Err(UrlError::Malformed), "{text:?}");
        }
        let base = WebUrl::parse("https://a/b").unwrap();
        assert_eq!(base.join(""), Err(UrlError::Malformed));
    }

    #[test]
    fn an_empty_port_is_the_schemes_own() {
        assert_eq!(WebUrl::parse("https://a:/x").map(|url| url.port), Ok(443));
        assert_eq!(WebUrl::parse("http://a/x").map(|url| url.port), Ok(80));
        assert_eq!(WebUrl::parse("https://a:8443/x").map(|url| url.port), Ok(8443));
    }
}
