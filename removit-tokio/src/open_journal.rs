//! Opens a journal without holding up the runtime.

use std::path::PathBuf;

use removit_proto::journal::{Header, Replay};

use crate::blocking::blocking;
use crate::{JournalError, JournalFile};

/// [`JournalFile::open`] on a blocking thread: reading a large journal takes a moment, and
/// so does a disk that is busy.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use removit_tokio::proto::journal::Header;
/// use removit_tokio::{Clock, open_journal};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("shop.removit");
/// let header = Header::new(Clock::start().wall_time(), "my-shop 1.0");
/// let (journal, replay) = open_journal(path, header).await?;
/// assert!(replay.entries().is_empty());
/// # drop(journal);
/// # Ok(()) }
/// ```
///
/// # Errors
/// Those of [`JournalFile::open`].
pub async fn open_journal(
    path: impl Into<PathBuf>,
    header: Header,
) -> Result<(JournalFile, Replay), JournalError> {
    let path = path.into();
    let opened = path.clone();
    let stopped = |error| JournalError::Open { path, error };
    blocking(move || JournalFile::open(opened, header), stopped).await
}
