//! What a request's body held, before anybody looks at the meaning.
//!
//! Reads nothing itself: forms come from `form`, all else from `received`.

use core::fmt;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use super::digest::Digest;

/// The longest JSON body or text field that is read.
pub(super) const TEXT_LIMIT: usize = 1 << 20;

/// A body, as far as a server reads it before it looks at the meaning.
#[derive(Debug)]
pub(super) enum Payload {
    /// Anything but multipart.
    Text(Bytes),
    /// More than a server takes.
    TooLong,
    /// `multipart/form-data`
    Form(Form),
    /// Called multipart, and is not; why.
    Malformed(String),
}

/// The file part of an upload. Its `Debug` text leaves the bytes out.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct ReceivedFile {
    /// `filename`, exactly as it was sent (WHATWG escapes are not undone).
    pub name: String,
    /// The part's `Content-Type`, exactly as it was sent.
    pub content_type: Option<String>,
    /// The file's length in bytes.
    pub len: u64,
    /// The digest of all its bytes.
    pub digest: Digest,
    /// The bytes, unless the file is longer than the configured limit.
    #[serde(skip)]
    pub kept: Option<Bytes>,
}

impl fmt::Debug for ReceivedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedFile")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

/// What a form held. Of parts with the same name the last one counts, as in PHP.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub(super) fields: BTreeMap<String, String>,
    pub(super) file: Option<ReceivedFile>,
}

/// The stream failed.
pub(super) struct Broken;
