//! How a whole file gets its final name, at once and never in the place of another.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use tempfile::{NamedTempFile, PersistError};

/// Renames a file. One that is there is replaced only where `overwrite` says so, and a
/// folder, a device, a pipe or a socket never.
pub(crate) fn give_name(
    file: NamedTempFile,
    path: &Path,
    overwrite: bool,
) -> Result<(), PersistError> {
    if overwrite {
        return match fs::symlink_metadata(path) {
            Ok(there) if !there.is_file() => {
                let error = io::Error::new(ErrorKind::InvalidInput, "it is no file");
                Err(PersistError { error, file })
            }
            _ => file.persist(path).map(drop),
        };
    }
    file.persist_noclobber(path).map(drop).or_else(|failed| reserve(failed, path))
}

/// Whether another way to the same name would end alike.
fn is_final(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AlreadyExists
            | ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::StorageFull
            | ErrorKind::ReadOnlyFilesystem
    )
}

/// For file systems that can neither rename to a free name alone nor have two names for
/// a file, such as exFAT: an empty file holds the name, and is replaced.
fn reserve(failed: PersistError, path: &Path) -> Result<(), PersistError> {
    if is_final(&failed.error) {
        return Err(failed);
    }
    let PersistError { error: before, file } = failed;
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(PersistError { error, file }),
        // What is wrong is not the way of renaming.
        Err(_) => Err(PersistError { error: before, file }),
        Ok(_) => file.persist(path).map(drop).inspect_err(|_| {
            // The name was free, and is again. Where that fails an empty file is left.
            let _ = fs::remove_file(path);
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(folder: &Path) -> NamedTempFile {
        let mut file = NamedTempFile::new_in(folder).unwrap();
        file.write_all(b"whole").unwrap();
        file
    }

    fn unsupported(file: NamedTempFile) -> PersistError {
        PersistError { error: ErrorKind::InvalidInput.into(), file }
    }

    #[test]
    fn without_an_exclusive_rename_a_free_name_is_held_and_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cup.png");
        assert!(reserve(unsupported(file(folder.path())), &path).is_ok());
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn without_an_exclusive_rename_a_file_that_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cup.png");
        fs::write(&path, "precious").unwrap();
        let error = reserve(unsupported(file(folder.path())), &path).unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn a_full_disk_is_not_asked_for_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cup.png");
        let full = |file| PersistError { error: ErrorKind::StorageFull.into(), file };
        let error = reserve(full(file(folder.path())), &path).unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert!(!path.exists());
    }

    #[test]
    #[cfg(unix)]
    fn what_is_no_file_is_not_replaced_either() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = give_name(file(folder.path()), &path, true).unwrap_err().error;
        assert_eq!(error.to_string(), "it is no file");
        assert!(!fs::symlink_metadata(&path).unwrap().is_file());
    }

    #[test]
    fn a_file_is_replaced_only_where_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cup.png");
        fs::write(&path, "precious").unwrap();
        let error = give_name(file(folder.path()), &path, false).unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        give_name(file(folder.path()), &path, true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn what_is_wrong_otherwise_is_told_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone").join("cup.png");
        let error = reserve(unsupported(file(folder.path())), &gone).unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}
