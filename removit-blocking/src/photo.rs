//! A photo and what is to be made of it, checked before anything is sent.
//!
//! The image is not held: a file is opened again for each attempt, and sent only
//! while it is still the one that was checked here.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use removit_proto::{
    Delivery, FileName, ImageType, Mode, OutputFormat, SourceFile, UploadOptions, UploadRequest,
};

use crate::PhotoError;
use crate::files::{Content, Opener, Stamp, open};

/// A photo to process: its source, and the options of its job.
///
/// ```
/// use removit_blocking::Photo;
/// use removit_blocking::proto::{Mode, OutputFormat, Params};
///
/// let photo = Photo::from_url("https://example.com/cup.jpg")?
///     .mode(Mode::Params(Params::set("shop")))
///     .format(OutputFormat::Webp);
/// assert_eq!(photo.request().output_format(), Some(OutputFormat::Webp));
///
/// assert!(Photo::from_bytes("notes.txt", "no image at all").is_err());
/// # Ok::<(), removit_blocking::PhotoError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Photo {
    request: UploadRequest,
    content: Content,
}

impl Photo {
    /// A photo in a file, whose first bytes tell its type.
    ///
    /// The file must stay as it is until the upload ends: one that was written
    /// to since is not sent.
    ///
    /// # Errors
    /// [`PhotoError`] where the file cannot be read, is empty, or is no image
    /// that the API takes.
    pub fn from_path(path: impl Into<PathBuf>) -> Result<Self, PhotoError> {
        let path: Arc<Path> = path.into().into();
        let error = |error| PhotoError::File { path: path.to_path_buf(), error };
        let (stamp, head) = read_head(&path).map_err(error)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let source = source(&name, &head, stamp.len)?;
        Ok(Self {
            request: UploadRequest::from_file(source),
            content: Content::File { path, stamp },
        })
    }

    /// A photo in memory, under a name for the server to see.
    ///
    /// # Errors
    /// [`PhotoError`] where there are no bytes, or no image that the API takes.
    pub fn from_bytes(name: &str, bytes: impl Into<Bytes>) -> Result<Self, PhotoError> {
        let bytes = bytes.into();
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let source = source(name, &bytes, len)?;
        Ok(Self { request: UploadRequest::from_file(source), content: Content::Bytes(bytes) })
    }

    /// A photo from anywhere else, under a name for the server to see: `open` opens it at
    /// its start, now for its first bytes, and again for each attempt. It is never held in
    /// memory.
    ///
    /// A source that does not end at its length is not sent.
    ///
    /// ```
    /// use std::io;
    /// use removit_blocking::Photo;
    ///
    /// # let jpeg = [&[0xff, 0xd8, 0xff, 0xe0][..], &[0; 60]].concat();
    /// let stored = std::sync::Arc::new(jpeg); // stands for an object store
    /// let len = stored.len() as u64;
    /// let open = move || Ok(io::Cursor::new(stored.to_vec()));
    /// let photo = Photo::from_reader("cup.jpg", len, open)?;
    /// assert!(photo.key().is_ok());
    /// # Ok::<(), removit_blocking::PhotoError>(())
    /// ```
    ///
    /// # Errors
    /// [`PhotoError`] where it cannot be opened, is empty, or is no image that the API
    /// takes.
    pub fn from_reader<R: Read + Send + 'static>(
        name: &str,
        len: u64,
        open: impl Fn() -> io::Result<R> + Send + Sync + 'static,
    ) -> Result<Self, PhotoError> {
        let opener = Opener::new(name, len, open);
        let unreadable = |error| PhotoError::Unreadable { name: name.to_owned(), error };
        let head = opener.open().and_then(read_start).map_err(unreadable)?;
        let source = source(name, &head, len)?;
        Ok(Self { request: UploadRequest::from_file(source), content: Content::Opener(opener) })
    }

    /// A photo that the vendor fetches from a public URL.
    ///
    /// # Errors
    /// [`PhotoError::Url`] where it is not an absolute `http` or `https` URL.
    pub fn from_url(url: &str) -> Result<Self, PhotoError> {
        let url = url.parse().map_err(PhotoError::Url)?;
        Ok(Self { request: UploadRequest::from_url(url), content: Content::Url })
    }

    /// Sets what is to be made; the vendor's default is a clipped output.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.request = self.request.mode(mode);
        self
    }

    /// Sets how the results are named: one by one, or a single one.
    #[must_use]
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.request = self.request.delivery(delivery);
        self
    }

    /// Sets the results' format; the vendor's default is PNG.
    #[must_use]
    pub fn format(mut self, format: OutputFormat) -> Self {
        self.request = self.request.format(format);
        self
    }

    /// Sets all options at once.
    #[must_use]
    pub fn with_options(mut self, options: UploadOptions) -> Self {
        self.request = self.request.with_options(options);
        self
    }

    /// The job that is asked for.
    #[must_use]
    pub const fn request(&self) -> &UploadRequest {
        &self.request
    }

    /// Where its bytes come from, for a driver of your own.
    ///
    /// ```
    /// use removit_blocking::Photo;
    ///
    /// let photo = Photo::from_url("https://example.com/cup.jpg")?;
    /// assert_eq!(photo.content().promised_len(), None);
    /// # Ok::<(), removit_blocking::PhotoError>(())
    /// ```
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }
}

fn read_head(path: &Path) -> io::Result<(Stamp, Vec<u8>)> {
    let (file, stamp) = open(path)?;
    Ok((stamp, read_start(file)?))
}

fn read_start(from: impl Read) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(ImageType::HEAD_LEN).unwrap_or(u64::MAX);
    let mut head = Vec::with_capacity(ImageType::HEAD_LEN);
    from.take(limit).read_to_end(&mut head)?;
    Ok(head)
}

fn source(name: &str, bytes: &[u8], len: u64) -> Result<SourceFile, PhotoError> {
    let name = FileName::new(name);
    let empty = || PhotoError::Empty { name: name.to_string() };
    if len == 0 {
        // Before the type, which no empty file has.
        return Err(empty());
    }
    let head = bytes.get(..ImageType::HEAD_LEN).unwrap_or(bytes);
    let unsupported = |error| PhotoError::Unsupported { name: name.to_string(), error };
    let kind = ImageType::detect(name.as_str(), head).map_err(unsupported)?;
    SourceFile::new(name.clone(), kind, len).map_err(|_| empty())
}
