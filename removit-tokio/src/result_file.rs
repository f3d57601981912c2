//! Writes a result's bytes on tokio's blocking threads, many at a time.
//!
//! Knows nothing of names: the file may be a temporary one.

use std::convert::identity;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::sync::Arc;

use bytes::Bytes;
use removit_proto::TransportFailure;

use crate::blocking::blocking;

/// How much is gathered before it is written: a trip to another thread for each
/// network read would cost more than the write.
const GATHERED: usize = 256 * 1024;

/// A file that is being filled from its start.
pub(crate) struct ResultFile {
    file: Arc<File>,
    gathered: Vec<Bytes>,
    gathered_len: usize,
    len: u64,
}

impl ResultFile {
    /// Empties the file: an earlier attempt may have written to it.
    pub(crate) async fn empty(file: Arc<File>) -> Result<Self, TransportFailure> {
        let emptied = Arc::clone(&file);
        write(move || {
            emptied.set_len(0)?;
            (&*emptied).rewind()
        })
        .await?;
        Ok(Self { file, gathered: Vec::new(), gathered_len: 0, len: 0 })
    }

    /// How many bytes were pushed so far.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Takes the next bytes; `true` where all bytes so far were written.
    pub(crate) async fn push(&mut self, bytes: Bytes) -> Result<bool, TransportFailure> {
        self.len = self.len.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.gathered_len = self.gathered_len.saturating_add(bytes.len());
        self.gathered.push(bytes);
        let full = self.gathered_len >= GATHERED;
        if full {
            self.flush().await?;
        }
        Ok(full)
    }

    /// Writes what was gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), TransportFailure> {
        let gathered = std::mem::take(&mut self.gathered);
        self.gathered_len = 0;
        let file = Arc::clone(&self.file);
        write(move || gathered.iter().try_for_each(|bytes| (&*file).write_all(bytes))).await
    }
}

async fn write(
    work: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<(), TransportFailure> {
    let written = blocking(work, identity).await;
    written.map_err(|error| TransportFailure::sink(error.to_string()))
}
