//! A folder with a journal in it, and records to write.

use std::path::{Path, PathBuf};
use std::time::Duration;

use removit_blocking::proto::journal::{
    Header, Input, Intent, JournalPath, Planned, Record, Replay, WallTime,
};
use removit_blocking::proto::{Accepted, ContentHash, InputKey, UploadOptions};
use removit_blocking::{JournalError, JournalFile};

pub(crate) struct Folder(pub(crate) tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.0.path().join("shop.removit")
    }

    /// A journal with these bytes in it, made anew.
    pub(crate) fn with(&self, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.journal(), bytes).unwrap();
        self.journal()
    }
}

pub(crate) fn at(secs: u64) -> WallTime {
    WallTime::from_unix(Duration::from_secs(1_796_000_000 + secs))
}

pub(crate) fn header() -> Header {
    Header::new(at(0), "test 1.0")
}

pub(crate) fn open(path: &Path) -> Result<(JournalFile, Replay), JournalError> {
    JournalFile::open(path, header())
}

#[track_caller]
pub(crate) fn opened(path: &Path) -> (JournalFile, Replay) {
    open(path).unwrap()
}

pub(crate) fn key(number: u8) -> InputKey {
    InputKey::new(ContentHash::new([number; 32]))
}

pub(crate) fn planned(number: u8, name: &Path) -> Record {
    let input = Input::File(JournalPath::new(name));
    Record::Planned(Planned::new(at(0), key(number), input, UploadOptions::default()))
}

pub(crate) fn intent(number: u8) -> Record {
    Record::Intent(Intent::new(at(1), key(number), 1))
}

pub(crate) fn accepted(number: u8, job: &str) -> Record {
    let answer = http::Response::builder().status(202);
    let answer = answer.body(format!(r#"{{"job_id":"{job}"}}"#)).unwrap();
    let accepted = Accepted::decode(&answer).unwrap();
    Record::Accepted(Intent::new(at(1), key(number), 1).accepted(at(2), &accepted))
}
