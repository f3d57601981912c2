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

/// Two bytes that every zlib stream begins with (RFC 1950).
fn is_zlib(body: &[u8]) -> bool {
    match body {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).checked_rem(31) == Some(0)
        }
        _ => false,
    }
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
    let framing = if zlib {
        inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER | inflate_flags::TINFL_FLAG_COMPUTE_ADLER32
    } else {
        0
    };
    let flags = framing | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
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
            TINFLStatus::HasMoreOutput if bytes.len() < most => {
                bytes.resize(bytes.len().saturating_mul(2).min(most), 0);
            }
            TINFLStatus::HasMoreOutput => break Some(Flaw::TooLong),
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
mod tests {
    use super::*;
    use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};

    const TEXT: &[u8] = br#"{"job_id":"019cdc54-2673-dc32-b9e5-6e1d36cc9e8a","status":"queued"}"#;

    fn gzip_with(flags: u8, extras: &[u8], text: &[u8]) -> Vec<u8> {
        let mut file = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
        file.extend_from_slice(extras);
        file.extend_from_slice(&compress_to_vec(text, 6));
        file.extend_from_slice(&crc32(text).to_le_bytes());
        file.extend_from_slice(&(text.len() as u32).to_le_bytes());
        file
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        gzip_with(0, &[], text)
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        compress_to_vec_zlib(text, 6)
    }

    fn bare(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, 6)
    }

    fn read(encoding: &str, body: &[u8]) -> (Vec<u8>, Option<Flaw>) {
        read_up_to(ANSWER_LEN, encoding, body)
    }

    fn read_up_to(max_len: usize, encoding: &str, body: &[u8]) -> (Vec<u8>, Option<Flaw>) {
        let mut headers = HeaderMap::new();
        if !encoding.is_empty() {
            headers.insert(header::CONTENT_ENCODING, encoding.parse().unwrap());
        }
        let Decoded { bytes, flaw } = decode(&headers, body, max_len);
        (bytes.into_owned(), flaw)
    }

    fn whole(text: &[u8]) -> (Vec<u8>, Option<Flaw>) {
        (text.to_vec(), None)
    }

    #[test]
    fn every_coding_that_servers_call_gzip_or_deflate_is_read() {
        let (zlib, raw) = (compress_to_vec_zlib(TEXT, 6), compress_to_vec(TEXT, 6));
        for (encoding, body) in [
            ("gzip", gzip(TEXT)),
            ("x-gzip", gzip(TEXT)),
            ("GZip", gzip(TEXT)),
            (" identity, gzip ", gzip(TEXT)),
            ("deflate", zlib.clone()),
            ("deflate", raw.clone()),
            // The names are mixed up, or missing.
            ("gzip", zlib.clone()),
            ("gzip", raw),
            ("deflate", gzip(TEXT)),
            ("br", gzip(TEXT)),
            ("", gzip(TEXT)),
            // Several, the last one applied last.
            ("deflate, gzip", gzip(&zlib)),
            ("gzip, gzip", gzip(&gzip(TEXT))),
        ] {
            assert_eq!(read(encoding, &body), whole(TEXT), "{encoding}");
        }
    }

    #[test]
    fn what_was_decoded_on_the_way_is_not_decoded_again() {
        for body in [b"{\"x\":\"\xe9\"}".as_slice(), b"\xff\xfe{\0}\0"] {
            assert_eq!(read("gzip", body), whole(body));
            assert_eq!(read("br", body), whole(body));
        }
        for encoding in ["gzip", "deflate", "br", "gzip, gzip", "identity", ""] {
            assert_eq!(read(encoding, TEXT), whole(TEXT), "{encoding}");
            assert_eq!(read(encoding, b""), whole(b""), "{encoding}");
        }
    }

    #[test]
    fn two_headers_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(header::CONTENT_ENCODING, "deflate".parse().unwrap());
        headers.append(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        let body = gzip(&compress_to_vec_zlib(TEXT, 6));
        assert_eq!(decode(&headers, &body, 1000).bytes.as_ref(), TEXT);
    }

    #[test]
    fn the_optional_fields_of_a_gzip_header_are_passed_over() {
        for (flags, extras) in [
            (4, b"\x03\0abc".as_slice()),
            (8, b"answer.json\0"),
            (16, b"a comment\0"),
            (2, b"\xaa\xbb"),
            (30, b"\x01\0xname\0comment\0\xaa\xbb"),
        ] {
            let file = gzip_with(flags, extras, TEXT);
            assert_eq!(read("gzip", &file), whole(TEXT), "{flags}");
            for end in 2..10 + extras.len() {
                assert_eq!(read("gzip", &file[..end]), (Vec::new(), Some(Flaw::CutOff)), "{end}");
            }
        }
    }

    #[test]
    fn members_follow_each_other_and_what_comes_after_them_is_nothing() {
        let (first, second) = TEXT.split_at(20);
        let mut file = [gzip(first), gzip(second)].concat();
        assert_eq!(read("gzip", &file), whole(TEXT));
        file.extend_from_slice(&[0; 100]);
        assert_eq!(read("gzip", &file), whole(TEXT));
    }

    #[test]
    fn a_body_that_is_cut_off_is_read_as_far_as_it_came() {
        for compress in [gzip, zlib, bare] {
            let body = compress(TEXT);
            let mut longest = 0;
            for end in 2..body.len() {
                if is_text(&body[..end]) {
                    continue;
                }
                let (bytes, flaw) = read("deflate", &body[..end]);
                assert!(TEXT.starts_with(&bytes), "{end}");
                assert_eq!(flaw, Some(Flaw::CutOff), "{end}");
                assert!(bytes.len() >= longest, "{end}");
                longest = bytes.len();
            }
            assert!(longest > 60, "{longest}");
        }
    }

    #[test]
    fn damage_is_told_and_what_came_before_it_is_kept() {
        let mut file = gzip(TEXT);
        let sum = file.len() - 8;
        file[sum] ^= 1;
        assert_eq!(read("gzip", &file), (TEXT.to_vec(), Some(Flaw::Damaged)));
        let mut zlib = compress_to_vec_zlib(TEXT, 6);
        *zlib.last_mut().unwrap() ^= 1;
        assert_eq!(read("deflate", &zlib), (TEXT.to_vec(), Some(Flaw::Damaged)));
        let (bytes, flaw) = read("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff\xff");
        assert_eq!((bytes.len(), flaw), (0, Some(Flaw::Damaged)));
    }

    #[test]
    fn a_coding_that_is_not_read_is_named() {
        for coding in ["br", "zstd", "compress", "x-unheard-of"] {
            let (bytes, flaw) = read(coding, b"\x8b\x21\x80 no text \xff");
            assert_eq!(flaw, Some(Flaw::Unknown(coding.to_owned())));
            assert_eq!(bytes, b"\x8b\x21\x80 no text \xff");
        }
        let (_, flaw) = read("br, gzip", &gzip(b"\x8b\x21\x80 no text \xff"));
        assert_eq!(flaw, Some(Flaw::Unknown("br".to_owned())));
    }

    #[test]
    fn a_bomb_stops_at_the_bound() {
        let zeros = vec![0; 4 << 20];
        let once = gzip(&zeros);
        for body in [once.clone(), gzip(&once), compress_to_vec(&zeros, 6)] {
            let (bytes, flaw) = read("gzip, gzip", &body);
            assert_eq!((bytes.len(), flaw), (ANSWER_LEN, Some(Flaw::TooLong)));
        }
        // Many members that are each within the bound.
        let many = gzip(&[b'x'; 600]).repeat(3);
        assert_eq!(read_up_to(1000, "gzip", &many), (vec![b'x'; 1000], Some(Flaw::TooLong)));
    }

    #[test]
    fn the_bound_itself_is_not_too_long() {
        for compress in [gzip, |text: &[u8]| text.to_vec()] {
            let body = compress(TEXT);
            assert_eq!(read_up_to(TEXT.len(), "gzip", &body), whole(TEXT));
            let (bytes, flaw) = read_up_to(TEXT.len() - 1, "gzip", &body);
            assert_eq!((bytes.len(), flaw), (TEXT.len() - 1, Some(Flaw::TooLong)));
        }
    }

    #[test]
    fn a_crowd_of_codings_is_not_followed_for_ever() {
        let mut body = TEXT.to_vec();
        for _ in 0..9 {
            body = gzip(&body);
        }
        let encoding = ["gzip"; 9].join(",");
        assert!(matches!(read(&encoding, &body).1, Some(Flaw::Unknown(_))));
    }
}
