//! The kinds of image that the API takes, and how a file is recognised as one.
//!
//! The first bytes win over the name: a JPEG called `photo.png` is sent as a
//! JPEG. Nothing here reads a file; the caller hands over the first bytes.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::api::foreign_image::ForeignImage;

/// An image format that the API takes for `file`.
///
/// The contract lists 11 MIME types for these eight formats; all of them are
/// understood by [`from_mime`](Self::from_mime), and [`mime`](Self::mime) is the
/// one that goes over the wire.
///
/// ```
/// use removit_proto::ImageType;
///
/// // The bytes win over the name.
/// let found = ImageType::detect("photo.png", b"\xff\xd8\xff\xe0 and more");
/// assert_eq!(found, Ok(ImageType::Jpeg));
/// assert!(ImageType::detect("notes.txt", b"no image at all").is_err());
/// assert_eq!(ImageType::from_mime("application/tiff"), Some(ImageType::Tiff));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ImageType {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
    /// `image/webp`
    Webp,
    /// `image/gif`
    Gif,
    /// `image/avif`
    Avif,
    /// `image/tiff`, `image/x-tiff`, `application/tiff`
    Tiff,
    /// `image/vnd.adobe.photoshop`, `application/vnd.adobe.photoshop`
    Psd,
    /// `image/svg+xml`
    Svg,
}

impl ImageType {
    /// Every format, in the contract's order.
    pub const ALL: [Self; 8] = [
        Self::Png,
        Self::Jpeg,
        Self::Webp,
        Self::Gif,
        Self::Avif,
        Self::Tiff,
        Self::Psd,
        Self::Svg,
    ];

    /// How many of a file's first bytes [`detect`](Self::detect) looks at.
    pub const HEAD_LEN: usize = 4096;

    /// The MIME type that goes over the wire.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Avif => "image/avif",
            Self::Tiff => "image/tiff",
            Self::Psd => "image/vnd.adobe.photoshop",
            Self::Svg => "image/svg+xml",
        }
    }

    /// The usual ending of a file's name, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Avif => "avif",
            Self::Tiff => "tiff",
            Self::Psd => "psd",
            Self::Svg => "svg",
        }
    }

    /// The format behind one of the contract's 11 MIME types; parameters and
    /// case do not matter.
    #[must_use]
    pub fn from_mime(mime: &str) -> Option<Self> {
        let essence = mime.split(';').next().unwrap_or_default().trim();
        let alias = match essence.to_ascii_lowercase().as_str() {
            "image/x-tiff" | "application/tiff" => Some(Self::Tiff),
            "application/vnd.adobe.photoshop" => Some(Self::Psd),
            _ => None,
        };
        alias.or_else(|| {
            Self::ALL.into_iter().find(|kind| kind.mime().eq_ignore_ascii_case(essence))
        })
    }

    /// The format that a file's name promises.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "jpeg" | "jpe" | "jfif" => Some(Self::Jpeg),
            "tif" => Some(Self::Tiff),
            other => Self::ALL.into_iter().find(|kind| kind.extension() == other),
        }
    }

    /// The format that a file's first bytes show.
    #[must_use]
    pub fn from_bytes(head: &[u8]) -> Option<Self> {
        let head = head.get(..Self::HEAD_LEN).unwrap_or(head);
        match head {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            // 42 is TIFF, 43 BigTIFF; `II` and `MM` are the byte orders.
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            // Version 1 is PSD, version 2 its large form PSB.
            [b'8', b'B', b'P', b'S', 0, 1 | 2, ..] => Some(Self::Psd),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => has_avif_brand(head).then_some(Self::Avif),
            _ => has_svg_root(head).then_some(Self::Svg),
        }
    }

    /// The format of a file by its first bytes (all of them, or at least
    /// [`HEAD_LEN`](Self::HEAD_LEN)) and its name.
    ///
    /// The name alone is trusted for SVG only, whose root element may come
    /// late: all other formats show themselves in their first bytes, and a file
    /// that does not is broken.
    ///
    /// # Errors
    /// [`UnsupportedImage`] where the API would refuse the file. Nothing has
    /// been sent and nothing is charged.
    pub fn detect(name: &str, head: &[u8]) -> Result<Self, UnsupportedImage> {
        let promised = Self::from_name(name);
        let shown = Self::from_bytes(head);
        let found = match shown {
            // A camera's raw file looks like one: its ending tells where its bytes do not.
            None | Some(Self::Tiff) => {
                ForeignImage::from_bytes(head).or_else(|| ForeignImage::from_name(name))
            }
            Some(_) => None,
        };
        shown
            .or_else(|| promised.filter(|kind| *kind == Self::Svg && looks_like_xml(head)))
            .filter(|_| found.is_none())
            .ok_or(UnsupportedImage { promised, found })
    }
}

impl fmt::Display for ImageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mime())
    }
}

/// The file is no image of a kind that the API takes. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnsupportedImage {
    /// What the name promised but the bytes did not show.
    pub promised: Option<ImageType>,
    /// What it is, where it is an image of another kind.
    pub found: Option<ForeignImage>,
}

impl fmt::Display for UnsupportedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(found) = self.found {
            return write!(
                f,
                "it is {found}, which the API does not take (PNG, JPEG, WebP, GIF, AVIF, TIFF, \
                 PSD, SVG); nothing was sent"
            );
        }
        match self.promised {
            Some(kind) => write!(
                f,
                "the file is named like {kind}, but its bytes are of no image type that the API takes; \
                 nothing was sent"
            ),
            None => f.write_str(
                "not an image type that the API takes (PNG, JPEG, WebP, GIF, AVIF, TIFF, PSD, SVG); \
                 nothing was sent",
            ),
        }
    }
}

impl core::error::Error for UnsupportedImage {}

/// Whether the `ftyp` box names AVIF as its major or a compatible brand.
fn has_avif_brand(head: &[u8]) -> bool {
    let Some((size, rest)) = head.split_first_chunk::<4>() else {
        return false;
    };
    let box_len = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX);
    let brands = rest.get(..box_len.saturating_sub(4)).unwrap_or(rest);
    let brands = brands.get(4..).unwrap_or_default();
    // The second of the four-byte words is a version number, not a brand.
    brands
        .chunks_exact(4)
        .enumerate()
        .any(|(i, brand)| i != 1 && matches!(brand, b"avif" | b"avis"))
}

/// Whether the first element of an XML text is `svg`, after the declaration,
/// comments and document type that may come before it.
fn has_svg_root(head: &[u8]) -> bool {
    let mut rest = skip_bom_and_space(head);
    loop {
        let end: &[u8] = match rest {
            [b'<', b's', b'v', b'g', next, ..] => {
                return next.is_ascii_whitespace() || matches!(next, b'>' | b'/' | b':');
            }
            [b'<', b'?', ..] => b"?>",
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            // An internal subset has `>` of its own before its `]`.
            [b'<', b'!', ..] if subset_opens_first(rest) => b"]>",
            [b'<', b'!', ..] => b">",
            _ => return false,
        };
        match find(rest, end).and_then(|at| rest.get(at.saturating_add(end.len())..)) {
            Some(after) => rest = after.trim_ascii_start(),
            None => return false,
        }
    }
}

fn subset_opens_first(declaration: &[u8]) -> bool {
    declaration.iter().find(|byte| matches!(byte, b'[' | b'>')) == Some(&b'[')
}

fn looks_like_xml(head: &[u8]) -> bool {
    skip_bom_and_space(head).first() == Some(&b'<')
        // UTF-16, which the search for a root element does not read.
        || matches!(head, [0xff, 0xfe, b'<', 0, ..] | [0xfe, 0xff, 0, b'<', ..])
}

fn skip_bom_and_space(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests;
