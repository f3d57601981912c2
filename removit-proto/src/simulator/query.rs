//! One value out of a query string, percent-decoded.

/// The first value with this name. Bytes that are not UTF-8 become `U+FFFD`.
pub(super) fn value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key) == name).then(|| decode(value))
    })
}

fn decode(text: &str) -> String {
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
            (None, b'+') => bytes.push(b' '),
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
    fn broken_escapes_stay_as_they_are() {
        assert_eq!(value("q=100%", "q").as_deref(), Some("100%"));
        assert_eq!(value("q=%zz%f", "q").as_deref(), Some("%zz%f"));
        assert_eq!(value("q=%ff", "q").as_deref(), Some("\u{fffd}"));
    }
}
