//! A result that was fetched to nowhere in particular: whole, checked, and the caller's
//! to put where it belongs.
//!
//! It lies in a file without a name until then, so that neither its length nor a break
//! in the middle is the caller's concern. Reading it does not block the runtime.

use std::convert::identity;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::stream::unfold;
use removit_proto::{Downloaded, ResultLink, ResultUrl};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::blocking::blocking;
use crate::{Client, SaveError, Transport};

/// How much is read at once: each read is a trip to another thread.
const CHUNK: usize = 256 * 1024;

/// A whole result, from [`Client::fetch`]: bytes, a stream, a copy, or its file.
pub struct Fetched(removit_blocking::Fetched);

impl<T: Transport> Client<T> {
    /// Fetches one result of a job that is done, to wherever you like.
    ///
    /// Nothing of it is to be had before it is whole and proved to be an image.
    ///
    /// ```no_run
    /// # async fn example(client: removit_tokio::Client, job: removit_tokio::Job) -> Result<(), Box<dyn std::error::Error>> {
    /// let finished = job.await?;
    /// for link in finished.results() {
    ///     let fetched = client.fetch(link).await?;
    ///     println!("{} is {} bytes", link.variation().unwrap_or("-"), fetched.details().len);
    ///     let picture = fetched.into_bytes(50 << 20).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`SaveError::UnsafeUrl`] where it must not be fetched, [`SaveError::Fetch`] where
    /// it could not be, and [`SaveError::File`] where there is no room for it in the
    /// system's temporary folder. The result stays on the server.
    pub async fn fetch(&self, result: &ResultLink) -> Result<Fetched, SaveError> {
        let url = ResultUrl::check(result.url(), &self.endpoint).map_err(SaveError::UnsafeUrl)?;
        let (file, filled) = blocking(removit_blocking::Fetched::room, stopped).await?;
        let downloaded = self.fill(url, filled).await?;
        let whole = move || removit_blocking::Fetched::new(downloaded, file);
        blocking(whole, stopped).await.map(Fetched)
    }
}

fn stopped(error: io::Error) -> SaveError {
    SaveError::File { path: std::env::temp_dir(), error }
}

impl Fetched {
    /// Its length, its kind, and where it came from.
    #[must_use]
    pub const fn details(&self) -> &Downloaded {
        self.0.details()
    }

    /// All of it in memory, where it is no longer than `most` bytes.
    ///
    /// # Errors
    /// [`ErrorKind::FileTooLarge`](io::ErrorKind::FileTooLarge) where it is, and those
    /// of reading the file.
    pub async fn into_bytes(self, most: u64) -> io::Result<Bytes> {
        blocking(move || self.0.into_bytes(most), identity).await.map(Bytes::from)
    }

    /// Copies it, and tells how many bytes that were.
    ///
    /// # Errors
    /// Those of reading the file and of the writer.
    pub async fn copy_to(self, writer: &mut (impl AsyncWrite + Unpin)) -> io::Result<u64> {
        let len = self.details().len;
        let mut file = self.into_file();
        loop {
            let (piece, rest) = next_piece(file).await?;
            if piece.is_empty() {
                writer.flush().await?;
                return Ok(len);
            }
            writer.write_all(&piece).await?;
            file = rest;
        }
    }

    /// Its bytes in order, for the body of an answer of your own.
    pub fn into_stream(self) -> FetchedStream {
        FetchedStream(Box::pin(unfold(Some(self.into_file()), |file| async move {
            match next_piece(file?).await {
                Ok((piece, _)) if piece.is_empty() => None,
                Ok((piece, file)) => Some((Ok(piece), Some(file))),
                Err(error) => Some((Err(error), None)),
            }
        })))
    }

    /// The file, at its beginning. It has no name, and is gone when it is closed.
    #[must_use]
    pub fn into_file(self) -> File {
        self.0.into_file()
    }
}

async fn next_piece(mut file: File) -> io::Result<(Bytes, File)> {
    let reading = move || {
        let mut piece = BytesMut::zeroed(CHUNK);
        let read = file.read(&mut piece)?;
        piece.truncate(read);
        Ok((piece.freeze(), file))
    };
    blocking(reading, identity).await
}

/// The bytes of a result in order, from [`Fetched::into_stream`].
#[must_use = "a stream does nothing until it is polled"]
pub struct FetchedStream(Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>);

impl Stream for FetchedStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fetched").field(self.details()).finish()
    }
}

impl fmt::Debug for FetchedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedStream").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_shown_without_what_is_in_it() {
        let stream = FetchedStream(Box::pin(futures_util::stream::empty()));
        assert_eq!(format!("{stream:?}"), "FetchedStream { .. }");
    }
}
