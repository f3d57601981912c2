//! What a job's result URLs serve: the uploaded bytes or a built-in picture,
//! and a header that says honestly which.

use core::fmt;

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderValue, StatusCode};

use super::png::ONE_PIXEL;
use super::reply::Reply;
use super::validate::Source;
use crate::ImageType;

/// On every result: what its bytes are.
pub(super) const LABEL: HeaderName = HeaderName::from_static("x-removit-simulated");

/// One picture, served under each of its job's names.
#[derive(Clone)]
pub(super) struct Picture {
    bytes: Bytes,
    mime: &'static str,
    extension: &'static str,
    label: &'static str,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.mime, self.bytes.len())
    }
}

impl Picture {
    pub(super) fn of(source: &Source) -> Self {
        match source {
            Source::FileUrl(_) => {
                Self::built_in("a built-in picture: the simulator fetches no file_url")
            }
            Source::File(file) => match &file.kept {
                None => Self::built_in(
                    "a built-in picture: the upload is longer than the simulator keeps",
                ),
                Some(bytes) => {
                    let kind = ImageType::from_bytes(bytes);
                    let octets = "application/octet-stream";
                    Self {
                        bytes: bytes.clone(),
                        mime: kind.map_or(octets, ImageType::mime),
                        extension: kind.map_or("bin", ImageType::extension),
                        label: "the uploaded bytes, unchanged",
                    }
                }
            },
        }
    }

    /// The ending that is true to the bytes, whatever `output_format` asked for.
    pub(super) fn extension(&self) -> &'static str {
        self.extension
    }

    pub(super) fn reply(&self) -> Reply {
        Reply::text(StatusCode::OK, self.mime, self.bytes.clone())
            .with(LABEL, HeaderValue::from_static(self.label))
    }

    fn built_in(label: &'static str) -> Self {
        Self {
            bytes: Bytes::from_static(ONE_PIXEL),
            mime: ImageType::Png.mime(),
            extension: ImageType::Png.extension(),
            label,
        }
    }
}
