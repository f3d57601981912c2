//! Where the bytes of a photo come from: nowhere, memory, a file, or whoever opens them.
//!
//! It opens them and reads nothing.

use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};

use bytes::Bytes;

use super::photo_file::{PhotoFile, Stamp};
use super::photo_reader::{Opener, PhotoReader};

/// Where the bytes come from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// The vendor fetches them.
    Url,
    /// They are in memory.
    Bytes(Bytes),
    /// They are in a file.
    File {
        /// Which.
        path: Arc<Path>,
        /// What it was when it was checked.
        stamp: Stamp,
    },
    /// Their user opens them.
    Opener(Opener),
}

impl Content {
    /// How many bytes are sent.
    #[must_use]
    pub fn promised_len(&self) -> Option<u64> {
        match self {
            Self::Url => None,
            Self::Bytes(bytes) => u64::try_from(bytes.len()).ok(),
            Self::File { stamp, .. } => Some(stamp.len),
            Self::Opener(opener) => Some(opener.len()),
        }
    }

    /// Opens what is read while it is sent, from its start; `None` where nothing is.
    ///
    /// # Errors
    /// Where it cannot be opened, or is another by now; with its name.
    pub fn open(&self) -> io::Result<Option<PhotoReader>> {
        let named = |name: &dyn fmt::Display, error: io::Error| {
            io::Error::new(error.kind(), format!("{name}: {error}"))
        };
        match self {
            Self::Url | Self::Bytes(_) => Ok(None),
            Self::File { path, stamp } => match PhotoFile::open(path, *stamp) {
                Ok(file) => Ok(Some(PhotoReader::File(file))),
                Err(error) => Err(named(&path.display(), error)),
            },
            Self::Opener(opener) => match opener.open() {
                Ok(opened) => Ok(Some(PhotoReader::Opened(opened))),
                Err(error) => Err(named(&opener.name(), error)),
            },
        }
    }
}
