//! The photos in a folder: by their names, sorted, links followed once around.
//!
//! Hidden files and folders are left out, and with them the program's own
//! unfinished results (`.removit-….part`).

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use removit_tokio::proto::ImageType;
use walkdir::{DirEntry, WalkDir};

use super::Wrong;
use crate::shell::printable;

/// The photos in a folder, and where `recursive` in all folders below it.
pub(super) fn photos(folder: &Path, recursive: bool) -> Result<Vec<PathBuf>, Wrong> {
    let depth = if recursive { usize::MAX } else { 1 };
    let found = walk(folder, depth, false)?;
    match found.is_empty() {
        false => Ok(found),
        true if recursive => Err(Wrong::local("no photo is in this folder, or below it")),
        true => Err(Wrong::local("no photo is in this folder (--recursive looks below it too)")),
    }
}

/// The photos at most so deep below a folder, sorted by their paths.
pub(super) fn walk(folder: &Path, depth: usize, hidden: bool) -> Result<Vec<PathBuf>, Wrong> {
    let walk = WalkDir::new(folder).follow_links(true).min_depth(1).max_depth(depth);
    let shown = |entry: &DirEntry| hidden || entry.depth() == 0 || !is_hidden(entry.file_name());
    let mut found = Vec::new();
    for entry in walk.sort_by_file_name().into_iter().filter_entry(shown) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_photo(entry.file_name()) => {
                found.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) if is_harmless(&error) => {}
            Err(error) => return Err(Wrong::local(unreadable(folder, &error))),
        }
    }
    Ok(found)
}

/// Whether a name promises an image that the API takes.
fn is_photo(name: &OsStr) -> bool {
    ImageType::from_name(&name.to_string_lossy()).is_some()
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// A link back to a folder above, or one to nothing that is not called like a
/// photo: no photo is missed for it.
fn is_harmless(error: &walkdir::Error) -> bool {
    let gone = error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound);
    let name = error.path().and_then(Path::file_name).unwrap_or_default();
    error.loop_ancestor().is_some() || (gone && (is_hidden(name) || !is_photo(name)))
}

/// What was not read, where it is not the folder itself, and why.
fn unreadable(folder: &Path, error: &walkdir::Error) -> String {
    let reason = match error.io_error() {
        Some(error) => error.to_string(),
        None => error.to_string(),
    };
    match error.path().filter(|path| *path != folder) {
        Some(path) => format!("{}: {reason}", printable(&path.to_string_lossy())),
        None => reason,
    }
}
