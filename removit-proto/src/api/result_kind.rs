//! What the bytes of a result show it to be (contract, rule 13).
//!
//! Neither its status, its name nor its `Content-Type` counts: a page that says "not
//! ready yet" comes as a 200 and is called `cup.png`. Nothing here reads a file; the
//! caller hands over the first bytes.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api::foreign_image::ForeignImage;
use crate::api::image_type::ImageType;
use crate::api::upload_options::OutputFormat;

/// A kind of image that a result can be.
///
/// ```
/// use removit_proto::{OutputFormat, ResultKind};
///
/// let kind = ResultKind::from_bytes(b"\xff\xd8\xff\xe0 and more")?;
/// assert_eq!((kind, kind.extension()), (ResultKind::Jpeg, "jpg"));
/// assert_eq!(kind, ResultKind::from(OutputFormat::Jpeg));
///
/// let page = ResultKind::from_bytes(b"<!DOCTYPE html><p>Not ready yet").unwrap_err();
/// assert_eq!(page.to_string(), "an HTML page");
/// # Ok::<(), removit_proto::NotAnImage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ResultKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
    /// TIFF, and BigTIFF.
    Tiff,
    /// Photoshop's PSD, and PSB.
    Psd,
    /// GIF.
    Gif,
    /// AVIF.
    Avif,
    /// HEIC and HEIF.
    Heic,
    /// JPEG XL.
    Jxl,
    /// Windows' BMP.
    Bmp,
}

/// What came in place of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum NotAnImage {
    /// An HTML page: of a proxy, of a login, of an error.
    Html,
    /// JSON: the API's own "not ready yet", or an error.
    Json,
    /// XML, as stores of files write their errors; SVG too, which is no output format.
    Xml,
    /// Compressed by gzip, though every request declines that (rule 14).
    Compressed,
    /// Text of no kind that is known.
    Text,
    /// Bytes of no image that is known.
    Unknown,
}

impl ResultKind {
    /// How many of the first bytes are enough to tell.
    pub const START_LEN: usize = 1024;

    /// The kind that the first bytes of a result show.
    ///
    /// # Errors
    /// [`NotAnImage`] where they are those of no image: nothing was delivered.
    pub fn from_bytes(start: &[u8]) -> Result<Self, NotAnImage> {
        match start {
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => return Ok(Self::Bmp),
            [0xff, 0x0a, ..]
            | [0, 0, 0, 12, b'J', b'X', b'L', b' ', 0x0d, 0x0a, 0x87, 0x0a, ..] => {
                return Ok(Self::Jxl);
            }
            [0x1f, 0x8b, ..] => return Err(NotAnImage::Compressed),
            _ => {}
        }
        match ImageType::from_bytes(start) {
            Some(ImageType::Png) => Ok(Self::Png),
            Some(ImageType::Jpeg) => Ok(Self::Jpeg),
            Some(ImageType::Webp) => Ok(Self::Webp),
            Some(ImageType::Tiff) => Ok(Self::Tiff),
            Some(ImageType::Psd) => Ok(Self::Psd),
            Some(ImageType::Gif) => Ok(Self::Gif),
            Some(ImageType::Avif) => Ok(Self::Avif),
            Some(ImageType::Svg) => Err(NotAnImage::Xml),
            None if ForeignImage::from_bytes(start) == Some(ForeignImage::Heic) => Ok(Self::Heic),
            None => Err(NotAnImage::of(start)),
        }
    }

    /// The usual ending of a file's name, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
            Self::Tiff => "tiff",
            Self::Psd => "psd",
            Self::Gif => "gif",
            Self::Avif => "avif",
            Self::Heic => "heic",
            Self::Jxl => "jxl",
            Self::Bmp => "bmp",
        }
    }

    /// What an ending promises, without the dot; `None` where it is of no image.
    ///
    /// ```
    /// assert_eq!(removit_proto::ResultKind::from_extension("JPEG"), Some(removit_proto::ResultKind::Jpeg));
    /// ```
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "png" => Self::Png,
            "jpg" | "jpeg" | "jpe" | "jfif" => Self::Jpeg,
            "webp" => Self::Webp,
            "tif" | "tiff" => Self::Tiff,
            "psd" | "psb" => Self::Psd,
            "gif" => Self::Gif,
            "avif" => Self::Avif,
            "heic" | "heif" | "hif" => Self::Heic,
            "jxl" => Self::Jxl,
            "bmp" => Self::Bmp,
            _ => return None,
        })
    }

    /// Says so where it is not what was expected.
    ///
    /// ```
    /// use removit_proto::ResultKind;
    ///
    /// let unexpected = ResultKind::Jpeg.instead_of(ResultKind::Png).unwrap();
    /// assert_eq!(unexpected.to_string(), "JPEG came in place of PNG, and is saved as what it is");
    /// assert_eq!(ResultKind::Png.instead_of(ResultKind::Png), None);
    /// ```
    #[must_use]
    pub fn instead_of(self, expected: Self) -> Option<UnexpectedKind> {
        (self != expected).then_some(UnexpectedKind { expected, kind: self })
    }
}

impl From<OutputFormat> for ResultKind {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Png => Self::Png,
            OutputFormat::Jpg | OutputFormat::Jpeg => Self::Jpeg,
            OutputFormat::Psd => Self::Psd,
            OutputFormat::Tiff => Self::Tiff,
            OutputFormat::Webp => Self::Webp,
        }
    }
}

impl fmt::Display for ResultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Webp => "WebP",
            Self::Tiff => "TIFF",
            Self::Psd => "PSD",
            Self::Gif => "GIF",
            Self::Avif => "AVIF",
            Self::Heic => "HEIC",
            Self::Jxl => "JPEG XL",
            Self::Bmp => "BMP",
        })
    }
}

/// A result of another kind than was expected. Not a failure: it is saved as what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UnexpectedKind {
    /// What was asked for.
    pub expected: ResultKind,
    /// What came.
    pub kind: ResultKind,
}

impl fmt::Display for UnexpectedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, kind } = self;
        write!(f, "{kind} came in place of {expected}, and is saved as what it is")
    }
}

impl NotAnImage {
    /// What bytes are that no image begins with.
    fn of(start: &[u8]) -> Self {
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        // Two bytes a letter, with or without their mark.
        let folded: Vec<u8> = match start {
            [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] => without_zeros(rest),
            [0, b'<' | b'{' | b'[', ..] | [b'<' | b'{' | b'[', 0, ..] => without_zeros(start),
            _ => start.to_vec(),
        };
        let text = folded.trim_ascii_start();
        match text {
            [b'{' | b'[', ..] => Self::Json,
            [b'<', ..] if is_html(text) => Self::Html,
            [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z', ..] => Self::Xml,
            _ if is_text(text) => Self::Text,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for NotAnImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Html => "an HTML page",
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Compressed => "compressed bytes, which were declined",
            Self::Text => "text",
            Self::Unknown => "bytes of no image that is known",
        })
    }
}

impl core::error::Error for NotAnImage {}

fn without_zeros(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| *byte != 0).collect()
}

/// Whether markup is a page's: whatever declarations and remarks stand before it.
fn is_html(markup: &[u8]) -> bool {
    let lower = markup.to_ascii_lowercase();
    let has = |tag: &[u8]| lower.windows(tag.len()).any(|at| at == tag);
    let tags: [&[u8]; 9] = [
        b"<!doctype html",
        b"<html",
        b"<head",
        b"<body",
        b"<title",
        b"<script",
        b"<meta",
        b"<br",
        b"<p>",
    ];
    tags.into_iter().any(has) || lower.starts_with(b"<h1") || lower.starts_with(b"<div")
}

/// Whether it is printable UTF-8, but for a letter that was cut at its end.
fn is_text(bytes: &[u8]) -> bool {
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => bytes
            .get(..error.valid_up_to())
            .and_then(|valid| core::str::from_utf8(valid).ok())
            .unwrap_or_default(),
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace())
}

#[cfg(test)]
mod tests;
