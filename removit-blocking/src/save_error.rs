//! Why a result is not on disk: it stays on the server.

use std::fmt;
use std::io;
use std::path::PathBuf;

use removit_proto::{DownloadError, UrlError};

/// Why one result is not on disk.
#[derive(Debug)]
#[non_exhaustive]
pub enum SaveError {
    /// Its URL is none that may be fetched (contract, rule 8).
    UnsafeUrl(UrlError),
    /// It could not be fetched.
    Fetch(DownloadError),
    /// A file of that name is there, and was left alone.
    Exists(PathBuf),
    /// It could not be written.
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsafeUrl(error) => write!(f, "its URL must not be fetched: {error}"),
            Self::Fetch(error) => error.fmt(f),
            Self::Exists(path) => write!(f, "{} exists and is kept", path.display()),
            Self::File { path, error } => {
                write!(f, "{} cannot be written: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for SaveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::UnsafeUrl(error) => error.source(),
            Self::Fetch(error) => error.source(),
            Self::File { error, .. } => error.source(),
            Self::Exists(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::with_cause::{tells_its_cause, with_cause};

    #[test]
    fn what_is_below_an_error_is_its_source() {
        tells_its_cause(&SaveError::File { path: "a".into(), error: with_cause() });
    }

    #[test]
    fn an_error_says_what_is_in_the_way() {
        let error = SaveError::File { path: "a.png".into(), error: with_cause() };
        assert_eq!(error.to_string(), "a.png cannot be written: it failed");
        assert_eq!(SaveError::Exists("a.png".into()).to_string(), "a.png exists and is kept");
    }
}
