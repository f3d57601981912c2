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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_shown_as_its_user_wrote_it_and_on_one_line() {
        let path = JournalPath::new(std::path::Path::new("photos/cup.jpg"));
        for (input, shown) in [
            (Input::File(path), "photos/cup.jpg"),
            (
                Input::Url("https://a.example/cup.jpg?v=1".parse().unwrap()),
                "https://a.example/cup.jpg?v=1",
            ),
            (Input::Memory("a\ncup".to_owned()), "a\\ncup"),
        ] {
            assert_eq!(input.to_string(), shown);
            let place = Place { input: input.clone(), destination: None };
            assert_eq!((place.input(), place.destination()), (&input, None));
        }
    }

    #[test]
    fn a_place_is_where_the_results_of_an_input_go() {
        let destination = Destination::File(JournalPath::new(std::path::Path::new("out.png")));
        let input = Input::Memory("cup".to_owned());
        let place = Place { input, destination: Some(destination.clone()) };
        assert_eq!(place.destination(), Some(&destination));
    }
}
