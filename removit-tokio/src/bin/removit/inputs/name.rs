//! One photo, as it was named.

use std::fmt;
use std::path::{Path, PathBuf};

use removit_tokio::proto::journal::{Input, JournalPath};
use removit_tokio::proto::{SourceUrl, UrlError};

/// A file or a URL. Its `Display` is for JSON: on a terminal it goes through
/// [`printable`](crate::shell::printable).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum InputName {
    File(PathBuf),
    /// The vendor fetches it.
    Url(SourceUrl),
}

impl InputName {
    /// What a word names: anything with `://` is a URL.
    pub(crate) fn of(word: &str) -> Result<Self, UrlError> {
        match word.contains("://") {
            true => word.parse().map(Self::Url),
            false => Ok(Self::File(word.into())),
        }
    }

    /// As a journal has it.
    pub(crate) fn journaled(&self) -> Input {
        match self {
            Self::File(path) => {
                let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                Input::File(JournalPath::new(&absolute))
            }
            Self::Url(url) => Input::Url(url.clone()),
        }
    }
}

/// The name that a journal has for an input, as it was typed: for JSON, as above.
pub(crate) fn of_journal(input: &Input) -> String {
    match input {
        Input::File(path) => match path.to_path() {
            Some(path) => path.to_string_lossy().into_owned(),
            None => path.to_string(),
        },
        input => input.to_string(),
    }
}

/// A photo that was found, and the folders it was found in, below the one that was
/// named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundInput {
    pub(crate) name: InputName,
    pub(crate) tree: PathBuf,
}

impl FoundInput {
    /// One that was named itself.
    pub(crate) fn named(name: InputName) -> Self {
        Self { name, tree: PathBuf::new() }
    }

    /// One that was found below a folder.
    pub(crate) fn below(folder: &Path, path: PathBuf) -> Self {
        let tree = path.strip_prefix(folder).ok().and_then(Path::parent);
        let tree = tree.map(Path::to_path_buf).unwrap_or_default();
        Self { name: InputName::File(path), tree }
    }
}

impl fmt::Display for InputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&path.to_string_lossy()),
            Self::Url(url) => f.write_str(url.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_journal_has_is_named_as_it_was_typed() {
        for (json, name) in [
            (r#"{"file":"a\nb.jpg"}"#, "a\nb.jpg"),
            (r#"{"url":"https://a.example/x.jpg"}"#, "https://a.example/x.jpg"),
            (r#"{"memory":"cup"}"#, "cup"),
        ] {
            assert_eq!(of_journal(&serde_json::from_str(json).unwrap()), name);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_of_another_system_is_named_by_what_can_be_shown_of_it() {
        let json = r#"{"file":{"windows":"0061d800","shown":"?"}}"#;
        assert_eq!(of_journal(&serde_json::from_str(json).unwrap()), "a\u{fffd}");
    }

    #[test]
    fn what_has_a_scheme_is_a_url() {
        assert_eq!(InputName::of("a/b.jpg"), Ok(InputName::File("a/b.jpg".into())));
        assert!(matches!(InputName::of("https://a.example/x"), Ok(InputName::Url(_))));
        assert!(InputName::of("ftp://a.example/x").is_err());
    }
}
