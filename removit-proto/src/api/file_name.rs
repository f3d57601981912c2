//! The name that a photo is sent under.
//!
//! A path never goes over the wire, and neither does a character that header
//! parsers read differently. Quotes and line breaks stay: the multipart encoder
//! escapes them.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The longest name that is sent, in bytes.
const MAX_LEN: usize = 255;

/// A file's name without its folders.
///
/// What PHP does to a name on its side is done here, so that both sides see the
/// same one: all up to the last `/` or `\` is dropped. (PHP also reads a
/// backslash before a quote as an escape; there is none left.) Control
/// characters but CR and LF become `_`, and a long name keeps its ending.
///
/// ```
/// use removit_proto::FileName;
///
/// assert_eq!(FileName::new("/home/me/cup.png").as_str(), "cup.png");
/// assert_eq!(FileName::new(r"C:\photos\cup.png").as_str(), "cup.png");
/// assert_eq!(FileName::new("folder/").as_str(), "photo");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    /// The name of the file at a path, or `photo` where that has none.
    #[must_use]
    pub fn new(path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        if name.is_empty() {
            return Self("photo".to_owned());
        }
        let clean = |c: char| if c.is_control() && !matches!(c, '\r' | '\n') { '_' } else { c };
        Self(shorten(name.chars().map(clean).collect()))
    }

    /// The name as the caller's file system has it, before any escaping.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Cuts the stem, never the ending that says what the file is.
fn shorten(name: String) -> String {
    if name.len() <= MAX_LEN {
        return name;
    }
    let ending = name.rfind('.').filter(|dot| name.len().saturating_sub(*dot) <= 16);
    let (stem, ending) = name.split_at(ending.unwrap_or(name.len()));
    let mut end = MAX_LEN.saturating_sub(ending.len());
    while !stem.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    format!("{}{ending}", stem.get(..end).unwrap_or_default())
}

impl From<String> for FileName {
    fn from(name: String) -> Self {
        Self::new(&name)
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_ending_and_its_characters_whole() {
        let name = FileName::new(&format!("{}.jpeg", "é".repeat(300)));
        assert!(name.as_str().len() <= MAX_LEN);
        assert!(name.as_str().ends_with("é.jpeg"));
    }

    #[test]
    fn a_name_is_the_text_that_it_shows() {
        let name = FileName::new("cup.jpg");
        assert_eq!(name.to_string(), "cup.jpg");
        assert_eq!(String::from(name), "cup.jpg");
    }

    #[test]
    fn control_characters_become_underscores_but_line_breaks_stay() {
        assert_eq!(FileName::new("a\0b\tc\u{7f}\r\n.png").as_str(), "a_b_c_\r\n.png");
    }

    #[test]
    fn a_name_that_ends_in_a_backslash_has_no_last_part() {
        assert_eq!(FileName::new("cup.png\\").as_str(), "photo");
    }
}
