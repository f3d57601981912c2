//! Where a photo comes from: a URL that the vendor fetches, or a file that is sent.
//!
//! Checked when it is built, so that nothing the API would refuse is ever sent.
//! No file is opened and no URL is fetched here.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api::file_name::FileName;
use crate::api::image_type::ImageType;
use crate::api::url_error::UrlError;
use crate::api::web_url::WebUrl;

/// Where the photo comes from: exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Source {
    /// The vendor fetches it from this URL.
    Url(SourceUrl),
    /// The driver sends its bytes.
    File(SourceFile),
}

/// An absolute `http` or `https` URL of a photo, sent as it was written; only what
/// no URL may hold (brackets, blanks, raw UTF-8) is percent-encoded.
///
/// ```
/// use removit_proto::SourceUrl;
///
/// assert!("https://example.com/cup.jpg".parse::<SourceUrl>().is_ok());
/// assert!("cup.jpg".parse::<SourceUrl>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceUrl(String);

/// A photo that is sent as a file: its name, type and exact length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredSourceFile", into = "StoredSourceFile")]
pub struct SourceFile {
    name: FileName,
    image_type: ImageType,
    len: u64,
}

/// A file of no bytes is no photo. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmptyFile;

impl SourceUrl {
    /// The URL as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SourceUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        text.parse()
    }
}

impl core::str::FromStr for SourceUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let written = text.trim_matches(|c| c <= ' ');
        WebUrl::parse(written).map(|url| Self(url.in_the_writing_of(written)))
    }
}

impl From<SourceUrl> for String {
    fn from(url: SourceUrl) -> Self {
        url.0
    }
}

impl fmt::Debug for SourceUrl {
    /// Without the query: signed URLs carry their secret there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_once('?') {
            Some((before, _)) => write!(f, "SourceUrl({before}?…)"),
            None => write!(f, "SourceUrl({})", self.0),
        }
    }
}

impl SourceFile {
    /// A photo of `len` bytes. [`ImageType::detect`] finds the type.
    ///
    /// # Errors
    /// [`EmptyFile`] where `len` is zero.
    pub fn new(name: FileName, image_type: ImageType, len: u64) -> Result<Self, EmptyFile> {
        if len == 0 {
            return Err(EmptyFile);
        }
        Ok(Self { name, image_type, len })
    }

    /// The name that goes over the wire.
    #[must_use]
    pub const fn name(&self) -> &FileName {
        &self.name
    }

    /// The type that goes over the wire.
    #[must_use]
    pub const fn image_type(&self) -> ImageType {
        self.image_type
    }

    /// The exact length in bytes, never zero.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty file cannot be built")]
    pub const fn len(&self) -> u64 {
        self.len
    }
}

#[derive(Serialize, Deserialize)]
struct StoredSourceFile {
    name: FileName,
    image_type: ImageType,
    len: u64,
}

impl TryFrom<StoredSourceFile> for SourceFile {
    type Error = EmptyFile;

    fn try_from(stored: StoredSourceFile) -> Result<Self, EmptyFile> {
        Self::new(stored.name, stored.image_type, stored.len)
    }
}

impl From<SourceFile> for StoredSourceFile {
    fn from(file: SourceFile) -> Self {
        Self { name: file.name, image_type: file.image_type, len: file.len }
    }
}

impl fmt::Display for EmptyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the file is empty; nothing was sent")
    }
}

impl core::error::Error for EmptyFile {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_url_is_shown_without_its_secret() {
        let shown = |url: &str| format!("{:?}", url.parse::<SourceUrl>().unwrap());
        assert_eq!(shown("https://a.example/x?sig=1"), "SourceUrl(https://a.example/x?…)");
        assert_eq!(shown("https://a.example/x"), "SourceUrl(https://a.example/x)");
    }

    #[test]
    fn a_file_is_what_it_was_made_of_and_never_empty() {
        let of = |len| SourceFile::new(FileName::new("cup.png"), ImageType::Png, len);
        let file = of(7).unwrap();
        assert_eq!(
            (file.name().as_str(), file.image_type(), file.len()),
            ("cup.png", ImageType::Png, 7)
        );
        assert!(of(0).unwrap_err().to_string().contains("nothing was sent"));
    }
}
