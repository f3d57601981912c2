//! A disk that does what it is told, but for syncs, and remembers each act, beside what the vendor saw
//! and what the caller was told.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::{NamedTempFile, PersistError};

use crate::files::final_name;
use crate::files::medium::Medium;

/// One step of a run.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Append(PathBuf, Vec<u8>),
    /// With all that is in the file.
    Sync(PathBuf, Vec<u8>),
    /// From where, to where, and what is in it.
    Name(PathBuf, PathBuf, Vec<u8>),
    MakeFolder(PathBuf),
    SyncFolder(PathBuf),
    /// The vendor got this photo.
    Sent(usize),
    /// The vendor was asked for this photo's job.
    Polled(usize),
    /// The caller was told that this photo is done, with these files.
    Told(usize, Vec<PathBuf>),
    /// The process is killed, and another one begins: what the system holds, it holds.
    Killed,
}

#[derive(Debug, Default)]
pub(super) struct Recorder {
    pub(super) steps: Mutex<Vec<Step>>,
    /// One defect, planted: whether a name comes before the sync of what it names.
    pub(super) forgets_file_syncs: bool,
}

impl Recorder {
    pub(super) fn after(steps: Vec<Step>) -> Arc<Self> {
        Arc::new(Self { steps: Mutex::new(steps), forgets_file_syncs: false })
    }

    pub(super) fn note(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }

    pub(super) fn taken(&self) -> Vec<Step> {
        self.steps.lock().unwrap().clone()
    }
}

impl Medium for Recorder {
    fn append(&self, path: &Path, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        io::Write::write_all(&mut file, bytes)?;
        self.note(Step::Append(path.to_path_buf(), bytes.to_vec()));
        Ok(())
    }

    fn sync_data(&self, path: &Path, _: &File) -> io::Result<()> {
        self.note(Step::Sync(path.to_path_buf(), fs::read(path)?));
        Ok(())
    }

    fn sync_file(&self, path: &Path, file: &File) -> io::Result<()> {
        if self.forgets_file_syncs { Ok(()) } else { self.sync_data(path, file) }
    }

    fn give_name(
        &self,
        file: NamedTempFile,
        path: &Path,
        overwrite: bool,
    ) -> Result<(), PersistError> {
        let (from, content) = (file.path().to_path_buf(), fs::read(file.path()).unwrap());
        final_name::give_name(file, path, overwrite)?;
        self.note(Step::Name(from, path.to_path_buf(), content));
        Ok(())
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)?;
        self.note(Step::MakeFolder(path.to_path_buf()));
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.note(Step::SyncFolder(path.to_path_buf()));
        Ok(())
    }
}
