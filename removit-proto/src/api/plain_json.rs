//! The fields of a JSON object in one pass, where it is as plain as servers write it.
//!
//! What is out of the ordinary (a deep nesting, a fraction, an escape in a name or by
//! a number, a mistake) is left to the parser that knows all of JSON: this says nothing
//! of such a text, not even that it is wrong.

/// How deep values may lie in one another.
const MOST_DEEP: u8 = 8;

/// The values of these names, each where it came last, in the writing of the text:
/// an object with nothing but white space around it.
pub(crate) fn fields<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Option<[Option<&'a str>; N]> {
    let mut found = [None; N];
    let mut reader = Reader { text, rest: text.as_bytes() };
    reader.skip_white_space();
    reader.take(b'{')?;
    reader.object(MOST_DEEP, |name, value| {
        let place = names.iter().position(|wanted| *wanted == name);
        if let Some(field) = place.and_then(|place| found.get_mut(place)) {
            *field = Some(value);
        }
    })?;
    reader.skip_white_space();
    reader.rest.is_empty().then_some(found)
}

struct Reader<'a> {
    text: &'a str,
    /// What was not read yet, the end of the text.
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads on to the end of an object that was begun, and tells of its fields.
    fn object(&mut self, deep: u8, mut field: impl FnMut(&'a str, &'a str)) -> Option<()> {
        let deep = deep.checked_sub(1)?;
        self.skip_white_space();
        if self.take(b'}').is_some() {
            return Some(());
        }
        loop {
            self.take(b'"')?;
            let from = self.at();
            let len = plain_len(self.rest);
            let name = self.text.get(from..from.saturating_add(len))?;
            self.skip(len);
            self.take(b'"')?;
            self.skip_white_space();
            self.take(b':')?;
            self.skip_white_space();
            let from = self.at();
            self.value(deep)?;
            field(name, self.text.get(from..self.at())?);
            if self.is_last(b'}')? {
                return Some(());
            }
        }
    }

    /// Reads on to the end of a list that was begun.
    fn list(&mut self, deep: u8) -> Option<()> {
        let deep = deep.checked_sub(1)?;
        self.skip_white_space();
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(deep)?;
            if self.is_last(b']')? {
                return Some(());
            }
        }
    }

    fn value(&mut self, deep: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        match first {
            b'"' => {
                self.rest = rest;
                self.string()
            }
            b'{' => {
                self.rest = rest;
                self.object(deep, |_, _| ())
            }
            b'[' => {
                self.rest = rest;
                self.list(deep)
            }
            b'0'..=b'9' => self.digits(),
            _ => {
                let words = [&b"null"[..], b"true", b"false"];
                self.rest = words.iter().find_map(|word| self.rest.strip_prefix(*word))?;
                Some(())
            }
        }
    }

    /// Reads on to the end of a string that was begun.
    fn string(&mut self) -> Option<()> {
        loop {
            self.skip(plain_len(self.rest));
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Some(());
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => {
                    self.rest = rest;
                }
                _ => return None,
            }
        }
    }

    fn digits(&mut self) -> Option<()> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_zero_and_more = digits > 1 && self.rest.starts_with(b"0");
        self.skip(digits);
        let goes_on = matches!(self.rest, [b'.' | b'e' | b'E', ..]);
        (!is_zero_and_more && !goes_on).then_some(())
    }

    /// Whether the value that was just read is the last one; passes what tells it.
    fn is_last(&mut self, end: u8) -> Option<bool> {
        self.skip_white_space();
        if self.take(b',').is_some() {
            self.skip_white_space();
            return Some(false);
        }
        self.take(end).map(|()| true)
    }

    fn skip_white_space(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        (*first == byte).then(|| self.rest = rest)
    }

    fn skip(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default();
    }

    fn at(&self) -> usize {
        self.text.len().saturating_sub(self.rest.len())
    }
}

/// How many bytes stand before the first quote, backslash or control character.
fn plain_len(bytes: &[u8]) -> usize {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let of = |byte: u8| u64::from_le_bytes([byte; 8]);
    // The highest bit of each byte that is less, and perhaps of some after the first of them.
    let less = |word: u64, than: u8| word.wrapping_sub(of(than)) & !word & HIGH;
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let (quote, backslash) = (word ^ of(b'"'), word ^ of(b'\\'));
        let ends = less(quote, 1) | less(backslash, 1) | less(word, b' ');
        if ends != 0 {
            let plain = usize::try_from(ends.trailing_zeros() / 8).unwrap_or_default();
            return bytes.len().saturating_sub(rest.len()).saturating_add(plain);
        }
        rest = after;
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..b' ');
    let plain = rest.iter().take_while(is_plain).count();
    bytes.len().saturating_sub(rest.len()).saturating_add(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_what_is_plain_is_found_wherever_it_is() {
        for end in [b'"', b'\\', 0, 9, 31] {
            for before in 0..40 {
                for plain in [b'a', b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                    let mut bytes = vec![plain; 48];
                    assert_eq!(plain_len(&bytes), 48);
                    bytes[before] = end;
                    assert_eq!(plain_len(&bytes), before);
                    assert_eq!(plain_len(&bytes[..before]), before);
                }
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_another() {
        for value in [
            "1.5",
            "1e3",
            "-1",
            "01",
            "nul",
            "\"\\u0061\"",
            "\"\n\"",
            "[1,]",
            "[",
            "{\"a\"}",
            "{,}",
            "\"",
            "tru",
            "1 2",
            "[[[[[[[[[]]]]]]]]]",
            "",
            "+1",
            "\"\\x\"",
        ] {
            assert_eq!(fields(&format!("{{\"a\":{value}}}"), ["a"]), None, "{value}");
        }
        for text in
            ["", "[]", "{", "{}}", "{\"a\\n\":1}", "\u{feff}{}", "{\"a\":1,}", "{\"a\":1 \"b\":2}"]
        {
            assert_eq!(fields(text, ["a"]), None, "{text}");
        }
    }

    #[test]
    fn the_fields_of_a_plain_object_are_those_of_its_text() {
        let value = r#"{"x" : [ 1 , {} , [ ] , "\"]\\" ] , "y":null}"#;
        let text = format!(" {{ \"a\" : 0 ,\r\n\t\"b\":{value},\"a\":12,\"é\":true}} \n");
        assert_eq!(fields(&text, ["a", "b", "c"]), Some([Some("12"), Some(value), None]));
        assert_eq!(fields("{ }", ["a"]), Some([None]));
    }
}
