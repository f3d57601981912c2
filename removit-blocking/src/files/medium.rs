//! What is done to a disk where a power cut would tell: the few acts of which the order
//! matters.
//!
//! A test puts another one in its place, which forgets what was not synced.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use tempfile::{NamedTempFile, PersistError};

use crate::files::{final_name, folder};

/// A disk, by its acts. Each is done once it returns, but outlives a power cut only
/// where a sync came after it.
pub(crate) trait Medium: fmt::Debug + Send + Sync {
    /// Whether a journal is there was looked at, and it is not opened yet.
    fn looked(&self, _: &Path) {}

    /// A journal's file was opened, and is not locked yet.
    fn opened(&self, _: &Path) {}

    fn append(&self, _path: &Path, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    /// What is in the file outlives a power cut, its length too.
    fn sync_data(&self, _path: &Path, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    /// All of the file does, but not its name.
    fn sync_file(&self, _path: &Path, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn give_name(
        &self,
        file: NamedTempFile,
        path: &Path,
        overwrite: bool,
    ) -> Result<(), PersistError> {
        final_name::give_name(file, path, overwrite)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    /// The names in the folder outlive a power cut.
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        folder::sync_folder(path)
    }
}

/// The disk that there is.
#[derive(Debug)]
struct Platter;

impl Medium for Platter {}

pub(crate) fn platter() -> Arc<dyn Medium> {
    Arc::new(Platter)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_sync_that_fails_is_an_error() {
        // Nothing is below it that could be synced.
        let path = Path::new("/dev/null");
        let file = File::open(path).unwrap();
        assert!(platter().sync_file(path, &file).is_err());
        assert!(platter().sync_data(path, &file).is_err());
        assert!(platter().sync_folder(Path::new("/no such folder")).is_err());
    }
}
