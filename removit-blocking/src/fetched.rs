//! A result that was fetched to nowhere in particular: whole, checked, and the caller's
//! to put where it belongs.
//!
//! It lies in a file without a name until then, so that neither its length nor a break
//! in the middle is the caller's concern. Names are [`files`](crate::files)' business.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

use removit_proto::{Downloaded, ResultLink, ResultUrl};

use crate::{Client, SaveError, Transport};

/// A whole result, from [`Client::fetch`]. Read it, copy it, or take its file.
#[derive(Debug)]
pub struct Fetched {
    downloaded: Downloaded,
    file: File,
}

impl<T: Transport> Client<T> {
    /// Fetches one result of a job that is done, to wherever you like.
    ///
    /// Nothing of it is to be had before it is whole and proved to be an image.
    ///
    /// ```no_run
    /// # fn example(client: removit_blocking::Client, job: removit_blocking::Job) -> Result<(), Box<dyn std::error::Error>> {
    /// let finished = job.wait()?;
    /// for link in finished.results() {
    ///     let fetched = client.fetch(link)?;
    ///     println!("{} is {} bytes", link.variation().unwrap_or("-"), fetched.details().len);
    ///     fetched.copy_to(&mut std::io::stdout().lock())?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`SaveError::UnsafeUrl`] where it must not be fetched, [`SaveError::Fetch`] where
    /// it could not be, and [`SaveError::File`] where there is no room for it in the
    /// system's temporary folder. The result stays on the server.
    pub fn fetch(&self, result: &ResultLink) -> Result<Fetched, SaveError> {
        let url = ResultUrl::check(result.url(), &self.endpoint).map_err(SaveError::UnsafeUrl)?;
        let (file, filled) = Fetched::room()?;
        Fetched::new(self.fill(url, filled)?, file)
    }
}

fn failed(error: io::Error) -> SaveError {
    SaveError::File { path: std::env::temp_dir(), error }
}

impl Fetched {
    /// Room for a result that a driver of your own fetches: a file without a name, as two
    /// handles of one place in it. One is filled, the other is for [`new`](Self::new).
    ///
    /// ```
    /// use std::io::Write;
    /// use removit_blocking::Fetched;
    /// use removit_blocking::proto::Downloaded;
    ///
    /// # fn example(end_of_download: impl FnOnce() -> Downloaded) -> Result<(), Box<dyn std::error::Error>> {
    /// let (file, mut filled) = Fetched::room()?;
    /// filled.write_all(b"what came")?;
    /// let downloaded: Downloaded = end_of_download();
    /// let fetched = Fetched::new(downloaded, file)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`SaveError::File`] where the system's temporary folder takes none.
    pub fn room() -> Result<(File, File), SaveError> {
        let made = tempfile::tempfile().and_then(|file| Ok((file.try_clone()?, file)));
        made.map_err(failed)
    }

    /// What is in the file, which was written to its end.
    ///
    /// # Errors
    /// [`SaveError::File`] where it cannot be read from its start.
    pub fn new(downloaded: Downloaded, mut file: File) -> Result<Self, SaveError> {
        file.rewind().map_err(failed)?;
        Ok(Self { downloaded, file })
    }

    /// Its length, its kind, and where it came from.
    #[must_use]
    pub const fn details(&self) -> &Downloaded {
        &self.downloaded
    }

    /// All of it in memory, where it is no longer than `most` bytes.
    ///
    /// # Errors
    /// [`ErrorKind::FileTooLarge`](io::ErrorKind::FileTooLarge) where it is, and those
    /// of reading the file.
    pub fn into_bytes(mut self, most: u64) -> io::Result<Vec<u8>> {
        if self.downloaded.len > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Copies it, and tells how many bytes that were.
    ///
    /// # Errors
    /// Those of reading the file and of the writer.
    pub fn copy_to(mut self, writer: &mut impl Write) -> io::Result<u64> {
        io::copy(&mut self.file, writer)
    }

    /// The file, at its beginning. It has no name, and is gone when it is closed.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }
}

impl Read for Fetched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}
