//! Patterns such as `photos/*.jpg`, where no shell has expanded them: quoted
//! ones, those of `--from`, and all on Windows.
//!
//! What the names of the pattern's files look like to people is matched, so that
//! one that is not UTF-8 is found too.

use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::folder::{self, Walked};
use crate::refused::Refused;

/// As shells have it: `*` stays in one folder, and a dot at the beginning of a
/// name has to be in the pattern.
const AS_IN_A_SHELL: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Whether a word that is the name of nothing can be a pattern.
pub(super) fn is_pattern(word: &str) -> bool {
    word.contains(['*', '?', '['])
}

/// The photos that a pattern matches, sorted, and the folder that it begins in; where
/// `recursive`, those in the folders that it matches too.
pub(super) fn photos(word: &str, recursive: bool) -> Result<(PathBuf, Walked), Refused> {
    let (root, names) = split(word);
    let wrong = |error: glob::PatternError| {
        Refused::usage(format!("no such file, and no pattern: {}", error.msg))
    };
    let pattern = Pattern::new(&names.join("/")).map_err(wrong)?;
    let below = recursive.then(|| Pattern::new(&format!("{}/**/*", names.join("/"))));
    let below = below.transpose().map_err(wrong)?;
    let unbounded = recursive || names.iter().any(|name| name == "**");
    let depth = if unbounded { usize::MAX } else { names.len() };
    let hidden = names.iter().any(|name| name.starts_with('.'));

    let start = if root.as_os_str().is_empty() { Path::new(".") } else { root.as_path() };
    let mut found = folder::walk(start, depth, hidden);
    // What it was not asked for is not left out.
    found.left_out = super::left_out::LeftOut::default();
    found.photos.retain_mut(|path| {
        let relative = path.strip_prefix(start).unwrap_or(path).to_path_buf();
        let text = relative.to_string_lossy().replace(MAIN_SEPARATOR_STR, "/");
        let matches = |pattern: &Pattern| pattern.matches_with(&text, AS_IN_A_SHELL);
        *path = root.join(&relative);
        matches(&pattern) || below.as_ref().is_some_and(matches)
    });
    if found.photos.is_empty() && found.wrong.is_empty() {
        return Err(Refused::local("no photo has such a name"));
    }
    Ok((root, found))
}

/// The folder before the first name that is a pattern, and the names from there.
fn split(word: &str) -> (PathBuf, Vec<String>) {
    let mut root = PathBuf::new();
    let mut names: Vec<String> = Vec::new();
    for component in Path::new(word).components() {
        let name = component.as_os_str().to_string_lossy();
        if names.is_empty() && !is_pattern(&name) {
            root.push(component);
        } else {
            names.push(name.into_owned());
        }
    }
    (root, names)
}
