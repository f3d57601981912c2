//! What an API answer says, out of whatever it came in: compression, a byte order
//! mark, UTF-16, notices of PHP around the JSON (contract, rules 14 and 16).
//!
//! The one way from an answer's bytes to its fields: a 202, a status and an error
//! are read alike. What the fields mean is for those who ask.

use std::borrow::Cow;

use http::Response;

use crate::api::content_coding::{self, ANSWER_LEN, Decoded, Flaw};
use crate::api::loose_json::{Loose, first_value};

/// So many bytes are looked through, in all tries together, where a text has places
/// that look like the beginning of an object and are none.
const MAX_LOOKED_THROUGH: usize = 16 * 1024 * 1024;

/// So many places are looked at for an object without an end.
const MAX_UNFINISHED: usize = 16;

/// An answer's body as text.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    text: Cow<'a, str>,
    flaw: Option<Flaw>,
    /// Whether some bytes were no text, and are replaced.
    is_lossy: bool,
}

impl<'a> Answer<'a> {
    /// Reads all of a body that there is, at most 1 MiB of it once decoded.
    pub(crate) fn read<B: AsRef<[u8]>>(answer: &'a Response<B>) -> Self {
        let Decoded { bytes, flaw } =
            content_coding::decode(answer.headers(), answer.body().as_ref(), ANSWER_LEN);
        if matches!(flaw, Some(Flaw::Unknown(_))) {
            return Self { text: Cow::default(), flaw, is_lossy: false };
        }
        let (text, is_lossy) = match bytes {
            Cow::Borrowed(bytes) => characters(bytes),
            Cow::Owned(bytes) => {
                let (text, is_lossy) = characters(&bytes);
                (text.into_owned().into(), is_lossy)
            }
        };
        let inner = unquoted(&text).map(Cow::Owned);
        Self { text: inner.unwrap_or(text), flaw, is_lossy }
    }

    /// The body as it is kept for people: the text, or why there is none.
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        match &self.flaw {
            Some(Flaw::Unknown(coding)) => {
                format!("[a body in the encoding {coding:?}, which is not read]").into()
            }
            Some(Flaw::CutOff | Flaw::Damaged) if self.text.is_empty() => {
                "[a compressed body that is cut off or damaged]".into()
            }
            _ => Cow::Borrowed(&*self.text),
        }
    }

    /// All of the text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the body ends before its end, or beyond what is read.
    pub(crate) fn is_cut_off(&self) -> bool {
        matches!(self.flaw, Some(Flaw::CutOff | Flaw::Damaged | Flaw::TooLong))
    }

    /// The encoding that stands in the way of reading the body.
    pub(crate) fn unread_encoding(&self) -> Option<&str> {
        match &self.flaw {
            Some(Flaw::Unknown(coding)) => Some(coding),
            _ => None,
        }
    }

    /// The object that the body is, or the last one in it that is `wanted`: that
    /// is asked with whether the object stands alone.
    ///
    /// One alone has lines of its own, in what is no page for a browser. Any other
    /// may be what a notice quotes of what the script was given, or a page's own.
    pub(crate) fn object(&self, wanted: impl Fn(Loose<'_>, bool) -> bool) -> Option<Loose<'_>> {
        Loose::object(&self.text).or_else(|| {
            let in_page = is_page(&self.text);
            let is_alone = |found: &Found<'_>| found.has_its_lines && !in_page;
            let found = objects(&self.text).filter(|found| wanted(found.object, is_alone(found)));
            found.max_by_key(is_alone).map(|found| found.object)
        })
    }

    /// These fields of the object that [`object`](Self::object) finds.
    pub(crate) fn fields<const N: usize>(
        &self,
        keys: [&str; N],
        wanted: impl Fn(Loose<'_>, bool) -> bool,
    ) -> Option<[Option<Loose<'_>>; N]> {
        let at_once = Loose::pick_from(&self.text, keys);
        at_once.or_else(|| Some(self.object(wanted)?.pick(keys)))
    }

    /// Every object that stands alone, in their order.
    pub(crate) fn alone(&self) -> impl Iterator<Item = Loose<'_>> {
        let in_page = is_page(&self.text) && Loose::object(&self.text).is_none();
        let alone = objects(&self.text).filter(move |found| found.has_its_lines && !in_page);
        alone.map(|found| found.object)
    }

    /// Where an object begins that has a line of its own and no end, and what there
    /// is of it; the last ones first.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = &str> {
        let starts =
            self.text.rmatch_indices('{').filter_map(|(at, _)| self.text.split_at_checked(at));
        let own_line = starts.filter(|(before, _)| ends_a_line(before)).take(MAX_UNFINISHED);
        own_line.map(|(_, rest)| rest).filter(|rest| Loose::first_object(rest).is_none())
    }

    /// Whether this text of the body is as the server meant it.
    pub(crate) fn is_faithful(&self, text: &str) -> bool {
        !(self.is_lossy && text.contains('\u{fffd}'))
    }
}

/// The text of an object that was made JSON twice, and is a JSON string.
fn unquoted(text: &str) -> Option<String> {
    if !text.trim_start().starts_with('"') {
        return None;
    }
    let (value, rest) = first_value(text)?;
    let inner = value.text().filter(|inner| inner.trim_start().starts_with('{'))?;
    rest.trim().is_empty().then(|| inner.into_owned())
}

/// Whether a text is a page for a browser, with or without JSON in it. A notice
/// of PHP has other tags.
fn is_page(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["<html", "<!doctype", "<head", "<body", "<script"].iter().any(|tag| text.contains(tag))
}

/// An object somewhere in a text.
struct Found<'a> {
    object: Loose<'a>,
    has_its_lines: bool,
}

/// The objects of a text that are in no other one, in their order.
fn objects(text: &str) -> impl Iterator<Item = Found<'_>> {
    let mut at = 0;
    let mut left = MAX_LOOKED_THROUGH;
    core::iter::from_fn(move || {
        while left > 0 {
            let rest = text.get(at..)?;
            let start = at.saturating_add(rest.find('{')?);
            at = start.saturating_add(1);
            let (object, after) = match Loose::try_first_object(text.get(start..)?) {
                Ok(found) => found,
                Err(looked_through) => {
                    left = left.saturating_sub(looked_through.max(1));
                    continue;
                }
            };
            at = text.len().saturating_sub(after.len());
            let before = text.get(..start).unwrap_or_default();
            return Some(Found { object, has_its_lines: ends_a_line(before) && begins_one(after) });
        }
        None
    })
}

/// Whether what stands before an object leaves the line to it: nothing, a line
/// break, a tag, another object.
fn ends_a_line(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '\u{feff}']);
    before.is_empty() || before.ends_with(['\n', '\r', '>', '}'])
}

fn begins_one(after: &str) -> bool {
    let after = after.trim_start_matches([' ', '\t', '\0']);
    after.is_empty() || after.starts_with(['\n', '\r', '<', '{'])
}

/// The text of bytes in UTF-8, or in UTF-16 where a mark or its zeros show that;
/// without the mark. And whether some of them were no text.
fn characters(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'{', 0, _, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, b'{', 0, _, ..] => utf16(bytes, u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            // Most is good UTF-8, and that is sooner found out than what is to be mended.
            let mended = |_| String::from_utf8_lossy(bytes);
            let text = core::str::from_utf8(bytes).map_or_else(mended, Cow::Borrowed);
            let is_lossy = matches!(text, Cow::Owned(_));
            (text, is_lossy)
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (Cow<'_, str>, bool) {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(unit));
    let mut is_lossy = false;
    let character = |c: Result<char, _>| {
        is_lossy |= c.is_err();
        c.unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    let text: String = char::decode_utf16(units).map(character).collect();
    (text.into(), is_lossy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_bytes_a_letter(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn two_bytes_a_letter_are_told_by_their_mark_or_by_their_zeros() {
        for text in [r#"{"é":1}"#, "\u{feff}{}", "\u{feff}none"] {
            for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                let plain = text.trim_start_matches('\u{feff}');
                let read = two_bytes_a_letter(text, bytes);
                assert_eq!(characters(&read), (plain.into(), false), "{read:?}");
            }
        }
        for text in ["{", "{}", "\0{}", "x\0y\0"] {
            assert_eq!(characters(text.as_bytes()), (text.into(), false));
        }
    }

    #[test]
    fn what_is_no_text_is_replaced_and_told() {
        for bytes in [&b"a\xffb"[..], b"\xff\xfea\0\0\xd8b\0", b"\xfe\xff\0a\xd8\0\0b"] {
            assert_eq!(characters(bytes), ("a\u{fffd}b".into(), true), "{bytes:?}");
        }
    }

    #[test]
    fn a_text_is_not_looked_through_without_end() {
        let within = |starts: usize| {
            let long = format!("{}\"{}\"", r#"{"":"#.repeat(starts), "x".repeat(900_000));
            objects(&format!("{long}\n{{}}")).count()
        };
        assert_eq!(within(3), 1);
        assert_eq!(within(MAX_LOOKED_THROUGH / 900_000 + 1), 0);
    }
}
