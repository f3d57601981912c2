//! A journal's file, opened by one process at a time.
//!
//! Only a regular file that is at its path is ever locked: no link is followed and
//! no device opened. What is in it is not looked at here.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::ops::{Deref, DerefMut};
use std::path::Path;

use crate::files::medium::Medium;
use crate::{JournalError, JournalFile};

/// How often a file that is replaced while it is being opened is opened again.
const OPENINGS: u32 = 8;

/// An open file with this process's lock on it.
#[derive(Debug)]
pub(crate) struct LockedFile(File);

impl LockedFile {
    #[cfg(test)]
    pub(crate) fn new(file: File) -> Self {
        Self(file)
    }

    /// The file that is at the path now, or a new one where nothing is.
    pub(crate) fn open(path: &Path, medium: &dyn Medium) -> Result<Self, JournalError> {
        for _ in 0..OPENINGS {
            let mut options = OpenOptions::new();
            options.read(true).append(true);
            let is_there = plain_file(path)?.is_some();
            if !is_there {
                // Never through a symbolic link that appeared just now.
                options.create_new(true);
                for_its_owner_alone(&mut options);
            }
            medium.looked(path);
            let file = match options.open(path) {
                Ok(file) => file,
                // It came or went since the look.
                Err(error) if !is_there && error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) if is_there && error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(open_error(path)(error)),
            };
            medium.opened(path);
            // Named in full: newer standard libraries have a method of that name.
            let file = match fs4::FileExt::try_lock(&file) {
                Ok(()) => Self(file),
                Err(fs4::TryLockError::WouldBlock) => {
                    let path = path.to_path_buf();
                    return Err(JournalError::Locked { pid: holder(&path), path });
                }
                Err(fs4::TryLockError::Error(error)) => return Err(open_error(path)(error)),
            };
            let opened = file.metadata().map_err(open_error(path))?;
            if plain_file(path)?.is_some_and(|there| is_same(&there, &opened)) {
                return Ok(file);
            }
        }
        Err(open_error(path)(io::Error::other("it is replaced again and again")))
    }
}

/// Whether a process is at work on a journal.
#[must_use]
pub fn is_at_work(journal: &Path) -> bool {
    let Ok(file) = File::open(journal) else { return false };
    // Another look may be under way: only a writer keeps it from a shared lock.
    match fs4::FileExt::try_lock_shared(&file) {
        Ok(()) => fs4::FileExt::unlock(&file).is_err(),
        Err(error) => matches!(error, fs4::TryLockError::WouldBlock),
    }
}

/// A lock that processes share by the name of a file, until it is dropped; `None` where
/// another one has it.
///
/// # Errors
/// Where the file cannot be made or locked.
pub fn take_turn(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    for_its_owner_alone(&mut options);
    let file = options.create(true).append(true).open(path)?;
    match fs4::FileExt::try_lock(&file) {
        Ok(()) => Ok(Some(file)),
        Err(fs4::TryLockError::WouldBlock) => Ok(None),
        Err(fs4::TryLockError::Error(error)) => Err(error),
    }
}

/// What is at the path, where that is a regular file; `None` where nothing is.
pub(crate) fn plain_file(path: &Path) -> Result<Option<Metadata>, JournalError> {
    let there = match std::fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(open_error(path)(error)),
    };
    let found = match there.file_type() {
        kind if kind.is_file() => return Ok(Some(there)),
        kind if kind.is_dir() => "a folder",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "a device or a pipe",
    };
    Err(JournalError::NotAFile { path: path.to_path_buf(), found })
}

/// The process that has the journal open: the last that wrote that it has.
fn holder(path: &Path) -> Option<u32> {
    JournalFile::read(path).ok()?.replay.openings().last()?.pid
}

pub(crate) fn open_error(path: &Path) -> impl Fn(io::Error) -> JournalError {
    move |error| JournalError::Open { path: path.to_path_buf(), error }
}

#[cfg(unix)]
fn for_its_owner_alone(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn for_its_owner_alone(_: &mut OpenOptions) {
    // The folder decides there.
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    // A file that is open cannot be replaced there.
    true
}

impl Deref for LockedFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl DerefMut for LockedFile {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.0
    }
}

impl Drop for LockedFile {
    /// A process that is being started by another thread has this file too, until
    /// it runs its own program: closing it here would not free it at once.
    fn drop(&mut self) {
        // Where that fails, the closing of the file is left.
        let _ = fs4::FileExt::unlock(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::medium::platter;

    #[test]
    fn a_journal_is_free_once_it_is_dropped_whoever_else_has_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.removit");
        let disk = platter();
        let first = LockedFile::open(&path, &*disk).unwrap();
        let _as_a_new_process_has_it = first.try_clone().unwrap();
        assert!(matches!(LockedFile::open(&path, &*disk), Err(JournalError::Locked { .. })));
        drop(first);
        assert!(LockedFile::open(&path, &*disk).is_ok());
    }

    #[test]
    fn a_process_is_at_work_on_a_journal_as_long_as_it_has_it_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.removit");
        assert!(!is_at_work(&path), "there is none");
        let open = LockedFile::open(&path, &*platter()).unwrap();
        assert!(is_at_work(&path));
        drop(open);
        assert!(!is_at_work(&path));
    }

    #[test]
    fn a_turn_is_one_owner_s_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("turn");
        let turn = take_turn(&path).unwrap();
        assert!(turn.is_some());
        assert!(take_turn(&path).unwrap().is_none());
        drop(turn);
        assert!(take_turn(&path).unwrap().is_some());
        assert!(take_turn(folder.path()).is_err(), "a folder is no lock");
    }

    #[test]
    fn a_journal_below_a_file_cannot_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cup.png");
        std::fs::write(&file, "").unwrap();
        let Err(JournalError::Open { error, .. }) = plain_file(&file.join("shop.removit")) else {
            panic!("it is not merely missing");
        };
        assert_eq!(error.kind(), ErrorKind::NotADirectory);
    }
}
