//! JSON as PHP servers write it: read once, loosely, and within bounds.
//!
//! An empty map may come as `[]`, a number as text, a text as a number, and
//! `null` means absent (contract, rule 5). A field of an unexpected type reads
//! as absent instead of spoiling the whole answer. Nesting and the number of
//! values are bounded, so that a hostile body costs little.

use core::cell::Cell;
use core::fmt;
use std::collections::BTreeSet;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How many values one body may hold.
const MAX_VALUES: u32 = 20_000;

/// A JSON value with its keys in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Loose {
    /// `null`, `true` and `false`, which no field of the contract means.
    Nothing,
    Text(String),
    /// A number in its own writing.
    Number(f64, String),
    List(Vec<Loose>),
    /// No key twice: the last of equal ones counts, as in PHP.
    Map(Vec<(String, Loose)>),
}

impl Loose {
    /// The JSON object in `body`, after a byte order mark where there is one.
    pub(crate) fn object(body: &[u8]) -> Option<Self> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let values_left = Cell::new(MAX_VALUES);
        let mut reader = serde_json::Deserializer::from_slice(body);
        let value = Budget(&values_left).deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        matches!(value, Self::Map(_)).then_some(value)
    }

    /// A field of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// A non-empty text, or a number as its text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(_, text) => {
                Some(text.as_str()).filter(|t| !t.is_empty())
            }
            _ => None,
        }
    }

    /// A number, or a text that reads as one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number, _) => Some(*number),
            Self::Text(text) => text.trim().trim_end_matches('%').trim_end().parse().ok(),
            _ => None,
        }
    }

    /// The entries of a map with what `read` makes of each value. A list is
    /// PHP's map of the keys 0, 1, 2 and so on; `[]` is the empty map.
    pub(crate) fn entries<T>(&self, read: impl Fn(&Self) -> Option<T>) -> Vec<(String, T)> {
        let named = |(name, value): (String, &Self)| Some((name, read(value)?));
        match self {
            Self::Map(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), value)).filter_map(named).collect()
            }
            Self::List(values) => values
                .iter()
                .enumerate()
                .map(|(i, value)| (i.to_string(), value))
                .filter_map(named)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The texts of a list; a lone text counts as a list of one, and a map
    /// (PHP's list with gaps) as the list of its values.
    pub(crate) fn texts(&self) -> Vec<String> {
        let owned = |value: &Self| value.text().map(str::to_owned);
        match self {
            Self::List(values) => values.iter().filter_map(owned).collect(),
            Self::Map(fields) => fields.iter().filter_map(|(_, value)| owned(value)).collect(),
            single => owned(single).into_iter().collect(),
        }
    }
}

/// What `read` makes of the first complete JSON text that it takes, of those that
/// follow `"key":` anywhere in a body, whole or not (contract, rule 3).
pub(crate) fn salvage<T>(body: &[u8], key: &str, read: impl Fn(String) -> Option<T>) -> Option<T> {
    let quoted = format!("\"{key}\"");
    let mut rest = body;
    loop {
        let at = rest.windows(quoted.len()).position(|window| window == quoted.as_bytes())?;
        let after = rest.get(at.saturating_add(quoted.len())..)?;
        let value = after.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        let mut texts =
            serde_json::Deserializer::from_slice(value.unwrap_or_default()).into_iter::<String>();
        if let Some(found) = texts.next().and_then(Result::ok).and_then(&read) {
            return Some(found);
        }
        // The last quote of a stray key may be the first one of the right one.
        rest = rest.get(at.saturating_add(1)..)?;
    }
}

#[derive(Clone, Copy)]
struct Budget<'a>(&'a Cell<u32>);

impl<'de> DeserializeSeed<'de> for Budget<'_> {
    type Value = Loose;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Loose, D::Error> {
        let left =
            self.0.get().checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Budget<'_> {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Loose, E> {
        Ok(Loose::Nothing)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Loose, E> {
        Ok(Loose::Nothing)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Loose, E> {
        #[expect(clippy::as_conversions, reason = "rounding is fine: the text keeps every digit")]
        Ok(Loose::Number(number as f64, number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Loose, E> {
        #[expect(clippy::as_conversions, reason = "rounding is fine: the text keeps every digit")]
        Ok(Loose::Number(number as f64, number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Loose, E> {
        Ok(Loose::Number(number, number.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Loose::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            fields.push((key, map.next_value_seed(self)?));
        }
        Ok(Loose::Map(without_overwritten(fields)))
    }
}

fn without_overwritten(mut fields: Vec<(String, Loose)>) -> Vec<(String, Loose)> {
    fields.reverse();
    let mut seen = BTreeSet::new();
    fields.retain(|(name, _)| seen.insert(name.clone()));
    fields.reverse();
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Loose {
        Loose::object(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_empty_php_map_is_an_empty_map() {
        let body = read(r#"{"warnings":[]}"#);
        assert!(body.get("warnings").unwrap().entries(|v| Some(v.texts())).is_empty());
    }

    #[test]
    fn numbers_come_as_numbers_or_as_text() {
        let body = read(r#"{"a":33,"b":33.0,"c":"33","d":" 33 %","e":"x","f":{}}"#);
        let number = |key| body.get(key).and_then(Loose::number);
        assert_eq!(["a", "b", "c", "d"].map(number), [Some(33.0); 4]);
        assert_eq!(["e", "f"].map(number), [None; 2]);
    }

    #[test]
    fn a_field_of_another_type_reads_as_absent() {
        let body = read(r#"{"a":true,"b":null,"c":[1],"d":{"x":1},"e":""}"#);
        for key in ["a", "b", "c", "d", "e"] {
            assert_eq!(body.get(key).and_then(Loose::text), None, "{key}");
        }
    }

    #[test]
    fn the_last_of_two_equal_keys_counts_and_order_is_kept() {
        let body = read(r#"{"m":{"a":"0","z":"1","a":"2"},"x":"1","x":"2"}"#);
        assert_eq!(body.get("x").and_then(Loose::text), Some("2"));
        let entries = body.get("m").unwrap().entries(|v| v.text().map(str::to_owned));
        assert_eq!(entries, [("z".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn what_is_no_object_is_nothing() {
        for text in ["", "[]", "null", "\"x\"", "{", "{}x", "<html>", "{\"a\":\u{1}}"] {
            assert_eq!(Loose::object(text.as_bytes()), None, "{text}");
        }
        assert!(Loose::object(b"\xef\xbb\xbf{}\n").is_some());
        assert_eq!(Loose::object(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn deep_or_crowded_bodies_are_refused_without_harm() {
        let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
        assert_eq!(Loose::object(deep.as_bytes()), None);
        let crowded = format!("{{\"a\":[{}0]}}", "0,".repeat(500_000));
        assert_eq!(Loose::object(crowded.as_bytes()), None);
    }

    #[test]
    fn a_text_is_salvaged_from_around_broken_json() {
        let salvage = |text: &str| salvage(text.as_bytes(), "job_id", Some);
        assert_eq!(
            salvage(r#"<b>Notice</b>{"job_id" : "a\u002db", "stat"#),
            Some("a-b".to_owned())
        );
        assert_eq!(salvage(r#"{"data":{"job_id":"x"}}"#), Some("x".to_owned()));
        assert_eq!(salvage(r#"{"job_id":null,"job_id":"y"}"#), Some("y".to_owned()));
        assert_eq!(salvage(r#"{"job_id"job_id":"y"}"#), Some("y".to_owned()));
        for text in [r#"{"job_id":"cut-of"#, r#"{"job_id":12"#, r#""job_id""#, "", "job_id"] {
            assert_eq!(salvage(text), None, "{text}");
        }
    }
}
