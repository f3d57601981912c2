//! Compression that no client asked for.

use bytes::Bytes;
use http::HeaderValue;
use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_RANGE};
use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};

use super::reply::Reply;
use crate::api::checksum::crc32;

/// How an answer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Coding {
    /// `Content-Encoding: gzip`
    Gzip,
    /// `Content-Encoding: deflate`, with the head and tail of zlib.
    Deflate,
    /// `Content-Encoding: deflate`, without them, as old servers do.
    BareDeflate,
    /// `Content-Encoding: br`, with bytes that nobody can read.
    Unreadable,
}

impl Coding {
    /// The body as it goes out.
    pub(super) fn encode(self, body: &[u8]) -> Bytes {
        const LEVEL: u8 = 6;
        let bytes = match self {
            Self::Gzip => {
                // No name and no time; the system is Unix.
                let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
                file.extend_from_slice(&compress_to_vec(body, LEVEL));
                file.extend_from_slice(&crc32(body).to_le_bytes());
                let len = u32::try_from(body.len()).unwrap_or(u32::MAX);
                file.extend_from_slice(&len.to_le_bytes());
                file
            }
            Self::Deflate => compress_to_vec_zlib(body, LEVEL),
            Self::BareDeflate => compress_to_vec(body, LEVEL),
            Self::Unreadable => body.iter().map(|byte| !byte).collect(),
        };
        bytes.into()
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate | Self::BareDeflate => "deflate",
            Self::Unreadable => "br",
        }
    }
}

impl Reply {
    /// The same answer, compressed. A part stays as it is: it would be one of
    /// another whole.
    pub(super) fn encoded(mut self, coding: Coding) -> Self {
        let is_part = self.response.headers().contains_key(CONTENT_RANGE);
        if is_part || self.response.body().is_empty() {
            return self;
        }
        let headers = self.response.headers_mut();
        headers.remove(ACCEPT_RANGES);
        headers.append(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        *self.response.body_mut() = coding.encode(self.response.body());
        self
    }
}
