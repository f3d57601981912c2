//! A photo that is not in memory, piece by piece, each in memory of its own for a transport to
//! keep.
//!
//! Blocking: it runs on tokio's blocking threads. What a changed photo means is
//! [`PhotoReader`]'s to say.

use std::io::{Read, Result};

use bytes::{Bytes, BytesMut};
use removit_blocking::shared::PhotoReader;

/// How much is read at once. Large, because each read is a trip to another
/// thread; small enough for a few of them to be in memory.
pub(crate) const CHUNK: usize = 256 * 1024;

/// A photo that is being sent.
#[derive(Debug)]
pub(crate) struct PhotoChunks {
    reader: PhotoReader,
    buffer: BytesMut,
}

impl PhotoChunks {
    pub(crate) fn new(reader: PhotoReader) -> Self {
        Self { reader, buffer: BytesMut::new() }
    }

    /// Whether all of the promised bytes were handed out.
    pub(crate) const fn is_finished(&self) -> bool {
        self.reader.left() == 0
    }

    /// The next piece, never empty. The last one comes only after the file
    /// proved to end there and not to have changed.
    pub(crate) fn next_chunk(&mut self) -> Result<Bytes> {
        let wanted = usize::try_from(self.reader.left()).unwrap_or(CHUNK).min(CHUNK);
        // Takes the same memory again once the transport is done with it.
        self.buffer.resize(wanted, 0);
        self.reader.read_exact(&mut self.buffer)?;
        Ok(self.buffer.split().freeze())
    }
}
