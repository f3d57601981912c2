//! File names made from the server's names, which are not trusted.
//!
//! Whatever a variation is called, the name made from it is one plain path
//! component on every system. Nothing here touches a file system.

use std::collections::{BTreeMap, BTreeSet};

/// The longest part that a variation's name contributes, in bytes.
const MAX_LEN: usize = 64;

/// The longest ending, in bytes.
const MAX_ENDING: usize = 16;

/// The longest name that most file systems take, in bytes.
const LONGEST: usize = 255;

/// What is kept free after a stem: `-`, a variation with what keeps it from being a
/// device, `-` and a number, `.` and an ending.
const AFTER_STEM: usize = 1 + MAX_LEN + 1 + 7 + 1 + MAX_ENDING;

/// Names that Windows keeps for devices, whatever their ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Gives each result of a job a file name of its own.
///
/// ```
/// use removit_proto::OutputNames;
///
/// let mut names = OutputNames::new("cup");
/// assert_eq!(names.next(Some("shadowTop"), "webp"), "cup-shadowTop.webp");
/// assert_eq!(names.next(Some("../../etc/passwd"), "webp"), "cup-etc_passwd.webp");
/// assert_eq!(names.next(Some("ShadowTop"), "webp"), "cup-ShadowTop-2.webp");
/// assert_eq!(names.next(None, "png"), "cup-result.png");
/// ```
#[derive(Clone, Debug)]
pub struct OutputNames {
    stem: String,
    /// Without case, as some file systems compare them.
    given: BTreeSet<String>,
    /// How often a name was wanted, by what it is without a number.
    wanted: BTreeMap<String, u64>,
}

impl OutputNames {
    /// Names that begin with `stem`, the user's own: usually the photo's name without
    /// its ending. Letters and digits of all scripts stay; separators, control
    /// characters and what Windows forbids become `_`. A long one is cut so that every
    /// name of it has at most 255 bytes.
    ///
    /// ```
    /// # use removit_proto::OutputNames;
    /// assert_eq!(OutputNames::new("стул").next(Some("clipping"), "png"), "стул-clipping.png");
    /// assert_eq!(OutputNames::new("a/b: c").stem(), "a_b_ c");
    /// ```
    #[must_use]
    pub fn new(stem: &str) -> Self {
        Self::within(stem, LONGEST)
    }

    /// The same where a file system takes names of at most so many bytes.
    #[must_use]
    pub fn within(stem: &str, longest: usize) -> Self {
        let stem = kept(stem, longest.saturating_sub(AFTER_STEM).max(1));
        let stem = if stem.is_empty() { "removit".to_owned() } else { stem };
        Self { stem, given: BTreeSet::new(), wanted: BTreeMap::new() }
    }

    /// What each name begins with.
    #[must_use]
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// A name for the next result, different from all before, also where case
    /// does not count. `extension` is used where it is plain, or else dropped.
    pub fn next(&mut self, variation: Option<&str>, extension: &str) -> String {
        let part = variation.map(plain).filter(|part| !part.is_empty());
        let base = format!("{}-{}", self.stem, part.as_deref().unwrap_or("result"));
        let extension: String = extension.chars().take(MAX_ENDING).collect();
        let extension = Some(plain(&extension)).filter(|plain| !plain.is_empty());
        let ending = extension.map(|plain| format!(".{plain}")).unwrap_or_default();
        let mut name = format!("{base}{ending}");
        // Counts on where it stopped: a server may call 20,000 results alike.
        let count = self.wanted.entry(name.to_lowercase()).or_insert(0);
        loop {
            *count = count.saturating_add(1);
            if *count > 1 {
                name = format!("{base}-{count}{ending}");
            }
            if self.given.insert(name.to_lowercase()) {
                return name;
            }
        }
    }
}

/// A name of the user's as it is, but for what is no part of a name on some system.
fn kept(text: &str, longest: usize) -> String {
    let mut name = String::with_capacity(text.len().min(longest));
    let mut was_replaced = false;
    for c in text.chars() {
        let is_bad = is_forbidden(c);
        let c = if is_bad { '_' } else { c };
        if name.len().saturating_add(c.len_utf8()) > longest {
            break;
        }
        if !(is_bad && was_replaced) {
            name.push(c);
        }
        was_replaced = is_bad;
    }
    // Windows drops them at the end, and what is nothing but dots is a folder.
    let mut name = name.trim_end_matches(['.', ' ']).trim_start_matches(' ').to_owned();
    // Windows takes a device's name for the device whatever comes after a dot.
    let first = name.find('.').unwrap_or(name.len());
    if name.get(..first).is_some_and(is_device) {
        name.insert(first, '_');
    }
    name
}

/// Separators of paths and of lines, control characters, and what Windows forbids.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        || matches!(c, '\u{2028}' | '\u{2029}')
}

/// ASCII letters, digits, `-` and single `_` for all else; no dot at either
/// end, no device's name.
fn plain(text: &str) -> String {
    let mut name = String::with_capacity(text.len().min(MAX_LEN));
    for c in text.chars() {
        if name.len() >= MAX_LEN {
            break;
        }
        if c.is_ascii_alphanumeric() || c == '-' {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_matches(['_', '-']);
    if is_device(name) { format!("{name}_") } else { name.to_owned() }
}

fn is_device(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let port = lower.strip_prefix("com").or_else(|| lower.strip_prefix("lpt"));
    DEVICES.contains(&lower.as_str())
        || port.is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_one_plain_component() {
        for hostile in
            ["../../etc/passwd", "..", "/", "C:\\x", "a\0b", "\u{202e}gnp", "", ".", "~", "CON"]
        {
            let name = OutputNames::new("cup").next(Some(hostile), "png");
            assert!(name.starts_with("cup-") && name.ends_with(".png"), "{name}");
            assert!(
                name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
                "{name}"
            );
            assert!(!name.contains(".."), "{name}");
        }
    }

    #[test]
    fn a_hostile_stem_and_extension_are_cleaned_too() {
        assert_eq!(OutputNames::new("../x").next(None, "../png"), ".._x-result.png");
        assert_eq!(OutputNames::new("..").next(None, ""), "removit-result");
        assert_eq!(OutputNames::new("a\0\n\\b|").next(None, ""), "a_b_-result");
        assert_eq!(OutputNames::new("nul").next(None, "png"), "nul_-result.png");
    }

    #[test]
    fn a_ports_name_is_a_device_and_a_word_like_it_is_none() {
        for device in ["com1", "LPT9", "com0", "aux", "Prn"] {
            let name = OutputNames::new(device).next(None, "png");
            assert_eq!(name, format!("{device}_-result.png"));
        }
        for word in ["com", "com10", "comx", "lpt", "lpt1a", "nulls", "1"] {
            let name = OutputNames::new(word).next(None, "png");
            assert_eq!(name, format!("{word}-result.png"));
        }
    }

    #[test]
    fn names_that_clean_to_the_same_are_numbered() {
        let mut names = OutputNames::new("cup");
        assert_eq!(names.next(Some("a b"), "png"), "cup-a_b.png");
        assert_eq!(names.next(Some("A/B"), "png"), "cup-A_B-2.png");
        assert_eq!(names.next(Some("a?b"), "png"), "cup-a_b-3.png");
    }

    #[test]
    fn thousands_of_results_of_one_name_are_numbered_in_no_time() {
        let mut names = OutputNames::new("cup");
        let last = (0..20_000).map(|_| names.next(Some("x"), "png")).last();
        assert_eq!(last.as_deref(), Some("cup-x-20000.png"));
    }

    #[test]
    fn a_users_name_stays_in_every_script() {
        for stem in
            ["стул", "椅子", "كرسي", "कुर्सी", "café", "a b  c", "x__y", "-rf", ".hidden", "v1.2"]
        {
            assert_eq!(OutputNames::new(stem).stem(), stem);
        }
    }

    #[test]
    fn a_device_with_an_ending_of_its_own_is_no_device_any_more() {
        assert_eq!(OutputNames::new("con.tar").stem(), "con_.tar");
        assert_eq!(OutputNames::new("console.tar").stem(), "console.tar");
    }

    #[test]
    fn a_long_name_is_cut_where_the_file_system_says_and_between_characters() {
        for longest in [100, 143, 255] {
            let mut names = OutputNames::within(&"椅".repeat(9999), longest);
            let name = names.next(Some(&"v".repeat(9999)), "jpeg and more than an ending");
            assert!(name.len() <= longest && name.starts_with('椅'), "{}: {name}", name.len());
            assert!(OutputNames::within("cup", longest).stem() == "cup");
        }
        // An ending is cut between characters too.
        for ending in ["ж".repeat(99), format!("-{}", "y椅".repeat(99))] {
            let name = OutputNames::new(&"s".repeat(9999)).next(Some(&"v".repeat(99)), &ending);
            assert!(name.len() <= 255, "{}: {name}", name.len());
        }
        let stem = "s".repeat(100);
        assert_eq!(OutputNames::new(&stem).stem(), stem);
    }
}
