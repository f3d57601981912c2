//! Patterns such as `photos/*.jpg`, where no shell has expanded them: quoted
//! ones, those of `--from`, and all on Windows.
//!
//! What the names of the pattern's files look like to people is matched, so that
//! one that is not UTF-8 is found too.

use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::{Wrong, folder};
use crate::exit::Exit;

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

/// The photos that a pattern matches, sorted; where `recursive`, those in the
/// folders that it matches too.
pub(super) fn photos(word: &str, recursive: bool) -> Result<Vec<PathBuf>, Wrong> {
    let (root, names) = split(word);
    let wrong = |error: glob::PatternError| Wrong {
        exit: Exit::Usage,
        message: format!("no such file, and no pattern: {}", error.msg),
    };
    let pattern = Pattern::new(&names.join("/")).map_err(wrong)?;
    let below = recursive.then(|| Pattern::new(&format!("{}/**/*", names.join("/"))));
    let below = below.transpose().map_err(wrong)?;
    let unbounded = recursive || names.iter().any(|name| name == "**");
    let depth = if unbounded { usize::MAX } else { names.len() };
    let hidden = names.iter().any(|name| name.starts_with('.'));

    let start = if root.as_os_str().is_empty() { Path::new(".") } else { root.as_path() };
    let mut found = folder::walk(start, depth, hidden)?;
    found.retain_mut(|path| {
        let relative = path.strip_prefix(start).unwrap_or(path).to_path_buf();
        let text = relative.to_string_lossy().replace(MAIN_SEPARATOR_STR, "/");
        let matches = |pattern: &Pattern| pattern.matches_with(&text, AS_IN_A_SHELL);
        *path = root.join(&relative);
        matches(&pattern) || below.as_ref().is_some_and(matches)
    });
    if found.is_empty() {
        return Err(Wrong::local("no photo has such a name"));
    }
    Ok(found)
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
