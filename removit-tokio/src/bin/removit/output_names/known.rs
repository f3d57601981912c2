//! What the results of earlier runs are called: an input keeps its name, whatever
//! comes before it by now.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use removit_tokio::proto::journal::{Destination, Entry, Input, Replay};

/// The names that a journal gave, by input.
#[derive(Debug, Default)]
pub(crate) struct KnownNames(HashMap<Input, Vec<(PathBuf, String)>>);

impl KnownNames {
    pub(crate) fn of(replay: &Replay) -> Self {
        let mut known: HashMap<_, Vec<_>> = HashMap::new();
        for place in replay.entries().iter().flat_map(Entry::places) {
            if let Some(Destination::Folder { path, stem }) = place.destination() {
                let folder = path.to_path().unwrap_or_default();
                known.entry(place.input().clone()).or_default().push((folder, stem.clone()));
            }
        }
        Self(known)
    }

    /// The stem in this folder: the natural one, or that with a number.
    pub(super) fn stem(&self, input: &Input, folder: &Path, natural: &str) -> Option<&str> {
        let folder = std::path::absolute(folder).ok()?;
        let is_natural = |stem: &str| {
            let number = stem.strip_prefix(natural).map(|rest| rest.strip_prefix('-'));
            stem == natural
                || matches!(number, Some(Some(number))
                    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let names = self.0.get(input)?.iter();
        let mut names = names.filter(|(at, stem)| *at == folder && is_natural(stem));
        names.next().map(|(_, stem)| stem.as_str())
    }
}
