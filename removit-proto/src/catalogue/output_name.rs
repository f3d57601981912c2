//! File names made from the server's names, which are not trusted.
//!
//! Whatever a variation is called, the name made from it is one plain path
//! component on every system. Nothing here touches a file system.

use std::collections::{BTreeMap, BTreeSet};

/// The longest part that a variation's name contributes, in bytes.
const MAX_LEN: usize = 64;

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
    /// Names that begin with `stem`, which is cleaned too: usually the photo's
    /// name without its ending.
    #[must_use]
    pub fn new(stem: &str) -> Self {
        let stem = plain(stem);
        let stem = if stem.is_empty() { "removit".to_owned() } else { stem };
        Self { stem, given: BTreeSet::new(), wanted: BTreeMap::new() }
    }

    /// A name for the next result, different from all before, also where case
    /// does not count. `extension` is used where it is plain, or else dropped.
    pub fn next(&mut self, variation: Option<&str>, extension: &str) -> String {
        let part = variation.map(plain).filter(|part| !part.is_empty());
        let base = format!("{}-{}", self.stem, part.as_deref().unwrap_or("result"));
        let extension = Some(plain(extension)).filter(|plain| !plain.is_empty());
        let ending = extension.map(|plain| format!(".{plain}")).unwrap_or_default();
        let mut name = format!("{base}{ending}");
        // Counts on where it stopped: a server may call 20,000 results alike.
        let count = self.wanted.entry(name.to_ascii_lowercase()).or_insert(0);
        loop {
            *count = count.saturating_add(1);
            if *count > 1 {
                name = format!("{base}-{count}{ending}");
            }
            if self.given.insert(name.to_ascii_lowercase()) {
                return name;
            }
        }
    }
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
        assert_eq!(OutputNames::new("../x").next(None, "../png"), "x-result.png");
        assert_eq!(OutputNames::new("..").next(None, ""), "removit-result");
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
    fn a_long_name_is_cut() {
        let name = OutputNames::new(&"s".repeat(9999)).next(Some(&"v".repeat(9999)), "png");
        assert!(name.len() < 200);
    }
}
