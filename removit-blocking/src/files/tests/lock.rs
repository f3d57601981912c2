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
