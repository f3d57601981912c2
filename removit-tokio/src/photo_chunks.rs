//! A photo's file, piece by piece, each in memory of its own for a transport to
//! keep.
//!
//! Blocking: it runs on tokio's blocking threads. What a changed file means is
//! [`PhotoFile`]'s to say.

use std::io::{Read, Result};

use bytes::{Bytes, BytesMut};
use removit_blocking::files::PhotoFile;

/// How much is read at once. Large, because each read is a trip to another
/// thread; small enough for a few of them to be in memory.
pub(crate) const CHUNK: usize = 256 * 1024;

/// A file that is being sent.
#[derive(Debug)]
pub(crate) struct PhotoChunks {
    file: PhotoFile,
    buffer: BytesMut,
}

impl PhotoChunks {
    pub(crate) fn new(file: PhotoFile) -> Self {
        Self { file, buffer: BytesMut::new() }
    }

    /// Whether all of the promised bytes were handed out.
    pub(crate) const fn is_finished(&self) -> bool {
        self.file.left() == 0
    }

    /// The next piece, never empty. The last one comes only after the file
    /// proved to end there and not to have changed.
    pub(crate) fn next_chunk(&mut self) -> Result<Bytes> {
        let wanted = usize::try_from(self.file.left()).unwrap_or(CHUNK).min(CHUNK);
        // Takes the same memory again once the transport is done with it.
        self.buffer.resize(wanted, 0);
        self.file.read_exact(&mut self.buffer)?;
        Ok(self.buffer.split().freeze())
    }
}
