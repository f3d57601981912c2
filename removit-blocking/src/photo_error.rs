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
