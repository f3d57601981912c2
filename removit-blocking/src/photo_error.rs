//! Why a photo cannot be sent: found out before anything is.

use std::fmt;
use std::io;
use std::path::PathBuf;

use removit_proto::{UnsupportedImage, UrlError};

/// Why a photo cannot be sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum PhotoError {
    /// The file cannot be read.
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Its source cannot be opened, or read.
    Unreadable {
        /// Its name.
        name: String,
        /// Why not.
        error: io::Error,
    },
    /// There are no bytes in it.
    Empty {
        /// Its name.
        name: String,
    },
    /// It is no image that the API takes.
    Unsupported {
        /// Its name.
        name: String,
        /// What its bytes and its name say.
        error: UnsupportedImage,
    },
    /// It is no URL that the vendor can fetch.
    Url(UrlError),
}

impl fmt::Display for PhotoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => {
                write!(f, "{} cannot be read: {error}; nothing was sent", path.display())
            }
            Self::Unreadable { name, error } => {
                write!(f, "{name} cannot be read: {error}; nothing was sent")
            }
            Self::Empty { name } => write!(f, "{name} is empty; nothing was sent"),
            Self::Unsupported { name, error } => write!(f, "{name}: {error}"),
            Self::Url(error) => write!(f, "the photo's URL cannot be used: {error}"),
        }
    }
}

impl std::error::Error for PhotoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { error, .. } | Self::Unreadable { error, .. } => error.source(),
            Self::Unsupported { error, .. } => error.source(),
            Self::Url(error) => error.source(),
            Self::Empty { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::with_cause::{tells_its_cause, with_cause};

    #[test]
    fn what_is_below_an_error_is_its_source() {
        tells_its_cause(&PhotoError::File { path: "a".into(), error: with_cause() });
        tells_its_cause(&PhotoError::Unreadable { name: "a".into(), error: with_cause() });
    }

    #[test]
    fn an_error_names_the_photo_and_that_nothing_was_sent() {
        let (path, name) = (PathBuf::from("a.png"), "a.png".to_owned());
        for (error, text) in [
            (
                PhotoError::File { path, error: with_cause() },
                "a.png cannot be read: it failed; nothing was sent",
            ),
            (
                PhotoError::Unreadable { name: name.clone(), error: with_cause() },
                "a.png cannot be read: it failed; nothing was sent",
            ),
            (PhotoError::Empty { name }, "a.png is empty; nothing was sent"),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
