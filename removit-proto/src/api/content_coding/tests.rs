//! Answers that come compressed, and what is no such thing.

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

#[test]
fn a_bare_stream_that_begins_like_zlib_is_read() {
    // An empty last block after one of a byte; what pads a block's head is any bits.
    for (head, text) in [(b"\x78\x01\x00\xfe\xff", b"x"), (b"\x08\x01\x00\xfe\xff", b"y")] {
        let body = [&head[..], text, b"\x01\x00\x00\xff\xff"].concat();
        assert_eq!(read("deflate", &body), whole(text), "{body:?}");
    }
}

#[test]
fn a_text_that_begins_like_a_stream_is_one_where_it_is_all_of_it() {
    assert_eq!(read("deflate", b"\x03\0"), whole(b""));
    for text in [&b"\x03\0 and more"[..], b"\x03", b"x", b"8\x1d"] {
        assert_eq!(read("deflate", text), whole(text), "{text:?}");
    }
}

#[test]
fn what_begins_like_an_answer_is_text_where_it_goes_on_without_control_characters() {
    for text in [&b"{\"x\":\"\xe9\"}"[..], b" \r\n[\n\t\"\xe9\"]", b"<p>\xe9", b"\"\xe9\""] {
        assert_eq!(read("br", text), whole(text), "{text:?}");
    }
    for coded in [&b"{\x01\xe9"[..], b"<\x7f\xe9", b"x\xe9", b"[\0\xe9"] {
        let unread = Some(Flaw::Unknown("br".to_owned()));
        assert_eq!(read("br", coded), (coded.to_vec(), unread), "{coded:?}");
    }
}
