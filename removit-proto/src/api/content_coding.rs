//! Bodies that a server compressed though every request declines it (contract,
//! rule 14): gzip and deflate, one over another where it must be, within a bound.
//!
//! Whatever can be decoded is given back, also of a body that is cut off or
//! damaged, since a paid id may be in it; what is wrong with it is said beside it.
//! Nothing here knows what a body means.

use std::borrow::Cow;

use http::{HeaderMap, header};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use crate::api::checksum::crc32;

/// The most of an API answer that is read, once it is decoded.
pub(crate) const ANSWER_LEN: usize = 1024 * 1024;

/// More codings than this on one body are no accident.
const MAX_CODINGS: usize = 4;

/// A body without its codings, as far as it could be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded<'a> {
    /// What could be decoded; where a coding is not known, the body under it.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Why this is not the whole body; `None` where it is.
    pub(crate) flaw: Option<Flaw>,
}

/// What is wrong with a compressed body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is in a coding that is not read here, such as `br`.
    Unknown(String),
    /// It ends before its end.
    CutOff,
    /// It is damaged: the rest, or all of it, may be wrong.
    Damaged,
    /// It is longer than the bound.
    TooLong,
}

/// The body of an answer with these headers, at most `max_len` bytes of it.
///
/// The bytes win over the header: servers forget `Content-Encoding`, and HTTP
/// clients decode a body and leave it there.
pub(crate) fn decode<'a>(headers: &HeaderMap, body: &'a [u8], max_len: usize) -> Decoded<'a> {
    let mut decoded = Decoded { bytes: Cow::Borrowed(body), flaw: None };
    // The last coding was applied last.
    for coding in codings(headers).iter().rev() {
        let layer = match coding.as_str() {
            "gzip" | "x-gzip" | "deflate" => compressed(&decoded.bytes, max_len),
            _ if is_gzip(&decoded.bytes) => compressed(&decoded.bytes, max_len),
            // An HTTP client has decoded it, or the server never encoded it.
            _ if is_text(&decoded.bytes) => None,
            _ => {
                decoded.flaw = Some(Flaw::Unknown(coding.clone()));
                return decoded;
            }
        };
        decoded.take(layer);
    }
    // No text, and no picture that is asked for, begins like gzip.
    if decoded.flaw.is_none() && is_gzip(&decoded.bytes) {
        let layer = compressed(&decoded.bytes, max_len);
        decoded.take(layer);
        if decoded.flaw.is_none() && is_gzip(&decoded.bytes) {
            decoded.flaw = Some(Flaw::Unknown("gzip many times over".to_owned()));
        }
    }
    if decoded.bytes.len() > max_len {
        decoded.flaw = Some(Flaw::TooLong);
        match &mut decoded.bytes {
            Cow::Borrowed(bytes) => *bytes = bytes.get(..max_len).unwrap_or_default(),
            Cow::Owned(bytes) => bytes.truncate(max_len),
        }
    }
    decoded
}

impl Decoded<'_> {
    /// Puts what was under a layer in the place of it.
    fn take(&mut self, layer: Option<(Vec<u8>, Option<Flaw>)>) {
        if let Some((bytes, flaw)) = layer {
            self.bytes = Cow::Owned(bytes);
            self.flaw = self.flaw.take().or(flaw);
        }
    }
}

/// The codings in the order in which they were applied.
fn codings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::CONTENT_ENCODING).into_iter();
    let named = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    named
        .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
        .filter(|name| !matches!(name.as_str(), "" | "identity"))
        .take(MAX_CODINGS)
        .collect()
}

fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b])
}

/// Whether a body may be zlib by its method (RFC 1950); its decoder looks at the rest.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, _, ..] if method & 0x0f == 8)
}

/// Whether a body can be read as it is: compressed bytes are hardly ever UTF-8,
/// and do not begin like JSON or a page and go on without control characters.
fn is_text(body: &[u8]) -> bool {
    let begins_so = matches!(body.trim_ascii_start(), [b'{' | b'[' | b'<' | b'"', ..]);
    let control = |b: &u8| b.is_ascii_control() && !b.is_ascii_whitespace();
    core::str::from_utf8(body).is_ok()
        || matches!(body, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || (begins_so && !body.iter().any(control))
}

/// What is in a body that is called gzip or deflate, by what it is: gzip, zlib,
/// bare DEFLATE (which old servers call deflate), or plain after all: `None`.
fn compressed(body: &[u8], max_len: usize) -> Option<(Vec<u8>, Option<Flaw>)> {
    if is_gzip(body) {
        return Some(gunzip(body, max_len));
    }
    let as_zlib = is_zlib(body).then(|| inflate(body, true, max_len));
    if let Some(Inflated { bytes, flaw, .. }) = as_zlib.filter(Inflated::is_sound) {
        return Some((bytes, flaw));
    }
    let raw = inflate(body, false, max_len);
    let whole = raw.flaw.is_none() && raw.used == body.len();
    if !whole && is_text(body) {
        return None;
    }
    Some((raw.bytes, raw.flaw))
}

/// All members of a gzip file (RFC 1952), one after the other.
fn gunzip(mut rest: &[u8], max_len: usize) -> (Vec<u8>, Option<Flaw>) {
    let mut bytes = Vec::new();
    // What follows the last member, such as zeros, is no part of the file.
    while is_gzip(rest) {
        let Some(data) = after_gzip_header(rest) else {
            return (bytes, Some(Flaw::CutOff));
        };
        let room = max_len.saturating_sub(bytes.len());
        let member = inflate(data, false, room);
        bytes.extend_from_slice(&member.bytes);
        if member.flaw.is_some() {
            return (bytes, member.flaw);
        }
        let trailer = data.get(member.used..).unwrap_or_default();
        let Some((sum, trailer)) = trailer.split_first_chunk::<4>() else {
            return (bytes, Some(Flaw::CutOff));
        };
        let Some((_, after)) = trailer.split_first_chunk::<4>() else {
            return (bytes, Some(Flaw::CutOff));
        };
        if u32::from_le_bytes(*sum) != crc32(&member.bytes) {
            return (bytes, Some(Flaw::Damaged));
        }
        rest = after;
    }
    (bytes, None)
}

/// The compressed data of a gzip member; `None` where its header is cut off.
fn after_gzip_header(member: &[u8]) -> Option<&[u8]> {
    const CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let flags = *member.get(3)?;
    let mut rest = member.get(10..)?;
    if flags & EXTRA != 0 {
        let (len, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end.saturating_add(1)..)?;
        }
    }
    if flags & CHECKSUM != 0 { rest.get(2..) } else { Some(rest) }
}

/// What came out of one DEFLATE stream.
struct Inflated {
    bytes: Vec<u8>,
    /// How much of the input the stream took.
    used: usize,
    flaw: Option<Flaw>,
}

impl Inflated {
    /// Whether it was a stream at all.
    fn is_sound(&self) -> bool {
        self.flaw != Some(Flaw::Damaged) || !self.bytes.is_empty()
    }
}

/// Decodes one stream, bare or with the head and tail of zlib.
fn inflate(input: &[u8], zlib: bool, max_len: usize) -> Inflated {
    const BARE: u32 = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    const ZLIB: u32 = BARE
        | inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | inflate_flags::TINFL_FLAG_COMPUTE_ADLER32;
    let flags = if zlib { ZLIB } else { BARE };
    // One byte more than may come shows what is too long.
    let most = max_len.saturating_add(1);
    let mut state = Box::<DecompressorOxide>::default();
    let mut bytes = vec![0; input.len().saturating_mul(4).clamp(1024, most.max(1024)).min(most)];
    let (mut used, mut written) = (0, 0);
    let flaw = loop {
        let rest = input.get(used..).unwrap_or_default();
        let (status, read, made) = decompress(&mut state, rest, &mut bytes, written, flags);
        used = used.saturating_add(read);
        written = written.saturating_add(made);
        if written > max_len {
            written = max_len;
            break Some(Flaw::TooLong);
        }
        match status {
            TINFLStatus::Done => break None,
            // They are full, and fewer than `most`: that many would be too long.
            TINFLStatus::HasMoreOutput => {
                bytes.resize(bytes.len().saturating_mul(2).min(most), 0);
            }
            TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => {
                break Some(Flaw::CutOff);
            }
            _ => break Some(Flaw::Damaged),
        }
    };
    bytes.truncate(written);
    Inflated { bytes, used, flaw }
}

#[cfg(test)]
mod tests;
