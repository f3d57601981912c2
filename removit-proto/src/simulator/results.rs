//! What a job's result URLs serve: a real picture of the format that was asked
//! for, whole or in part, and a header that says honestly where it is from.
//!
//! An upload that is of that format already comes back as it is; for any other
//! a picture is [drawn](super::pictures), since no image is processed here.

use core::fmt;

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::digest::Digest;
use super::pictures::draw;
use super::range::Asked;
use super::reply::Reply;
use super::validate::{Order, Source};
use crate::{ImageType, OutputFormat};

/// On every result: what its bytes are.
pub(super) const LABEL: HeaderName = HeaderName::from_static("x-removit-simulated");

const FORMATS: [(OutputFormat, ImageType); 6] = [
    (OutputFormat::Png, ImageType::Png),
    (OutputFormat::Jpg, ImageType::Jpeg),
    (OutputFormat::Jpeg, ImageType::Jpeg),
    (OutputFormat::Psd, ImageType::Psd),
    (OutputFormat::Tiff, ImageType::Tiff),
    (OutputFormat::Webp, ImageType::Webp),
];

/// One picture, served under each of its job's names.
#[derive(Clone)]
pub(super) struct Picture {
    bytes: Bytes,
    format: OutputFormat,
    kind: ImageType,
    /// What a drawn picture is drawn from: the digest of the photo or its URL.
    seed: u64,
    label: &'static str,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.kind, self.bytes.len())
    }
}

impl Picture {
    pub(super) fn of(order: &Order) -> Self {
        let asked = FORMATS.into_iter().find(|(format, _)| format.as_str() == order.output_format);
        // The order was judged: there is no other format.
        let (format, kind) = asked.unwrap_or((OutputFormat::Png, ImageType::Png));
        let drawn =
            |seed, label| Self { bytes: draw(format, seed).into(), format, kind, seed, label };
        match &order.source {
            Source::FileUrl(url) => drawn(
                Digest::of(url.as_bytes()),
                "a drawn picture: the simulator fetches no file_url",
            ),
            Source::File(file) => {
                let seed = file.digest.value();
                match &file.kept {
                    None => drawn(
                        seed,
                        "a drawn picture: the upload is longer than the simulator keeps",
                    ),
                    Some(bytes) if ImageType::from_bytes(bytes) == Some(kind) => {
                        let label = "the uploaded bytes, unchanged";
                        Self { bytes: bytes.clone(), format, kind, seed, label }
                    }
                    Some(_) => drawn(
                        seed,
                        "a drawn picture: the upload is not of the format that was asked for",
                    ),
                }
            }
        }
    }

    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The ending that was asked for, which is true to the bytes.
    pub(super) fn extension(&self) -> &'static str {
        self.format.as_str()
    }

    /// Another picture of the same format, as if it had been made again.
    pub(super) fn made_again(&self) -> Self {
        let seed = !self.seed;
        let bytes = draw(self.format, seed).into();
        Self { bytes, seed, label: "a drawn picture: the result was made again", ..self.clone() }
    }

    /// The same picture in another format than was asked for.
    pub(super) fn in_format(&self, format: OutputFormat) -> Self {
        let kind = FORMATS.into_iter().find(|(known, _)| *known == format);
        let kind = kind.map_or(ImageType::Png, |(_, kind)| kind);
        let bytes = draw(format, self.seed).into();
        Self { bytes, format, kind, seed: self.seed, label: "a drawn picture of another format" }
    }

    /// The answer to a request with these headers: whole, or the part that was
    /// asked for.
    pub(super) fn reply(&self, headers: &HeaderMap) -> Reply {
        let etag = format!("\"{:016x}\"", Digest::of(&self.bytes));
        let len = self.bytes.len();
        let reply = match Asked::of(headers, &etag, len) {
            Asked::Whole => Reply::text(StatusCode::OK, self.kind.mime(), self.bytes.clone()),
            Asked::Part { first, last } => self.part(first, last),
            Asked::Beyond => Reply::bare(StatusCode::RANGE_NOT_SATISFIABLE)
                .header(CONTENT_RANGE, &format!("bytes */{len}")),
        };
        reply
            .header(ETAG, &etag)
            .with(ACCEPT_RANGES, HeaderValue::from_static("bytes"))
            .with(LABEL, HeaderValue::from_static(self.label))
    }

    /// 206 with these bytes, the last one included.
    pub(super) fn part(&self, first: usize, last: usize) -> Reply {
        let len = self.bytes.len();
        let end = last.saturating_add(1).min(len);
        let part = self.bytes.slice(first.min(end)..end);
        Reply::text(StatusCode::PARTIAL_CONTENT, self.kind.mime(), part)
            .header(CONTENT_RANGE, &format!("bytes {first}-{last}/{len}"))
    }

    /// The whole answer of a server that knows neither parts nor versions.
    pub(super) fn whole(&self) -> Reply {
        Reply::text(StatusCode::OK, self.kind.mime(), self.bytes.clone())
            .with(LABEL, HeaderValue::from_static(self.label))
    }
}
