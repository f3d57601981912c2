//! Percent-encoding as a server knows it: values of a query, segments of a path.

/// The first value with this name. Bytes that are not UTF-8 become `U+FFFD`.
pub(super) fn value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key, true) == name).then(|| decode(value, true))
    })
}

/// A segment of a path. Bytes that are not UTF-8 become `U+FFFD`.
pub(super) fn segment(text: &str) -> String {
    decode(text, false)
}

/// A segment as it stands in an address, whatever characters it has.
pub(super) fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn decode(text: &str, plus_is_blank: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high, *low),
            _ => None,
        };
        match (escaped, first) {
            (Some(byte), _) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (None, b'+') if plus_is_blank => bytes.push(b' '),
            (None, other) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(high)?.checked_mul(16)?.checked_add(digit(low)?)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_and_decoded() {
        assert_eq!(value("a=1&job_id=x", "job_id").as_deref(), Some("x"));
        assert_eq!(value("job_id=a%20b%2Fc+d", "job_id").as_deref(), Some("a b/c d"));
        assert_eq!(value("job%5Fid=x", "job_id").as_deref(), Some("x"));
        assert_eq!(value("job_id", "job_id").as_deref(), Some(""));
        assert_eq!(value("other=1", "job_id"), None);
    }

    #[test]
    fn a_segment_comes_back_as_it_was() {
        for text in ["plain", "a b+c/d", "é\n\0\"%41\u{1f600}"] {
            assert_eq!(segment(&escaped(text)), text);
        }
        assert_eq!(segment("a+b%5B1%5D"), "a+b[1]");
        assert_eq!(escaped("a b/é"), "a%20b%2F%C3%A9");
    }

    #[test]
    fn broken_escapes_stay_as_they_are() {
        assert_eq!(value("q=100%", "q").as_deref(), Some("100%"));
        assert_eq!(value("q=%zz%f", "q").as_deref(), Some("%zz%f"));
        assert_eq!(value("q=%ff", "q").as_deref(), Some("\u{fffd}"));
    }
}
