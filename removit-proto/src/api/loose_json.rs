//! JSON as PHP servers write it: loosely, in its own writing, and within bounds.
//!
//! An empty map may come as `[]`, a number as text, a text as a number, and
//! `null` means absent (contract, rule 5). A field of an unexpected type reads
//! as absent instead of spoiling the whole answer, and so does one that nobody
//! asks for, whatever is in it. Numbers keep the digits that came (rule 15): none
//! becomes a float. Nothing here knows what a field means.

use core::fmt;
use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::api::plain_json;

/// How many values one object may hold, at all depths together.
const MAX_VALUES: usize = 20_000;

/// A JSON value as it is written, read one level at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loose<'a>(&'a str);

impl<'a> Loose<'a> {
    /// The JSON object that a text begins with, and what follows it.
    pub(crate) fn first_object(text: &'a str) -> Option<(Self, &'a str)> {
        let (value, rest) = first_value(text)?;
        let object = value.0.starts_with('{') && !is_crowded(value.0);
        object.then_some((value, rest))
    }

    /// As [`first_object`](Self::first_object); where there is none, how many bytes
    /// were looked through to find that out.
    pub(crate) fn try_first_object(text: &'a str) -> Result<(Self, &'a str), usize> {
        let mut reader = serde_json::Deserializer::from_str(text);
        match <&RawValue>::deserialize(&mut reader) {
            Ok(value) => Self::first_object(text).ok_or(value.get().len()),
            Err(error) => {
                let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
                let before = lines.map(str::len).fold(0, usize::saturating_add);
                Err(before.saturating_add(error.column()))
            }
        }
    }

    /// The JSON object that a text is, with nothing but white space around it.
    pub(crate) fn object(text: &'a str) -> Option<Self> {
        let (object, rest) = Self::first_object(text)?;
        rest.trim_matches(WHITE_SPACE).is_empty().then_some(object)
    }

    /// A field of an object; of equal ones the last, as in PHP.
    pub(crate) fn get(self, key: &str) -> Option<Self> {
        let [value] = self.pick([key]);
        value
    }

    /// Several fields of an object, each as [`get`](Self::get) finds it.
    pub(crate) fn pick<const N: usize>(self, keys: [&str; N]) -> [Option<Self>; N] {
        if !self.is_map() {
            return [None; N];
        }
        let mut reader = serde_json::Deserializer::from_str(self.0);
        reader.deserialize_map(Picked(keys)).unwrap_or([None; N])
    }

    /// The same of the object that all of a text is, read in one go. `None` says nothing
    /// of the text: [`object`](Self::object) may still find one.
    pub(crate) fn pick_from<const N: usize>(
        text: &'a str,
        keys: [&str; N],
    ) -> Option<[Option<Self>; N]> {
        if text.len() >= MAX_VALUES {
            return None;
        }
        plain_json::fields(text, keys).map(|fields| fields.map(|field| field.map(Self)))
    }

    /// A non-empty text, or a number in its own writing.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self.0.as_bytes() {
            [b'-' | b'0'..=b'9', ..] => Some(self.0.into()),
            _ => self.string(),
        }
    }

    /// A non-empty text.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        let text = if inner.contains('\\') { string(self.0).into() } else { inner.into() };
        Some(text).filter(|text: &Cow<'_, str>| !text.is_empty())
    }

    /// The entries of a map with what `read` makes of each value. A list is
    /// PHP's map of the keys 0, 1, 2 and so on; `[]` is the empty map.
    pub(crate) fn entries<T>(self, read: impl Fn(Self) -> Option<T>) -> Vec<(String, T)> {
        if self.is_map() {
            let named = |(name, value)| Some((name, read(value)?));
            return self.fields().into_iter().filter_map(named).collect();
        }
        let numbered = self.items().into_iter().enumerate();
        numbered.filter_map(|(i, value)| Some((i.to_string(), read(value)?))).collect()
    }

    /// The texts of a list; a lone text counts as a list of one, and a map
    /// (PHP's list with gaps) as the list of its values.
    pub(crate) fn texts(self) -> Vec<String> {
        let values = self.fields().into_iter().map(|(_, value)| value).chain(self.items());
        let texts = self.text().into_iter().chain(values.filter_map(Self::text));
        texts.map(Cow::into_owned).collect()
    }

    /// The value as it is written.
    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }

    pub(crate) fn is_map(self) -> bool {
        self.0.starts_with('{')
    }

    /// No key twice, and each where it came last.
    fn fields(self) -> Vec<(String, Self)> {
        if !self.is_map() {
            return Vec::new();
        }
        let read: Result<Level<'a>, _> = serde_json::from_str(self.0);
        let mut fields = read.map(|Level(fields)| fields).unwrap_or_default();
        if fields.len() > 1 {
            fields.reverse();
            let mut seen = BTreeSet::new();
            fields.retain(|(name, _)| seen.insert(name.clone()));
            fields.reverse();
        }
        fields
    }

    fn items(self) -> Vec<Self> {
        if !self.0.starts_with('[') {
            return Vec::new();
        }
        let read: Result<Vec<&'a RawValue>, _> = serde_json::from_str(self.0);
        read.unwrap_or_default().into_iter().map(|value| Self(value.get())).collect()
    }
}

/// What JSON calls white space.
pub(crate) const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The JSON value that a text begins with, and what follows it.
pub(crate) fn first_value(text: &str) -> Option<(Loose<'_>, &str)> {
    let text = text.trim_start_matches(WHITE_SPACE);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = <&RawValue>::deserialize(&mut reader).ok()?;
    Some((Loose(value.get()), text.get(value.get().len()..).unwrap_or_default()))
}

/// What `read` makes of the first complete text or number that it takes, of those
/// that follow `"key":` anywhere in a text, whole or not (contract, rule 3).
pub(crate) fn salvage<T>(text: &str, key: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let quoted = format!("\"{key}\"");
    let mut rest = text;
    loop {
        let at = rest.find(&quoted)?;
        let after = rest.get(at.saturating_add(quoted.len())..)?;
        let value = after.trim_start_matches(WHITE_SPACE).strip_prefix(':');
        let text = value.and_then(complete).and_then(Loose::text);
        if let Some(found) = text.and_then(|text| read(&text)) {
            return Some(found);
        }
        // The last quote of a stray key may be the first one of the right one.
        rest = rest.get(at.saturating_add(1)..)?;
    }
}

/// The value that a text begins with, where it does not only look whole: more
/// digits may have been cut off.
fn complete(text: &str) -> Option<Loose<'_>> {
    let (value, rest) = first_value(text)?;
    let is_closed = text.trim_start_matches(WHITE_SPACE).starts_with('"');
    let goes_on = rest.starts_with(WHITE_SPACE) || rest.starts_with([',', '}']);
    (is_closed || goes_on).then_some(value)
}

/// Whether more values are in a text than anyone means: commas outside of its
/// strings.
fn is_crowded(text: &str) -> bool {
    let mut in_string = false;
    let mut escaped = false;
    let commas = text.bytes().filter(|byte| {
        let is_comma = *byte == b',' && !in_string;
        if *byte == b'"' && !escaped {
            in_string = !in_string;
        }
        escaped = *byte == b'\\' && !escaped;
        is_comma
    });
    commas.count() >= MAX_VALUES
}

/// What a JSON string says.
fn string(json: &str) -> String {
    serde_json::from_str(json).map(|Name(text)| text).unwrap_or_default()
}

/// Text with halves of characters in it (WTF-8), each in the writing of its
/// escape: `\ud800` alone is no character, and part of an id all the same.
fn with_halves_written(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut half: Vec<u8> = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        half.extend_from_slice(chunk.invalid());
        if let [first, second, third] = *half {
            let bits = [first & 0x0f, second & 0x3f, third & 0x3f].map(u32::from);
            let unit = bits.into_iter().fold(0, |unit, bits| (unit << 6) | bits);
            text.push_str(&format!("\\u{unit:04x}"));
            half.clear();
        }
    }
    text
}

/// One object's fields in the order of the text.
struct Level<'a>(Vec<(String, Loose<'a>)>);

/// The fields of these names, each where it came last.
struct Picked<'k, const N: usize>([&'k str; N]);

impl<'de, const N: usize> Visitor<'de> for Picked<'_, N> {
    type Value = [Option<Loose<'de>>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut picked = [None; N];
        while let Some(place) = map.next_key_seed(Place(&self))? {
            let value = Loose(map.next_value::<&'de RawValue>()?.get());
            if let Some(field) = place.and_then(|place| picked.get_mut(place)) {
                *field = Some(value);
            }
        }
        Ok(picked)
    }
}

/// Which of the names one is.
struct Place<'p, 'k, const N: usize>(&'p Picked<'k, N>);

impl<'de, const N: usize> DeserializeSeed<'de> for Place<'_, '_, N> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<const N: usize> Visitor<'_> for Place<'_, '_, N> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        let place = |name: &[u8]| self.0.0.iter().position(|key| key.as_bytes() == name);
        let written = || place(with_halves_written(bytes).as_bytes());
        Ok(place(bytes).or_else(|| if bytes.is_ascii() { None } else { written() }))
    }
}

/// A string, which may hold half a character.
struct Name(String);

impl<'de: 'a, 'a> Deserialize<'de> for Level<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields).map(Level)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<(String, Loose<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // Most maps have one entry or a few.
        let mut fields = Vec::with_capacity(1);
        while let Some((Name(name), value)) = map.next_entry::<Name, &'de RawValue>()? {
            fields.push((name, Loose(value.get())));
        }
        Ok(fields)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Characters).map(Name)
    }
}

struct Characters;

impl Visitor<'_> for Characters {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(with_halves_written(bytes))
    }
}

#[cfg(test)]
mod tests;
