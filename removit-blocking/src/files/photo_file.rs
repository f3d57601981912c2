//! One reading of a photo's file, from its start to its proven end.
//!
//! It blocks. It never hands out the last piece of a file that is not the one which was
//! promised: the server would take a changed photo for a good one.

use std::fs::{File, Metadata};
#[cfg(target_os = "linux")]
use std::io::IoSliceMut;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;
use std::time::SystemTime;

/// What a file was when the photo was opened, and has to be when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub(crate) len: u64,
    /// `None` on systems without such a time.
    pub(crate) modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: metadata.modified().ok() }
    }

    fn check(self, now: Self) -> Result<()> {
        if now.len != self.len {
            return Err(changed("its length is another"));
        }
        if now.modified != self.modified {
            return Err(changed("it was written to"));
        }
        Ok(())
    }
}

/// Opens a regular file. Anything else is refused before it is opened: a pipe
/// would block for ever.
pub(crate) fn open(path: &Path) -> Result<(File, Stamp)> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    let file = File::open(path)?;
    let stamp = Stamp::of(&file.metadata()?);
    Ok((file, stamp))
}

/// As much of a buffer as may be filled; `None` where that is nothing.
pub(super) fn at_most(left: u64, buf: &mut [u8]) -> Option<&mut [u8]> {
    let wanted = usize::try_from(left).unwrap_or(buf.len()).min(buf.len());
    buf.get_mut(..wanted).filter(|buf| !buf.is_empty())
}

/// A file that is being sent.
#[derive(Debug)]
pub struct PhotoFile {
    file: File,
    stamp: Stamp,
    left: u64,
}

impl PhotoFile {
    /// Opens the file once more and checks that it is still the promised one.
    ///
    /// # Errors
    /// Where it cannot be opened, or is another.
    pub fn open(path: &Path, stamp: Stamp) -> Result<Self> {
        let (file, now) = open(path)?;
        stamp.check(now)?;
        Ok(Self { file, stamp, left: stamp.len })
    }

    /// How many bytes are still to be read.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Reads as [`Read`] does what the system has in memory, and waits for no disk. `None`
    /// where it would have to, or the system cannot tell: then nothing was read.
    pub(crate) fn read_in_memory(&mut self, buf: &mut [u8]) -> Option<Result<usize>> {
        let read = in_memory(&self.file, at_most(self.left, buf)?)?;
        Some(self.went_on(read))
    }

    fn went_on(&mut self, read: usize) -> Result<usize> {
        self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        if self.left == 0 {
            self.stamp.check(Stamp::of(&self.file.metadata()?))?;
        }
        Ok(read)
    }
}

#[cfg(target_os = "linux")]
fn in_memory(file: &File, buf: &mut [u8]) -> Option<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};

    /// Reads on from where the file stands.
    const FROM_HERE: u64 = u64::MAX;
    let read = preadv2(file, &mut [IoSliceMut::new(buf)], FROM_HERE, ReadWriteFlags::NOWAIT);
    // An error, or an end, which some kernels tell where there is none: the read that waits
    // says what is true.
    read.ok().filter(|read| *read > 0)
}

#[cfg(not(target_os = "linux"))]
fn in_memory(_: &File, _: &mut [u8]) -> Option<usize> {
    None
}

impl Read for PhotoFile {
    /// The last bytes come only after the file proved to end there and not to
    /// have changed.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let Some(buf) = at_most(self.left, buf) else { return Ok(0) };
        let read = self.file.read(buf)?;
        if read == 0 {
            return Err(changed("it is shorter than it was"));
        }
        self.went_on(read)
    }
}

fn changed(how: &str) -> Error {
    Error::new(
        ErrorKind::InvalidData,
        format!("the file changed since the photo was opened: {how}"),
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;
    #[cfg(target_os = "linux")]
    use crate::files::PhotoReader;

    /// A photo's file, and its reading.
    fn opened(folder: &Path) -> (File, PhotoFile) {
        let path = folder.join("cup.png");
        fs::write(&path, "a photo").unwrap();
        let (_, stamp) = open(&path).unwrap();
        let writing = fs::OpenOptions::new().append(true).open(&path).unwrap();
        (writing, PhotoFile::open(&path, stamp).unwrap())
    }

    #[test]
    fn a_file_is_read_to_its_promised_end() {
        let folder = tempfile::tempdir().unwrap();
        let (_, mut reading) = opened(folder.path());
        let mut text = String::new();
        reading.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), reading.left()), ("a photo", 0));
    }

    #[test]
    fn the_last_piece_of_a_file_that_was_written_to_meanwhile_never_comes() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writing, mut reading) = opened(folder.path());
        assert_eq!(reading.read(&mut [0; 3]).unwrap(), 3);
        writing.write_all(b"!").unwrap();
        assert_eq!(reading.read(&mut [0; 3]).unwrap(), 3, "not the last one");
        let error = reading.read(&mut [0; 3]).unwrap_err();
        assert!(error.to_string().ends_with("its length is another"), "{error}");
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let (writing, mut reading) = opened(folder.path());
        writing.set_len(0).unwrap();
        assert!(reading.read_in_memory(&mut [0; 9]).is_none(), "the read that waits says so");
        let error = reading.read(&mut [0; 9]).unwrap_err();
        assert!(error.to_string().ends_with("it is shorter than it was"), "{error}");
    }

    /// Whether the system tells of this file what it has in memory: not each one does.
    #[cfg(target_os = "linux")]
    fn can_tell(folder: &Path) -> bool {
        use rustix::io::{ReadWriteFlags, preadv2};
        let file = File::open(folder.join("cup.png")).unwrap();
        let mut byte = [0];
        let read = preadv2(file, &mut [IoSliceMut::new(&mut byte)], 0, ReadWriteFlags::NOWAIT);
        read.is_ok_and(|read| read > 0)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_in_memory_is_read_from_where_the_file_stands() {
        let folder = tempfile::tempdir().unwrap();
        let (_writing, mut reading) = opened(folder.path());
        assert_eq!(reading.read(&mut [0; 2]).unwrap(), 2);
        let (mut piece, mut reading) = ([0; 3], PhotoReader::File(reading));
        let read = reading.read_in_memory(&mut piece);
        assert_eq!(read.is_some(), can_tell(folder.path()));
        if let Some(read) = read {
            assert_eq!((read.unwrap(), &piece, reading.left()), (3, b"pho", 2));
        }
    }
}
