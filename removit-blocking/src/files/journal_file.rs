//! A journal on disk: opened by one process at a time, and appended to.
//!
//! What its lines mean is the core's. Here, a record is one write, and a vital
//! one is on disk before [`append`](JournalFile::append) returns. Nothing that is
//! in the file is ever changed or cut off.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use removit_proto::journal::{
    Header, Journal, JournalPath, LINE_LIMIT, Opened, Reader, Record, Replay, Tail, encode,
};

use crate::JournalError;
use crate::files::folder::folder_of;
use crate::files::journal_lock::{LockedFile, open_error, plain_file};
use crate::files::journal_moved::{find_again, folder_by_now};
use crate::files::medium::{Medium, platter};
use crate::journal::{self, Stored};
use crate::read_on::read_on;

/// A journal that this process alone writes to.
///
/// Dropping it, or the end of the process in any way, frees it for others.
///
/// ```
/// use removit_blocking::proto::journal::{Header, Intent, Need, Record, WallTime};
/// use removit_blocking::{JournalFile, Photo};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("shop.removit");
///
/// let now = WallTime::from_unix(removit_blocking::Clock::start().now().since_origin());
/// let (mut journal, replay) = JournalFile::open(&path, Header::new(now, "my-shop 1.0"))?;
///
/// let photo = Photo::from_url("https://example.com/cup.jpg")?;
/// let key = photo.key()?;
/// if replay.need(&key) == Need::Send {
///     let intent = Intent::new(now, key, replay.next_attempt(&key));
///     journal.append(&Record::Intent(intent))?; // on disk: the photo may be sent now
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JournalFile {
    file: LockedFile,
    path: PathBuf,
    medium: Arc<dyn Medium>,
    /// How the file ends before the next record.
    tail: Tail,
    /// Whether the disk once failed to sync. What it says later is worth nothing:
    /// it may have dropped the earlier records and forgotten about it.
    lost_sync: bool,
}

impl JournalFile {
    /// Opens a journal, or begins one with this header where there is none, and
    /// reads what is in it. The file is made for its owner alone.
    ///
    /// A line that a crash tore is closed, and its bytes stay. Where the journal was
    /// moved together with files that it names, their paths are those of now.
    ///
    /// # Errors
    /// Every [`JournalError`]. Wherever it is not
    /// [`NotStored`](JournalError::NotStored), nothing was written.
    pub fn open(path: impl Into<PathBuf>, header: Header) -> Result<(Self, Replay), JournalError> {
        Self::open_on(path.into(), header, platter())
    }

    pub(crate) fn open_on(
        path: PathBuf,
        header: Header,
        medium: Arc<dyn Medium>,
    ) -> Result<(Self, Replay), JournalError> {
        let mut file = LockedFile::open(&path, &*medium)?;
        let found = read(&mut *file, &path)?;
        if let Err(broken) = found.check() {
            return Err(JournalError::Damaged { path, broken });
        }
        let mut replay = found.replay;
        let api = replay.header().and_then(|header| header.api.as_ref());
        if let Some(found) = api.filter(|api| header.api.as_ref().is_some_and(|own| own != *api)) {
            return Err(JournalError::OtherApi { found: found.clone(), path });
        }
        let opened = Opened::new(header.at, header.by.clone(), Some(std::process::id()))
            .in_folder(JournalPath::new(&folder_by_now(&path)));
        let is_new = replay.header().is_none();
        let header = is_new.then_some(Record::Header(header));
        let first: Vec<_> = header.into_iter().chain([Record::Opened(opened)]).collect();

        let mut journal = Self { file, path, medium, tail: found.tail, lost_sync: false };
        journal.append_all(&first)?;
        // What was found is acted on from here. A process that was killed may have
        // written it and not come to the sync of it, or of the file's name.
        journal.sync(&first)?;
        let folder = journal.medium.sync_folder(folder_of(&journal.path));
        folder.map_err(|error| journal.not_stored(error, &[]))?;
        first.into_iter().for_each(|record| replay.apply(record));
        Ok((journal, replay))
    }

    /// Reads a journal without writing to it, a damaged one too, whoever has it
    /// open. (On Windows an open journal cannot be read by others.)
    ///
    /// # Errors
    /// [`JournalError`] where it cannot be read, or is none.
    pub fn read(path: impl AsRef<Path>) -> Result<Journal, JournalError> {
        let path = path.as_ref();
        plain_file(path).and_then(|there| match there {
            Some(_) => Ok(()),
            None => Err(open_error(path)(ErrorKind::NotFound.into())),
        })?;
        read(File::open(path).map_err(open_error(path))?, path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one record, and waits for the disk where the record
    /// [is vital](Record::is_vital).
    ///
    /// # Errors
    /// [`JournalError::NotStored`], with the record. An upload whose intent was
    /// not stored must not be sent. After a full disk a later record may succeed.
    pub fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.append_all(std::slice::from_ref(record))
    }

    /// Appends records in one write, and waits for the disk once where one of
    /// them is vital.
    ///
    /// # Errors
    /// As [`append`](Self::append); each of the records counts as not stored.
    pub fn append_all(&mut self, records: &[Record]) -> Result<(), JournalError> {
        let mut lines = self.tail.repair().to_vec();
        for record in records {
            let line = encode(record);
            if line.len() > LINE_LIMIT {
                let error = io::Error::new(ErrorKind::InvalidInput, "a record is too long");
                return Err(self.not_stored(error, records));
            }
            lines.extend_from_slice(line.as_bytes());
        }
        let before = self.file.metadata().map(|there| there.len());
        if let Err(error) = self.medium.append(&self.path, &self.file, &lines) {
            // What got there of it would tell of uploads that are not sent. Where it
            // cannot be taken back, what comes next begins on a line of its own.
            if before.and_then(|len| self.file.set_len(len)).is_err() {
                self.tail = Tail::Torn;
            }
            return Err(self.not_stored(error, records));
        }
        self.tail = Tail::Whole;
        if !records.iter().any(Record::is_vital) {
            return Ok(());
        }
        self.sync(records)
    }

    fn sync(&mut self, records: &[Record]) -> Result<(), JournalError> {
        let synced = self.medium.sync_data(&self.path, &self.file);
        self.lost_sync |= synced.is_err();
        let lost = || io::Error::other("the disk failed before, and may have lost records");
        match synced {
            Err(error) => Err(self.not_stored(error, records)),
            Ok(()) if self.lost_sync => Err(self.not_stored(lost(), records)),
            Ok(()) => Ok(()),
        }
    }

    fn not_stored(&self, error: io::Error, records: &[Record]) -> JournalError {
        JournalError::NotStored { path: self.path.clone(), error, records: records.to_vec() }
    }
}

impl journal::Journal for JournalFile {
    fn load(&mut self) -> Result<Replay, JournalError> {
        self.file.seek(SeekFrom::Start(0)).map_err(open_error(&self.path))?;
        let found = read(&mut *self.file, &self.path)?;
        if let Err(broken) = found.check() {
            return Err(JournalError::Damaged { path: self.path.clone(), broken });
        }
        Ok(found.replay)
    }

    /// No intent is ever taken: nobody else has the file.
    fn store(&mut self, records: &[Record]) -> Result<Stored, JournalError> {
        self.append_all(records).map(|()| Stored::all())
    }

    /// The same for every process that opens it at its place, and another one for other
    /// journals.
    fn mark(&self) -> Option<String> {
        use sha2::{Digest, Sha256};
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
        let hash = removit_proto::ContentHash::new(hash.into()).to_string();
        Some(format!("{}-", hash.get(..16).unwrap_or(&hash)))
    }
}

fn read(mut file: impl Read, path: &Path) -> Result<Journal, JournalError> {
    let mut reader = Reader::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match read_on(&mut file, &mut piece).map_err(open_error(path))? {
            0 => break,
            len => reader.feed(piece.get(..len).unwrap_or_default()),
        }
    }
    let end = reader.finish();
    let mut journal = end.map_err(|error| {
        let path = path.to_path_buf();
        JournalError::Unreadable { path, error }
    })?;
    find_again(&mut journal.replay, &folder_by_now(path));
    Ok(journal)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use removit_proto::journal::{Intent, Need, Question, WallTime};
    use removit_proto::{ContentHash, InputKey};

    use super::*;

    /// A journal on a device: no file has a disk that fails to order.
    fn on(device: &str) -> JournalFile {
        let file = LockedFile::new(OpenOptions::new().append(true).open(device).unwrap());
        let medium = platter();
        JournalFile { file, path: device.into(), medium, tail: Tail::Whole, lost_sync: false }
    }

    fn intent() -> Record {
        let key = InputKey::new(ContentHash::new([1; 32]));
        Record::Intent(Intent::new(WallTime::default(), key, 1))
    }

    fn not_vital() -> Record {
        Record::Opened(Opened::new(WallTime::default(), "test", None))
    }

    #[test]
    fn a_full_disk_is_named_and_the_record_is_handed_back() {
        let error = on("/dev/full").append(&intent()).unwrap_err();
        assert!(error.to_string().contains("No space left on device"), "{error}");
        assert!(matches!(error, JournalError::NotStored { records, .. } if records == [intent()]));
    }

    /// A disk that failed to sync may say later that all is well, without what it lost.
    #[test]
    fn a_disk_that_failed_once_is_never_trusted_again() {
        // Takes every write, and cannot sync.
        let mut journal = on("/dev/null");
        assert!(journal.append(&not_vital()).is_ok());
        assert!(matches!(journal.append(&intent()), Err(JournalError::NotStored { .. })));
        journal.file = LockedFile::new(tempfile::tempfile().unwrap());
        let error = journal.append(&intent()).unwrap_err();
        assert!(error.to_string().contains("the disk failed before"), "{error}");
    }

    #[test]
    fn a_line_that_is_too_long_to_be_read_again_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let header = || Header::new(WallTime::default(), "test");
        let (mut journal, _) = JournalFile::open(folder.path().join("a"), header()).unwrap();
        let line_of = |len: usize| {
            let labelled = |label: String| {
                let mut header = header();
                header.label = Some(label);
                Record::Header(header)
            };
            let rest = encode(&labelled(String::new())).len();
            let record = labelled("l".repeat(len - rest));
            assert_eq!(encode(&record).len(), len);
            record
        };
        let error = journal.append(&line_of(LINE_LIMIT + 1)).unwrap_err();
        assert!(error.to_string().contains("a record is too long"), "{error}");
        assert!(journal.append(&line_of(LINE_LIMIT)).is_ok());
    }

    /// The disk took a part of a record, was full, and has space again.
    #[test]
    fn a_record_after_a_full_disk_begins_on_a_line_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.removit");
        let header = Header::new(WallTime::default(), "test");
        let (mut journal, _) = JournalFile::open(&path, header).unwrap();
        let full = on("/dev/full").file;
        let with_space = std::mem::replace(&mut journal.file, full);
        assert!(journal.append(&intent()).is_err());
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"ki").unwrap();
        journal.file = with_space;
        journal.append(&intent()).unwrap();

        let found = JournalFile::read(&path).unwrap();
        assert!(found.check().is_ok() && found.torn.len() == 1, "{found:?}");
        let key = *intent().key().unwrap();
        assert_eq!(found.replay.need(&key), Need::Operator(Question::Ambiguous));
    }
}
