//! What a job's photo is called, and where its results go, in the user's words.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::path::JournalPath;
use crate::api::source::SourceUrl;

/// An input as the user named it.
///
/// A URL is stored whole, as it is needed for sending it later: one that is
/// signed is a secret of the user's, which is why only its owner may read a
/// journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Input {
    /// A file. A relative path begins at the header's
    /// [`folder`](super::Header::folder).
    File(JournalPath),
    /// A photo that the vendor fetches.
    Url(SourceUrl),
    /// Bytes in memory under this name. They cannot be had again from it.
    Memory(String),
}

/// Where the results of one input go.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Destination {
    /// The first result is this file; others are beside it.
    File(JournalPath),
    /// A folder with one file for each result, whose names begin with the stem.
    Folder {
        /// The folder.
        path: JournalPath,
        /// The beginning of each name.
        stem: String,
    },
}

/// One input and the place of its results. Copies of a photo share a key and a
/// job, and have a place each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub(super) input: Input,
    pub(super) destination: Option<Destination>,
}

impl Place {
    /// The input.
    #[must_use]
    pub const fn input(&self) -> &Input {
        &self.input
    }

    /// Where its results go; `None` where they are not to be fetched.
    #[must_use]
    pub const fn destination(&self) -> Option<&Destination> {
        self.destination.as_ref()
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.fmt(f),
            Self::Url(url) => f.write_str(url.as_str()),
            Self::Memory(name) => name.escape_debug().fmt(f),
        }
    }
}
