//! The file of `--from`: one path or URL a line. A path is bytes on Unix, and
//! need not be UTF-8; relative ones begin at the current folder.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::exit::Exit;
use crate::setup::Refused;
use crate::shell::printable;

/// A line that says something.
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// What it says, or why that cannot be a name.
    pub(super) word: Result<OsString, String>,
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
    let error = |error: io::Error| Refused {
        exit: Exit::LocalIo,
        message: format!("--from {}: {error}", printable(&from.to_string_lossy())),
    };
    read.map_err(error)?;
    Ok(lines(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)))
}

fn lines(bytes: &[u8]) -> Vec<Line> {
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    let lines = lines.map(|(line, number)| (line.strip_suffix(b"\r").unwrap_or(line), number));
    lines
        .filter(|(line, _)| !line.trim_ascii().is_empty() && !line.starts_with(b"#"))
        .map(|(line, number)| Line { number, word: word(line) })
        .collect()
}

fn word(line: &[u8]) -> Result<OsString, String> {
    if line.contains(&0) {
        return Err("it holds a NUL byte; one name a line is expected".to_owned());
    }
    os_string(line).ok_or_else(|| "it is not UTF-8".to_owned())
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
