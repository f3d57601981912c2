//! A journal that is replaced while it is opened: the lock is on the file that is there.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::JournalError;
use crate::files::journal_lock::LockedFile;
use crate::files::medium::{Medium, platter};

/// Puts a file in the journal's place between its opening and its lock, once.
#[derive(Debug)]
struct Replacing(Mutex<Option<PathBuf>>);

impl Medium for Replacing {
    fn opened(&self, path: &Path) {
        if let Some(other) = self.0.lock().unwrap().take() {
            std::fs::rename(other, path).unwrap();
        }
    }
}

#[test]
fn the_lock_of_a_journal_is_on_the_file_that_its_path_names() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("shop.removit"), folder.path().join("restored"));
    for there in [false, true] {
        std::fs::write(&other, "the restored one").unwrap();
        if !there {
            let _ = std::fs::remove_file(&path);
        }
        let replacing = Replacing(Mutex::new(Some(other.clone())));
        let locked = LockedFile::open(&path, &replacing).unwrap();
        let second = LockedFile::open(&path, &*platter());
        assert!(matches!(second, Err(JournalError::Locked { .. })), "two owners: {second:?}");
        drop(locked);
        assert!(LockedFile::open(&path, &*platter()).is_ok());
    }
}

/// Makes a journal's file between the look at it and its opening, or takes it away: once.
#[derive(Debug)]
struct Changing(Mutex<Option<fn(&Path)>>);

impl Medium for Changing {
    fn looked(&self, path: &Path) {
        if let Some(change) = self.0.lock().unwrap().take() {
            change(path);
        }
    }
}

#[test]
fn a_journal_that_comes_or_goes_while_it_is_opened_is_looked_at_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.removit");
    let changes: [fn(&Path); 2] =
        [|path| std::fs::write(path, "").unwrap(), |path| std::fs::remove_file(path).unwrap()];
    for change in changes {
        let locked = LockedFile::open(&path, &Changing(Mutex::new(Some(change))));
        assert!(locked.is_ok(), "{locked:?}");
        assert!(path.exists());
    }
}
