//! What an input's name is made of, for the words in braces of a pattern.

use std::path::Path;

use unicode_normalization::UnicodeNormalization;

use crate::inputs::name::{FoundInput, InputName};

/// The values of `{stem}`, `{folder}`, `{ext}`, `{index}` and `{tree}`: not safe to be
/// names. Letters with accents are one character each (NFC), so that a name that
/// macOS took apart is the same as all others.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) stem: String,
    pub(super) folder: String,
    pub(super) ext: String,
    pub(super) index: String,
    pub(super) tree: Vec<String>,
}

impl Parts {
    pub(super) fn of_all(inputs: &[FoundInput]) -> Vec<Self> {
        // As many digits as the last one has, so that names sort as inputs do.
        let width = inputs.len().to_string().len();
        let numbered = |(input, number): (&FoundInput, usize)| {
            let parts = match &input.name {
                InputName::File(path) => Self::of_file(path),
                InputName::Url(url) => Self::of_url(url.as_str()),
            };
            let tree = input.tree.iter().map(|name| nfc(&name.to_string_lossy())).collect();
            Self { index: format!("{number:0width$}"), tree, ..parts }
        };
        inputs.iter().zip(1..).map(numbered).collect()
    }

    fn of_file(path: &Path) -> Self {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let folder = match parent.file_name() {
            Some(name) => nfc(&name.to_string_lossy()),
            // `.` or `..`: what it is called is the system's to say.
            None => parent.canonicalize().map(|real| file_name(&real)).unwrap_or_default(),
        };
        Self { folder, ..Self::of_name(path) }
    }

    /// The last part of the URL's path, or else its host.
    fn of_url(url: &str) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let path = path.split_once("://").map_or(path, |(_, path)| path);
        let mut segments = path.split('/').filter(|segment| !segment.is_empty()).rev();
        let name = segments.next().unwrap_or_default();
        match segments.next() {
            Some(folder) => Self { folder: nfc(folder), ..Self::of_name(Path::new(name)) },
            None => Self { stem: nfc(name), folder: nfc(name), ..Self::default() },
        }
    }

    fn of_name(path: &Path) -> Self {
        let stem = nfc(&path.file_stem().unwrap_or_default().to_string_lossy());
        let ext = nfc(&path.extension().unwrap_or_default().to_string_lossy());
        Self { stem, ext, ..Self::default() }
    }
}

fn file_name(path: &Path) -> String {
    nfc(&path.file_name().unwrap_or_default().to_string_lossy())
}

fn nfc(text: &str) -> String {
    text.nfc().collect()
}
