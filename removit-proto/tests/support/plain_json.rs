//! JSON read by hand, character by character, for the contract's second reading:
//! no parser of the library's own, and every number as it is written.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`, `true`, `false`.
    Nothing,
    Text(String),
    Number(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

/// The value that a text begins with after white space, and how many bytes of the
/// text are before its end.
pub fn value(text: &str) -> Option<(Json, usize)> {
    let mut reader = Reader { bytes: text.as_bytes(), text, at: 0 };
    let value = reader.value()?;
    Some((value, reader.at))
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, expected: &str) -> Option<()> {
        let found = self.bytes[self.at..].starts_with(expected.as_bytes());
        self.at += expected.len();
        found.then_some(())
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        match self.peek()? {
            b'n' => self.take("null").map(|()| Json::Nothing),
            b't' => self.take("true").map(|()| Json::Nothing),
            b'f' => self.take("false").map(|()| Json::Nothing),
            b'"' => self.string().map(Json::Text),
            b'[' => self.list().map(Json::List),
            b'{' => self.map().map(Json::Map),
            _ => self.number().map(Json::Number),
        }
    }

    fn list(&mut self) -> Option<Vec<Json>> {
        let mut values = Vec::new();
        self.at += 1;
        self.space();
        if self.peek()? == b']' {
            self.at += 1;
            return Some(values);
        }
        loop {
            values.push(self.value()?);
            self.space();
            self.at += 1;
            match self.bytes[self.at - 1..].first()? {
                b',' => {}
                b']' => return Some(values),
                _ => return None,
            }
        }
    }

    fn map(&mut self) -> Option<Vec<(String, Json)>> {
        let mut fields: Vec<(String, Json)> = Vec::new();
        self.at += 1;
        self.space();
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(fields);
        }
        loop {
            self.space();
            (self.peek()? == b'"').then_some(())?;
            let name = self.string()?;
            self.space();
            self.take(":")?;
            let value = self.value()?;
            fields.retain(|(known, _)| *known != name);
            fields.push((name, value));
            self.space();
            self.at += 1;
            match self.bytes[self.at - 1..].first()? {
                b',' => {}
                b'}' => return Some(fields),
                _ => return None,
            }
        }
    }

    fn number(&mut self) -> Option<String> {
        let start = self.at;
        let digits = |reader: &mut Self| {
            let from = reader.at;
            while matches!(reader.peek(), Some(b'0'..=b'9')) {
                reader.at += 1;
            }
            (reader.at > from).then_some(())
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            // JSON has no leading zeros.
            (!matches!(self.peek(), Some(b'0'..=b'9'))).then_some(())?;
        } else {
            digits(self)?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            digits(self)?;
        }
        Some(self.text[start..self.at].to_owned())
    }

    /// Half a character keeps the writing of its escape, in small letters.
    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let c = self.text.get(self.at..)?.chars().next()?;
            self.at += c.len_utf8();
            match c {
                '"' => return Some(text),
                '\0'..='\u{1f}' => return None,
                '\\' => {
                    let escape = self.peek()?;
                    self.at += 1;
                    match escape {
                        b'"' | b'\\' | b'/' => text.push(char::from(escape)),
                        b'b' => text.push('\u{8}'),
                        b'f' => text.push('\u{c}'),
                        b'n' => text.push('\n'),
                        b'r' => text.push('\r'),
                        b't' => text.push('\t'),
                        b'u' => self.escaped(&mut text)?,
                        _ => return None,
                    }
                }
                other => text.push(other),
            }
        }
    }

    /// What follows `\u`, with the second half where there is one.
    fn escaped(&mut self, text: &mut String) -> Option<()> {
        let first = self.unit()?;
        let before_second = self.at;
        if (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let second = self.unit()?;
            if (0xdc00..0xe000).contains(&second) {
                let units = [first, second];
                text.extend(char::decode_utf16(units).map(Result::unwrap));
                return Some(());
            }
            self.at = before_second;
        }
        match char::from_u32(first.into()) {
            Some(c) => text.push(c),
            None => text.push_str(&format!("\\u{first:04x}")),
        }
        Some(())
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        self.at += 4;
        let are_digits = digits.iter().all(u8::is_ascii_hexdigit);
        let digits = std::str::from_utf8(digits).ok().filter(|_| are_digits)?;
        u16::from_str_radix(digits, 16).ok()
    }
}
