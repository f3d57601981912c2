//! The name of one input's results: folders below the one for all results, and a stem.

use std::path::{Path, PathBuf};

use removit_tokio::proto::OutputNames;

use super::parts::Parts;
use crate::name_pattern::{Component, NamePattern, Piece};

/// Where the results of one input go: the two halves of a
/// [`Destination::folder`](removit_tokio::Destination::folder).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputName {
    pub(crate) folder: PathBuf,
    pub(crate) stem: String,
}

/// Each part of it is a plain name on every system, whatever the input is called.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) folders: Vec<String>,
    pub(super) stem: String,
}

impl Names {
    pub(super) fn of(pattern: &NamePattern, parts: &Parts) -> Self {
        let mut names = Vec::new();
        for component in pattern.components() {
            match component {
                Component::Tree => names.extend(parts.tree.iter().map(|name| plain(name))),
                Component::Name(pieces) => {
                    let text: String = pieces.iter().map(|piece| text(piece, parts)).collect();
                    names.push(plain(&text));
                }
            }
        }
        let stem = names.pop().unwrap_or_default();
        Self { folders: names, stem }
    }

    /// The same with a number that tells it from another.
    pub(super) fn numbered(&self, number: u64) -> Self {
        Self { stem: format!("{}-{number}", self.stem), folders: self.folders.clone() }
    }

    pub(super) fn below(self, out_dir: &Path) -> OutputName {
        OutputName { folder: self.folder(out_dir), stem: self.stem }
    }

    pub(super) fn folder(&self, out_dir: &Path) -> PathBuf {
        match self.folders.is_empty() {
            true => out_dir.to_path_buf(),
            false => out_dir.join(self.folders.iter().collect::<PathBuf>()),
        }
    }

    /// The same for names that some file systems take for the same.
    pub(super) fn folded(&self) -> String {
        let names = self.folders.iter().chain([&self.stem]);
        names.map(|name| name.to_lowercase()).collect::<Vec<_>>().join("/")
    }
}

fn text<'a>(piece: &'a Piece, parts: &'a Parts) -> &'a str {
    match piece {
        Piece::Text(text) => text,
        Piece::Stem => &parts.stem,
        Piece::Folder => &parts.folder,
        Piece::Index => &parts.index,
        Piece::Ext => &parts.ext,
    }
}

/// By the core's rules for a stem.
fn plain(text: &str) -> String {
    OutputNames::new(text).stem().to_owned()
}
