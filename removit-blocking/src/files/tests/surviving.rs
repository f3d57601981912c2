//! Which files there are after a power cut, where the disk kept all that was synced and
//! of the rest whatever it liked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::recorder::Step;

/// What becomes of names that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    Gone,
    There,
}

/// What becomes of contents that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    Gone,
    /// The beginning of them.
    Torn,
    /// Their length, and nothing in it.
    Zeros,
    There,
}

/// All that a disk may make of it. Where both are there it was no power cut, but a kill.
pub(super) const FATES: [(Names, Contents); 8] = [
    (Names::Gone, Contents::Gone),
    (Names::Gone, Contents::Torn),
    (Names::Gone, Contents::Zeros),
    (Names::Gone, Contents::There),
    (Names::There, Contents::Gone),
    (Names::There, Contents::Torn),
    (Names::There, Contents::Zeros),
    (Names::There, Contents::There),
];

#[derive(Clone, Default)]
struct Content {
    synced: Vec<u8>,
    all: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    File(usize),
    Folder,
}

/// A disk while a run goes on.
#[derive(Clone, Default)]
pub(super) struct State {
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, Entry>,
    synced_names: BTreeMap<PathBuf, Entry>,
}

impl State {
    /// One with this folder.
    pub(super) fn with(folder: &Path) -> Self {
        let names = BTreeMap::from([(folder.to_path_buf(), Entry::Folder)]);
        Self { contents: Vec::new(), synced_names: names.clone(), names }
    }

    fn content(&mut self, path: &Path) -> &mut Content {
        let next = self.contents.len();
        let entry = *self.names.entry(path.to_path_buf()).or_insert(Entry::File(next));
        let Entry::File(at) = entry else { panic!("{} is a folder", path.display()) };
        if at == next {
            self.contents.push(Content::default());
        }
        &mut self.contents[at]
    }

    pub(super) fn take(&mut self, step: &Step) {
        match step {
            Step::Append(path, bytes) => self.content(path).all.extend_from_slice(bytes),
            Step::Sync(path, content) => {
                let (all, synced) = (content.clone(), content.clone());
                *self.content(path) = Content { synced, all };
            }
            Step::Name(from, to, content) => {
                self.content(from).all.clone_from(content);
                let entry = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), entry);
            }
            Step::MakeFolder(path) => {
                self.names.insert(path.clone(), Entry::Folder);
            }
            Step::SyncFolder(folder) => {
                let is_in = |path: &Path| path.parent() == Some(folder.as_path());
                self.synced_names.retain(|path, _| !is_in(path));
                let names = self.names.iter().filter(|(path, _)| is_in(path));
                self.synced_names.extend(names.map(|(path, entry)| (path.clone(), *entry)));
            }
            Step::Sent(_) | Step::Polled(_) | Step::Told(..) | Step::Killed => {}
        }
    }

    /// The files that are there after the cut.
    pub(super) fn after(&self, (names, contents): (Names, Contents)) -> BTreeMap<PathBuf, Vec<u8>> {
        let names = match names {
            Names::Gone => &self.synced_names,
            Names::There => &self.names,
        };
        let is_there = |path: &Path| {
            // The folder of the test is, and all that is above it.
            let mut above =
                path.ancestors().skip(1).filter(|above| self.names.contains_key(*above));
            above.all(|above| names.contains_key(above))
        };
        let mut files = BTreeMap::new();
        for (path, entry) in names {
            if let (Entry::File(at), true) = (entry, is_there(path)) {
                files.insert(path.clone(), self.contents[*at].after(contents));
            }
        }
        files
    }
}

impl Content {
    fn after(&self, fate: Contents) -> Vec<u8> {
        let rest = self.all.strip_prefix(self.synced.as_slice()).unwrap_or(&self.all);
        let kept = &self.all[..self.all.len() - rest.len()];
        match fate {
            Contents::Gone => self.synced.clone(),
            Contents::Torn => [kept, &rest[..rest.len() / 2]].concat(),
            Contents::Zeros => [kept, vec![0; rest.len()].as_slice()].concat(),
            Contents::There => self.all.clone(),
        }
    }
}
