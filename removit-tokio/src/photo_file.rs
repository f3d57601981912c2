//! One reading of a photo's file, from its start to its proven end.
//!
//! Blocking: it runs on tokio's blocking threads. It never hands out the last
//! piece of a file that is not the one which was promised.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};

/// How much is read at once. Large, because each read is a trip to another
/// thread; small enough for a few of them to be in memory.
pub(crate) const CHUNK: usize = 256 * 1024;

/// What a file was when the photo was opened, and has to be when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
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

/// A file that is being sent.
#[derive(Debug)]
pub(crate) struct PhotoFile {
    file: File,
    stamp: Stamp,
    left: u64,
    buffer: BytesMut,
}

impl PhotoFile {
    /// Opens the file once more and checks that it is still the promised one.
    pub(crate) fn open(path: &Path, stamp: Stamp) -> Result<Self> {
        let (file, now) = open(path)?;
        stamp.check(now)?;
        Ok(Self { file, stamp, left: stamp.len, buffer: BytesMut::new() })
    }

    /// Whether all of the promised bytes were handed out.
    pub(crate) const fn is_finished(&self) -> bool {
        self.left == 0
    }

    /// The next piece, never empty. The last one comes only after the file
    /// proved to end there and not to have changed.
    pub(crate) fn next_chunk(&mut self) -> Result<Bytes> {
        let wanted = usize::try_from(self.left).unwrap_or(CHUNK).min(CHUNK);
        // Takes the same memory again once the transport is done with it.
        self.buffer.resize(wanted, 0);
        self.file.read_exact(&mut self.buffer).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => changed("it is shorter than it was"),
            _ => error,
        })?;
        self.left = self.left.saturating_sub(u64::try_from(wanted).unwrap_or(u64::MAX));
        if self.is_finished() {
            self.stamp.check(Stamp::of(&self.file.metadata()?))?;
        }
        Ok(self.buffer.split().freeze())
    }
}

fn changed(how: &str) -> Error {
    Error::new(
        ErrorKind::InvalidData,
        format!("the file changed since the photo was opened: {how}"),
    )
}
