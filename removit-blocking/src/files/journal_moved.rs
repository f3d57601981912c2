//! A journal that was moved together with files that it names: they are found again.
//!
//! Each process that opened it left the folder that it was in then. What was below the
//! same folder as the journal, however far above, may have moved with it, and is taken
//! for that where it is there now.

use std::path::{Path, PathBuf};

use removit_proto::journal::{JournalPath, PathOf, Replay};

use crate::files::folder::folder_of;

/// The folder that a journal is in.
pub(crate) fn folder_by_now(journal: &Path) -> PathBuf {
    let folder = folder_of(journal);
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf())
}

/// Gives each path of a journal its place by now.
pub(crate) fn find_again(replay: &mut Replay, here: &Path) {
    let folders = replay.openings().iter().rev().filter_map(|opened| opened.folder.as_ref());
    let mut moves: Vec<Move> = Vec::new();
    for folder in folders.filter_map(JournalPath::to_path).filter(|folder| folder != here) {
        if moves.iter().all(|known| known.from != folder) {
            moves.push(Move::new(folder, here));
        }
    }
    if moves.is_empty() {
        return;
    }
    replay.map_paths(|of, path| {
        let path = path.to_path()?;
        moves.iter().find_map(|to| to.by_now(of, &path)).map(|path| JournalPath::new(&path))
    });
}

/// From one folder of the journal to the one of now.
struct Move {
    from: PathBuf,
    /// What certainly moved, and where it is.
    to: PathBuf,
    /// What is called the same above both folders may have moved as well: the two
    /// folders from which on they differ.
    above: (PathBuf, PathBuf),
}

impl Move {
    fn new(from: PathBuf, here: &Path) -> Self {
        let (mut old, mut new) = (from.as_path(), here);
        while let (Some(one), Some(other)) = (old.file_name(), new.file_name()) {
            let (Some(old_parent), Some(new_parent)) = (old.parent(), new.parent()) else { break };
            if one != other {
                break;
            }
            (old, new) = (old_parent, new_parent);
        }
        let above = (old.to_path_buf(), new.to_path_buf());
        Self { to: here.to_path_buf(), from, above }
    }

    /// Where a path is by now; `None` where it did not move.
    fn by_now(&self, of: PathOf, path: &Path) -> Option<PathBuf> {
        if let Ok(rest) = path.strip_prefix(&self.from) {
            return Some(below(&self.to, rest));
        }
        let by_now = below(&self.above.1, path.strip_prefix(&self.above.0).ok()?);
        let is_there = match of {
            // What is to be made needs its folder alone.
            PathOf::File | PathOf::Folder => by_now.parent().is_some_and(Path::is_dir),
            _ => by_now.exists(),
        };
        is_there.then_some(by_now)
    }
}

/// The folder itself is written without a separator at its end, as it was before.
fn below(folder: &Path, rest: &Path) -> PathBuf {
    folder.components().chain(rest.components()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(from: &str, to: &str) -> Move {
        Move::new(from.into(), Path::new(to))
    }

    #[test]
    fn the_folder_of_a_journal_is_absolute() {
        let expected = std::env::current_dir().unwrap().join("out");
        assert_eq!(folder_by_now(Path::new("out/shop.removit")), expected);
    }

    #[test]
    fn what_is_below_the_journals_folder_moved_with_it() {
        let to = moved("/a/shop/out", "/b/store/out");
        let by_now = |path: &str| to.by_now(PathOf::Saved, Path::new(path));
        assert_eq!(by_now("/a/shop/out/x/cup.png"), Some("/b/store/out/x/cup.png".into()));
        let folder = by_now("/a/shop/out").map(PathBuf::into_os_string);
        assert_eq!(folder, Some("/b/store/out".into()));
        assert_eq!(by_now("/a/shop/outer/cup.png"), None);
    }

    #[test]
    fn what_is_beside_it_moved_where_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("store/out");
        std::fs::create_dir_all(folder.path().join("store/photos")).unwrap();
        std::fs::write(folder.path().join("store/photos/cup.jpg"), "").unwrap();
        let to = Move::new("/nowhere/shop/out".into(), &here);
        let by_now = |of, path: &str| to.by_now(of, Path::new(path));
        let photo = folder.path().join("store/photos/cup.jpg");
        assert_eq!(by_now(PathOf::Input, "/nowhere/shop/photos/cup.jpg"), Some(photo));
        assert_eq!(by_now(PathOf::Input, "/nowhere/shop/photos/hat.jpg"), None);
        assert_eq!(by_now(PathOf::Input, "/elsewhere/cup.jpg"), None);
        let new = folder.path().join("store/new");
        assert_eq!(by_now(PathOf::Folder, "/nowhere/shop/new"), Some(new));
    }

    #[test]
    fn a_folder_that_kept_its_name_tells_where_the_ones_above_went() {
        let to = moved("/a/shop/2026/out", "/b/shop/2026/out");
        assert_eq!(to.above, ("/a".into(), "/b".into()));
        let to = moved("/a/out", "/a/results");
        assert_eq!(to.above, ("/a/out".into(), "/a/results".into()));
    }
}
