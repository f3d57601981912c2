//! A photo that is not in memory, piece by piece, each in memory of its own for a transport to
//! keep.
//!
//! Blocking: it runs on tokio's blocking threads. What a changed photo means is
//! [`PhotoReader`]'s to say.

use std::io::Result;

use bytes::Bytes;
use removit_blocking::shared::PhotoReader;

/// How much is read at once. Large, because each read is a trip to another
/// thread; small enough for a few of them to be in memory.
pub(crate) const CHUNK: usize = 256 * 1024;

/// A photo that is being sent.
#[derive(Debug)]
pub(crate) struct PhotoChunks(PhotoReader);

impl PhotoChunks {
    pub(crate) const fn new(reader: PhotoReader) -> Self {
        Self(reader)
    }

    /// Whether all of the promised bytes were handed out.
    pub(crate) const fn is_finished(&self) -> bool {
        self.0.left() == 0
    }

    /// The next piece, never empty. The last one comes only after the file
    /// proved to end there and not to have changed.
    pub(crate) fn next_chunk(&mut self) -> Result<Bytes> {
        self.0.read_piece(CHUNK).map(Bytes::from)
    }
}
