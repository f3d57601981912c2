//! Absolute `http` and `https` URLs, read as browsers read them, and nothing that
//! two parsers could take for another host (contract, rule 17).
//!
//! One reading serves the base URL, a photo's URL, result URLs and `Location`.
//! Up to the path it is strict: RFC 3986, a plain host, no user information. In
//! a path or query it takes what browsers take: what RFC 3986 forbids there is
//! percent-encoded, tabs and line breaks are left out, and a backslash in a path
//! is a slash. Nothing here resolves a name or fetches.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};
use std::borrow::Cow;

use http::{HeaderValue, Uri};
use iri_string::types::{UriAbsoluteStr, UriReferenceStr, UriStr};
use serde::{Deserialize, Serialize};

/// The longest URL that is taken, in bytes, once what it may not hold is encoded.
const MAX_LEN: usize = 16_384;

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

/// Why a text is not an absolute web URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// The text of a `Location`, whose bytes may be raw: UTF-8 as it is, and what is
/// not UTF-8 byte by byte, as browsers do.
pub(crate) fn location_text(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    let mut text = String::with_capacity(bytes.len());
    match core::str::from_utf8(bytes) {
        Ok(utf8) => text.push_str(utf8),
        Err(_) => bytes.iter().for_each(|byte| match byte {
            0..=0x7f => text.push(char::from(*byte)),
            _ => percent_encode_byte(*byte, &mut text),
        }),
    }
    text
}

/// A URL or reference in the characters of RFC 3986, without its fragment, which
/// is never sent.
fn encode(text: &str) -> Result<Cow<'_, str>, UrlError> {
    let text = text.trim_matches(|c| c <= ' ');
    if text.is_empty() || text.len() > MAX_LEN {
        return Err(UrlError::Malformed);
    }
    if is_encoded(text) {
        return Ok(text.into());
    }
    let written = head(text);
    let text = as_browsers_see(text);
    let (head, tail) = text.split_at_checked(head(&text).len()).unwrap_or_default();
    // Where they see another host than is written, nobody knows which is meant.
    if head != written || !head.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(if head.contains("//") { UrlError::Host } else { UrlError::Malformed });
    }
    let mut encoded = head.to_owned();
    for (at, c) in tail.char_indices() {
        let stray_percent = c == '%' && !starts_with_escape(tail.get(at..).unwrap_or_default());
        if stray_percent || !is_allowed(c) {
            percent_encode_char(c, &mut encoded);
        } else {
            encoded.push(c);
        }
    }
    if encoded.len() > MAX_LEN { Err(UrlError::Malformed) } else { Ok(encoded.into()) }
}

/// What stands before the path: a scheme, a host, both or neither.
fn head(text: &str) -> &str {
    let is_scheme = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    let scheme = text.find(':').filter(|colon| text.get(..*colon).is_some_and(is_scheme));
    let scheme_len = scheme.map_or(0, |colon| colon.saturating_add(1));
    let rest = text.get(scheme_len..).unwrap_or_default();
    let host_len = match rest.strip_prefix("//") {
        Some(host) => host.find(['/', '?', '#']).unwrap_or(host.len()).saturating_add(2),
        None => 0,
    };
    text.get(..scheme_len.saturating_add(host_len)).unwrap_or(text)
}

/// The text without tabs, line breaks and fragment, and with slashes for the
/// backslashes before a query.
fn as_browsers_see(text: &str) -> String {
    let mut in_query = false;
    let seen = text.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).take_while(|c| *c != '#');
    seen.map(|c| {
        in_query |= c == '?';
        if c == '\\' && !in_query { '/' } else { c }
    })
    .collect()
}

/// Whether a text is sure to be what [`encode`] makes of it. Most are.
fn is_encoded(text: &str) -> bool {
    let allowed = text.chars().all(is_allowed);
    allowed
        && text
            .match_indices('%')
            .all(|(at, _)| starts_with_escape(text.get(at..).unwrap_or_default()))
}

/// Whether a character may stand in a path or a query (RFC 3986).
fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '-' | '.' | '_' | '~' | '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+')
        || matches!(c, ',' | ';' | '=' | ':' | '@' | '/' | '?' | '%')
}

fn starts_with_escape(text: &str) -> bool {
    matches!(text.as_bytes(), [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// A query value with all but RFC 3986's unreserved characters encoded.
#[cfg(any(test, feature = "contract"))]
pub(crate) fn percent_encode(value: &str) -> String {
    let mut encoded = String::new();
    push_percent_encoded(value, &mut encoded);
    encoded
}

/// The same, after what is there already.
pub(crate) fn push_percent_encoded(value: &str, encoded: &mut String) {
    let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    if value.bytes().all(is_unreserved) {
        return encoded.push_str(value);
    }
    for c in value.chars() {
        match u8::try_from(c) {
            Ok(byte) if is_unreserved(byte) => encoded.push(c),
            _ => percent_encode_char(c, encoded),
        }
    }
}

fn percent_encode_char(c: char, encoded: &mut String) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        percent_encode_byte(byte, encoded);
    }
}

fn percent_encode_byte(byte: u8, encoded: &mut String) {
    encoded.push('%');
    for nibble in [byte >> 4, byte & 0xf] {
        encoded.extend(char::from_digit(u32::from(nibble), 16).map(|d| d.to_ascii_uppercase()));
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
    fn what_rfc_3986_forbids_in_a_path_or_query_is_encoded() {
        for (text, sent) in [
            ("a[1].png", "a%5B1%5D.png"),
            ("a b\"c'<d>|e^f`g{h}.png", "a%20b%22c'%3Cd%3E%7Ce%5Ef%60g%7Bh%7D.png"),
            ("x?k[]=[1]|2 3", "x?k%5B%5D=%5B1%5D%7C2%203"),
            ("x?a=b?c=/d", "x?a=b?c=/d"),
            ("naïve-日本.png", "na%C3%AFve-%E6%97%A5%E6%9C%AC.png"),
            ("x#one#two", "x"),
            ("x?y#one?z#two", "x?y"),
            ("100%/%zz/%4", "100%25/%25zz/%254"),
            ("a\\b?c\\d", "a/b?c%5Cd"),
            ("a\tb\n/c\r\n?d\te", "ab/c?de"),
            ("a\u{1}b\u{7f}c\u{85}", "a%01b%7Fc%C2%85"),
            ("a:b@c!$&'()*+,;=", "a:b@c!$&'()*+,;="),
        ] {
            let expected = format!("https://cdn.example/{sent}");
            assert_eq!(parse(&format!("https://cdn.example/{text}")), Ok(expected), "{text}");
        }
        assert_eq!(
            parse("https://cdn.example?a[]=1"),
            Ok("https://cdn.example?a%5B%5D=1".to_owned())
        );
        assert_eq!(parse(" \u{0}\u{1b}https://a/x \u{1f}"), Ok("https://a/x".to_owned()));
    }

    #[test]
    fn schemes_hosts_and_ports_are_written_in_one_way() {
        for (text, sent) in [
            ("HTTPS://CDN.Example:443/A", "https://cdn.example/A"),
            ("Http://cdn.example:80?A", "http://cdn.example?A"),
            ("https://a:/x", "https://a/x"),
            ("https://a:0443/x", "https://a/x"),
            ("https://a:80/x", "https://a:80/x"),
            ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
            ("https://a./x", "https://a./x"),
        ] {
            assert_eq!(parse(text), Ok(sent.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_location_may_be_raw_bytes() {
        let text = |bytes: &[u8]| location_text(&HeaderValue::from_bytes(bytes).unwrap());
        assert_eq!(text("/à[1].png".as_bytes()), "/à[1].png");
        assert_eq!(text(b"/\xe0 b\xff.png"), "/%E0 b%FF.png");
        let base = WebUrl::parse("https://a/b").unwrap();
        let led = |bytes: &[u8]| base.join(&text(bytes)).map(|url| url.text);
        assert_eq!(led("/à[1].png".as_bytes()), Ok("https://a/%C3%A0%5B1%5D.png".to_owned()));
        assert_eq!(led(b"/\xe0 b.png"), Ok("https://a/%E0%20b.png".to_owned()));
        assert_eq!(led(b"https://\xe0.example/"), Err(UrlError::Host));
    }

    #[test]
    fn a_reference_that_browsers_take_to_another_host_is_refused() {
        let base = WebUrl::parse("https://a/b/c").unwrap();
        for reference in [
            "\\\\evil.example/x",
            "/\\evil.example/x",
            "\\/evil.example/x",
            "/\t/evil.example/x",
            "//evil\n.example/x",
            "ht\ttps://evil.example/x",
            "https:\\\\evil.example/x",
            "https:/\t/evil.example/x",
            "https:evil.example",
            "https:/evil.example",
            "///evil.example/x",
            "////evil.example/x",
            "//good\\@evil.example/x",
        ] {
            assert!(base.join(reference).is_err(), "{reference:?}");
        }
        for (reference, led) in [
            ("\\x\\y", "https://a/x/y"),
            ("x\ty", "https://a/b/xy"),
            ("/x//y", "https://a/x//y"),
            ("?q=//evil.example", "https://a/b/c?q=//evil.example"),
            ("#top", "https://a/b/c"),
        ] {
            assert_eq!(
                base.join(reference).map(|url| url.text),
                Ok(led.to_owned()),
                "{reference:?}"
            );
        }
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
            "https://a\\.b/",
            "https:\\\\a/",
            "ht\ntps://a/",
            "https://a|b/",
            "https://a%5Bb/",
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
        assert_eq!(percent_encode("a b&c=é/ÿ"), "a%20b%26c%3D%C3%A9%2F%C3%BF");
        let mut text = "q=".to_owned();
        push_percent_encoded("a~ b", &mut text);
        assert_eq!(text, "q=a~%20b");
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
    fn nothing_and_control_characters_in_a_host_are_refused() {
        for text in ["", " ", "\u{0}", "https://a\u{0}/", "https://a\u{7f}/", "https://a\u{85}/"] {
            assert!(parse(text).is_err(), "{text:?}");
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
