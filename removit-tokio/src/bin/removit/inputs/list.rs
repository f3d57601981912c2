//! The file of `--from`: one path or URL a line, or each with a NUL after it. A path
//! is bytes on Unix, and need not be UTF-8; relative ones begin at the current folder.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::refused::Refused;
use crate::shell::printable;

/// A line that says something.
#[derive(Debug)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// What it says.
    pub(super) word: OsString,
    /// Why that cannot be a name.
    pub(super) wrong: Option<&'static str>,
}

/// The lines of the file, or of standard input for `-`. A file with such a name
/// is `./-`, and one that begins with `#` is `./#`….
pub(super) fn read(from: &Path, mut stdin: impl Read) -> Result<Vec<Line>, Refused> {
    let mut bytes = Vec::new();
    let read = if from.as_os_str() == "-" {
        stdin.read_to_end(&mut bytes)
    } else {
        File::open(from).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    let error = |error: io::Error| {
        Refused::local(format!("--from {}: {error}", printable(&from.to_string_lossy())))
    };
    read.map_err(error)?;
    Ok(lines(&bytes))
}

fn lines(bytes: &[u8]) -> Vec<Line> {
    if let Some(text) = utf_16(bytes) {
        return split(text.as_bytes());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        let names = bytes.split(|byte| *byte == 0).zip(1..);
        // As `find -print0` writes it: every character of a name is meant.
        return names.filter(|(name, _)| !name.is_empty()).map(line).collect();
    }
    split(bytes)
}

fn split(bytes: &[u8]) -> Vec<Line> {
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    let lines = lines.map(|(line, number)| (line.strip_suffix(b"\r").unwrap_or(line), number));
    lines
        .filter(|(line, _)| !line.trim_ascii().is_empty() && !line.starts_with(b"#"))
        .map(line)
        .collect()
}

fn line((bytes, number): (&[u8], u64)) -> Line {
    match os_string(bytes) {
        Some(word) => {
            let wrong = bytes.contains(&0).then_some("it holds a NUL character");
            Line { number, word, wrong }
        }
        None => Line {
            number,
            word: String::from_utf8_lossy(bytes).into_owned().into(),
            wrong: Some("it is not UTF-8"),
        },
    }
}

/// The text of a list in UTF-16, as Windows' own tools write it: told by its mark, or
/// by the NUL in every other byte. What is no text in it becomes `U+FFFD`, which is in
/// no file's name.
fn utf_16(bytes: &[u8]) -> Option<String> {
    let (rest, is_big) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, false),
        [0xfe, 0xff, rest @ ..] => (rest, true),
        [1..=255, 0, 1..=255, 0, ..] => (bytes, false),
        [0, 1..=255, 0, 1..=255, ..] => (bytes, true),
        _ => return None,
    };
    let unit = |pair: &[u8]| match pair {
        [one, other] if is_big => u16::from_be_bytes([*one, *other]),
        [one, other] => u16::from_le_bytes([*one, *other]),
        _ => 0xfffd,
    };
    Some(String::from_utf16_lossy(&rest.chunks(2).map(unit).collect::<Vec<_>>()))
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> Option<OsString> {
    use std::os::unix::ffi::OsStrExt;
    Some(std::ffi::OsStr::from_bytes(bytes).to_os_string())
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> Option<OsString> {
    std::str::from_utf8(bytes).ok().map(OsString::from)
}
