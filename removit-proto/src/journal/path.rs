//! A path in a journal, kept so that the very same file is found again.

use core::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::journal::content_hash::{from_hex, to_hex};

/// A path or name of the user's, without loss.
///
/// One that is Unicode is stored as that text. Of any other the raw form is
/// stored in hexadecimal digits, with a text for people beside it:
/// `{"unix":"636166e92e6a7067","shown":"caf�.jpg"}`. Unix paths are bytes, and
/// Windows paths 16-bit units (`"windows"`, four digits a unit).
///
/// ```
/// use removit_proto::journal::JournalPath;
/// use std::path::Path;
///
/// let path = JournalPath::new(Path::new("cups/blue\ncup.jpg"));
/// assert_eq!(path.to_path().as_deref(), Some(Path::new("cups/blue\ncup.jpg")));
/// assert_eq!(serde_json::to_string(&path)?, r#""cups/blue\ncup.jpg""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "StoredPath", into = "StoredPath")]
pub struct JournalPath(Form);

/// What a path of a journal is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathOf {
    /// A photo.
    Input,
    /// A file that a result is to become.
    File,
    /// A folder that results go to.
    Folder,
    /// A result that was saved.
    Saved,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    Text(String),
    /// Not UTF-8.
    Unix(Vec<u8>),
    /// Not UTF-16.
    Windows(Vec<u16>),
}

impl JournalPath {
    /// Takes a path over. On systems whose paths are neither Unix's nor Windows'
    /// one that is not Unicode loses what is not.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(match path.to_str() {
            Some(text) => Form::Text(text.to_owned()),
            None => raw_form(path),
        })
    }

    /// The path; `None` where it is one of the other system's raw ones.
    #[must_use]
    pub fn to_path(&self) -> Option<PathBuf> {
        match &self.0 {
            Form::Text(text) => Some(PathBuf::from(text)),
            raw => from_raw_form(raw),
        }
    }

    fn lossy(&self) -> String {
        match &self.0 {
            Form::Text(text) => text.clone(),
            Form::Unix(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Form::Windows(units) => String::from_utf16_lossy(units),
        }
    }
}

#[cfg(unix)]
fn raw_form(path: &Path) -> Form {
    use std::os::unix::ffi::OsStrExt;
    Form::Unix(path.as_os_str().as_bytes().to_vec())
}

#[cfg(unix)]
fn from_raw_form(form: &Form) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    match form {
        Form::Unix(bytes) => Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes))),
        _ => None,
    }
}

#[cfg(windows)]
fn raw_form(path: &Path) -> Form {
    use std::os::windows::ffi::OsStrExt;
    Form::Windows(path.as_os_str().encode_wide().collect())
}

#[cfg(windows)]
fn from_raw_form(form: &Form) -> Option<PathBuf> {
    use std::os::windows::ffi::OsStringExt;
    match form {
        Form::Windows(units) => Some(PathBuf::from(std::ffi::OsString::from_wide(units))),
        _ => None,
    }
}

#[cfg(not(any(unix, windows)))]
fn raw_form(path: &Path) -> Form {
    Form::Text(path.to_string_lossy().into_owned())
}

#[cfg(not(any(unix, windows)))]
fn from_raw_form(_: &Form) -> Option<PathBuf> {
    None
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredPath {
    Text(String),
    Unix { unix: String, shown: String },
    Windows { windows: String, shown: String },
}

impl From<JournalPath> for StoredPath {
    fn from(path: JournalPath) -> Self {
        let shown = path.lossy();
        match path.0 {
            Form::Text(text) => Self::Text(text),
            Form::Unix(bytes) => Self::Unix { unix: to_hex(&bytes), shown },
            Form::Windows(units) => {
                let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
                Self::Windows { windows: to_hex(&bytes), shown }
            }
        }
    }
}

impl TryFrom<StoredPath> for JournalPath {
    type Error = &'static str;

    fn try_from(stored: StoredPath) -> Result<Self, Self::Error> {
        const NO_PATH: &str = "a path that is not written in hexadecimal digits";
        let unit = |pair: &[u8]| pair.try_into().ok().map(u16::from_be_bytes);
        Ok(Self(match stored {
            StoredPath::Text(text) => Form::Text(text),
            StoredPath::Unix { unix, .. } => Form::Unix(from_hex(&unix).ok_or(NO_PATH)?),
            StoredPath::Windows { windows, .. } => {
                let bytes = from_hex(&windows).ok_or(NO_PATH)?;
                Form::Windows(bytes.chunks(2).map(unit).collect::<Option<_>>().ok_or(NO_PATH)?)
            }
        }))
    }
}

impl fmt::Display for JournalPath {
    /// For people, on one line: line breaks and other control characters are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.lossy().chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

impl fmt::Debug for JournalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JournalPath({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(path: &JournalPath) -> String {
        let text = serde_json::to_string(path).unwrap();
        assert_eq!(&serde_json::from_str::<JournalPath>(&text).unwrap(), path);
        text
    }

    #[test]
    #[cfg(unix)]
    fn a_unix_name_that_is_not_utf_8_is_found_again() {
        use std::os::unix::ffi::OsStrExt;
        let name = Path::new(std::ffi::OsStr::from_bytes(b"caf\xe9.jpg"));
        let path = JournalPath::new(name);
        assert_eq!(round_trip(&path), r#"{"unix":"636166e92e6a7067","shown":"caf�.jpg"}"#);
        assert_eq!(path.to_path().as_deref(), Some(name));
    }

    #[test]
    fn a_windows_name_that_is_not_utf_16_is_kept() {
        let path = JournalPath(Form::Windows(vec![0x61, 0xd800]));
        assert_eq!(round_trip(&path), r#"{"windows":"0061d800","shown":"a�"}"#);
        assert_eq!(path.to_path().is_some(), cfg!(windows));
    }

    #[test]
    fn a_text_that_looks_like_a_raw_path_stays_a_text() {
        let text = r#"{"unix":"00","shown":""}"#;
        let path = JournalPath::new(Path::new(text));
        round_trip(&path);
        assert_eq!(path.to_path(), Some(PathBuf::from(text)));
    }

    #[test]
    fn odd_digits_are_no_path() {
        for text in [r#"{"unix":"0","shown":""}"#, r#"{"windows":"00","shown":""}"#, "7", "{}"] {
            assert!(serde_json::from_str::<JournalPath>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_shown_on_one_line() {
        let path = JournalPath::new(Path::new("a\nb\u{1b}é"));
        assert_eq!(path.to_string(), "a\\nb\\u{1b}é");
        assert_eq!(format!("{path:?}"), format!("JournalPath({path})"));
    }
}
