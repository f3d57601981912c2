//! The photos in a folder: by their names, sorted, links followed once around.
//!
//! Hidden files and folders are left out, and with them the program's own
//! unfinished results (`.removit-….part`).

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use removit_tokio::proto::ImageType;
use walkdir::{DirEntry, WalkDir};

use super::left_out::LeftOut;
use crate::refused::Refused;

/// What is below a folder.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Sorted by their paths.
    pub(super) photos: Vec<PathBuf>,
    /// What could not be looked at, and why not.
    pub(super) wrong: Vec<(PathBuf, Refused)>,
    pub(super) left_out: LeftOut,
}

/// The photos in a folder, and where `recursive` in all folders below it.
pub(super) fn photos(folder: &Path, recursive: bool) -> Result<Walked, Refused> {
    let depth = if recursive { usize::MAX } else { 1 };
    let walked = walk(folder, depth, false);
    if walked.photos.is_empty() && walked.wrong.is_empty() {
        let below = match recursive {
            true => "no photo is in this folder, or below it",
            false => "no photo is in this folder (--recursive looks below it too)",
        };
        let kinds = walked.left_out.by_kind.iter().filter(|(kind, _)| **kind != "no image");
        let kinds: Vec<_> = kinds.map(|(kind, count)| format!("{count} {kind}")).collect();
        return Err(Refused::local(match kinds.is_empty() {
            true => below.to_owned(),
            false => format!("{below}; the API does not take its {}", kinds.join(", ")),
        }));
    }
    Ok(walked)
}

/// What is at most so deep below a folder.
pub(super) fn walk(folder: &Path, depth: usize, hidden: bool) -> Walked {
    let walk = WalkDir::new(folder).follow_links(true).min_depth(1).max_depth(depth);
    let shown = |entry: &DirEntry| hidden || entry.depth() == 0 || !is_hidden(entry.file_name());
    let mut walked = Walked::default();
    for entry in walk.sort_by_file_name().into_iter().filter_entry(shown) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            // A pipe, a socket or a device: what was called a photo is missed aloud.
            Ok(entry) if !entry.file_type().is_file() => {
                if is_photo(entry.file_name()) {
                    let reason = Refused::local("not a regular file");
                    walked.wrong.push((entry.into_path(), reason));
                }
            }
            Ok(entry) if is_photo(entry.file_name()) => walked.photos.push(entry.into_path()),
            // The run's own.
            Ok(entry) if entry.path().extension() == Some(OsStr::new("journal")) => {}
            Ok(entry) => walked.left_out.file(&entry.file_name().to_string_lossy()),
            Err(error) if is_harmless(&error) => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_path_buf();
                let reason =
                    error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                walked.wrong.push((path, Refused::local(reason)));
            }
        }
    }
    walked
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
