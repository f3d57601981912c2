//! The file that a subject stores a result in.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};

use super::held::Miss;

/// A temporary file that a subject fills; gone with this value.
pub(super) struct Stored {
    file: File,
    path: std::path::PathBuf,
}

impl Stored {
    pub(super) fn new() -> std::io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("removit-conformance-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        Ok(Self { file, path })
    }

    /// A further handle of the file, for a further attempt.
    pub(super) fn handle(&self) -> Result<File, Miss> {
        self.file.try_clone().map_err(|error| Miss::Failed(error.to_string()))
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>, Miss> {
        let read = || {
            let mut file = &self.file;
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(0))?;
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error: std::io::Error| Miss::Failed(format!("the file: {error}")))
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        // A file that stays behind is in the system's folder for such files.
        drop(fs::remove_file(&self.path));
    }
}
