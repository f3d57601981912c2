//! A photo and what is to be made of it, checked before anything is sent.
//!
//! The checks are those of `removit-blocking`: here, they do not hold up the
//! runtime.

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use removit_blocking::files::Content;
use removit_proto::journal::Input;
use removit_proto::{Delivery, InputKey, Mode, OutputFormat, UploadOptions, UploadRequest};
use tokio::io::AsyncRead;
use tokio::runtime::Handle;

use crate::blocking::blocking;
use crate::photo_source::PhotoSource;
use crate::{BatchInput, PhotoError};

/// A photo to process: its source, and the options of its job.
///
/// ```
/// use removit_tokio::Photo;
/// use removit_tokio::proto::{Mode, OutputFormat, Params};
///
/// let photo = Photo::from_url("https://example.com/cup.jpg")?
///     .mode(Mode::Params(Params::set("shop")))
///     .format(OutputFormat::Webp);
/// assert_eq!(photo.request().output_format(), Some(OutputFormat::Webp));
///
/// assert!(Photo::from_bytes("notes.txt", "no image at all").is_err());
/// # Ok::<(), removit_tokio::PhotoError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Photo(removit_blocking::Photo);

impl Photo {
    /// A photo in a file, whose first bytes tell its type.
    ///
    /// The file must stay as it is until the upload ends: one that was written
    /// to since is not sent.
    ///
    /// # Errors
    /// [`PhotoError`] where the file cannot be read, is empty, or is no image
    /// that the API takes.
    pub async fn from_path(path: impl Into<PathBuf>) -> Result<Self, PhotoError> {
        let path = path.into();
        let opened = path.clone();
        let stopped = |error| PhotoError::File { path, error };
        blocking(|| removit_blocking::Photo::from_path(opened), stopped).await.map(Self)
    }

    /// A photo in memory, under a name for the server to see.
    ///
    /// # Errors
    /// [`PhotoError`] where there are no bytes, or no image that the API takes.
    pub fn from_bytes(name: &str, bytes: impl Into<Bytes>) -> Result<Self, PhotoError> {
        removit_blocking::Photo::from_bytes(name, bytes).map(Self)
    }

    /// A photo from anywhere else, under a name for the server to see: `open` opens it at
    /// its start, now for its first bytes, and again for each attempt. It is never held in
    /// memory, and read as far as the connection takes it.
    ///
    /// A source that does not end at its length is not sent. Nothing but the source itself
    /// ends a read that waits: bound it there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), removit_tokio::PhotoError> {
    /// use removit_tokio::Photo;
    ///
    /// # let jpeg = [&[0xff, 0xd8, 0xff, 0xe0][..], &[0; 60]].concat();
    /// let stored = bytes::Bytes::from(jpeg); // stands for an object store
    /// let len = stored.len() as u64;
    /// let open = move || {
    ///     let object = std::io::Cursor::new(stored.clone());
    ///     async { Ok(object) } // any `AsyncRead`
    /// };
    /// let photo = Photo::from_reader("cup.jpg", len, open).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PhotoError`] where it cannot be opened, is empty, or is no image that the API
    /// takes.
    pub async fn from_reader<R, F>(
        name: &str,
        len: u64,
        open: impl Fn() -> F + Send + Sync + 'static,
    ) -> Result<Self, PhotoError>
    where
        R: AsyncRead + Send + 'static,
        F: Future<Output = io::Result<R>> + Send,
    {
        let runtime = Handle::current();
        let open = move || PhotoSource::open(&runtime, open());
        let named = name.to_owned();
        let opening = move || removit_blocking::Photo::from_reader(&named, len, open);
        let unreadable = |error| PhotoError::Unreadable { name: name.to_owned(), error };
        blocking(opening, unreadable).await.map(Self)
    }

    /// A photo that the vendor fetches from a public URL.
    ///
    /// # Errors
    /// [`PhotoError::Url`] where it is not an absolute `http` or `https` URL.
    pub fn from_url(url: &str) -> Result<Self, PhotoError> {
        removit_blocking::Photo::from_url(url).map(Self)
    }

    /// Sets what is to be made; the vendor's default is a clipped output.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Self {
        Self(self.0.mode(mode))
    }

    /// Sets how the results are named: one by one, or a single one.
    #[must_use]
    pub fn delivery(self, delivery: Delivery) -> Self {
        Self(self.0.delivery(delivery))
    }

    /// Sets the results' format; the vendor's default is PNG.
    #[must_use]
    pub fn format(self, format: OutputFormat) -> Self {
        Self(self.0.format(format))
    }

    /// Sets all options at once.
    #[must_use]
    pub fn with_options(self, options: UploadOptions) -> Self {
        Self(self.0.with_options(options))
    }

    /// The job that is asked for.
    #[must_use]
    pub const fn request(&self) -> &UploadRequest {
        self.0.request()
    }

    /// What this photo with these options is known by in a journal: the same for
    /// each copy of it, and another one as soon as a byte or an option differs.
    ///
    /// A file is read to its end for it. See [`InputKey::preimage`].
    ///
    /// # Errors
    /// [`PhotoError::File`] where the file cannot be read, or changed since the
    /// photo was opened.
    pub async fn key(&self) -> Result<InputKey, PhotoError> {
        let photo = self.0.clone();
        let name = match self.journal_input() {
            Input::File(path) => path.to_string(),
            Input::Memory(name) => name,
            _ => String::new(),
        };
        blocking(move || photo.key(), |error| PhotoError::Unreadable { name, error }).await
    }

    /// What a journal calls it: its absolute path, its URL, or its name.
    #[must_use]
    pub fn journal_input(&self) -> Input {
        self.0.journal_input()
    }

    pub(crate) const fn content(&self) -> &Content {
        self.0.content()
    }
}

impl From<Photo> for BatchInput {
    /// A photo to process, whose results are not fetched.
    fn from(photo: Photo) -> Self {
        Self::from(photo.0)
    }
}
