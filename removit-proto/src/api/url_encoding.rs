//! What a URL may not hold as it is: how browsers write it, and how it is written into a
//! query. Nothing here knows a host.

use std::borrow::Cow;

use http::HeaderValue;

use crate::api::url_error::UrlError;

/// The longest URL that is taken, in bytes, once what it may not hold is encoded.
pub(super) const MAX_LEN: usize = 16_384;

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
pub(super) fn encode(text: &str) -> Result<Cow<'_, str>, UrlError> {
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
pub(super) fn head(text: &str) -> &str {
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

    #[test]
    fn the_longest_url_is_taken_and_a_longer_one_is_not() {
        let url = |len: usize, end: &str| {
            let start = "https://a.example/";
            format!("{start}{}{end}", "x".repeat(len - start.len() - end.len()))
        };
        for (len, end, is_taken) in [
            (MAX_LEN, "", true),
            (MAX_LEN + 1, "", false),
            // Two bytes more, once it is encoded.
            (MAX_LEN - 2, "[", true),
            (MAX_LEN - 1, "[", false),
        ] {
            assert_eq!(encode(&url(len, end)).is_ok(), is_taken, "{len}{end}");
        }
        assert_eq!(encode(" "), Err(UrlError::Malformed));
    }

    #[test]
    fn what_stands_before_the_path_is_a_scheme_and_a_host() {
        for (text, before) in [
            ("https://a.example/x:y", "https://a.example"),
            ("h+-.1://a?x", "h+-.1://a"),
            ("https:x", "https:"),
            ("//a.example#x", "//a.example"),
            ("//a", "//a"),
            ("1a://b/c", ""),
            ("a b://c/d", ""),
            ("://a", ""),
            ("x/y", ""),
            ("", ""),
        ] {
            assert_eq!(head(text), before, "{text}");
        }
    }

    #[test]
    fn a_value_is_encoded_but_for_what_needs_no_encoding() {
        assert_eq!(percent_encode("Az09-._~"), "Az09-._~");
        assert_eq!(percent_encode("a b/\u{e9}+%"), "a%20b%2F%C3%A9%2B%25");
    }
}
