//! What makes two uploads the same: the photo and what is asked of it.
//!
//! A journal knows its inputs by this key, so that a second run finds what was
//! paid for before, whatever the file is called by now, and a copy is never paid
//! for twice. What is hashed is defined here; the hashing is an adapter's.

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::source::Source;
use crate::api::upload_options::{Delivery, Mode, OutputFormat, Params, UploadOptions};
use crate::api::upload_request::UploadRequest;
use crate::journal::content_hash::{ContentHash, InvalidHash};

/// Tells these hashes from all others; another pre-image gets another version.
const DOMAIN: &[u8] = b"removit input key, version 1\n";

/// The SHA-256 of an input's [`preimage`](Self::preimage): the photo's content
/// or URL, with the options of its job.
///
/// The file's name and type are no part of it. What a request leaves unset
/// counts as the vendor's default, and `jpeg` as `jpg`: the results are the same.
/// A URL counts as it is written, and not for what is behind it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputKey(ContentHash);

impl InputKey {
    /// The key from the SHA-256 of its pre-image.
    #[must_use]
    pub const fn new(hash: ContentHash) -> Self {
        Self(hash)
    }

    /// The hash itself.
    #[must_use]
    pub const fn hash(&self) -> &ContentHash {
        &self.0
    }

    /// What a key is the SHA-256 of. `content` is the SHA-256 of the photo's
    /// bytes, or of the URL's text.
    ///
    /// The text `removit input key, version 1` and a line feed; then six fields,
    /// each as its length in bytes (eight bytes, big-endian) and its bytes:
    ///
    /// 1. `file` or `url`
    /// 2. `content`, 32 bytes
    /// 3. the mode as on the wire
    /// 4. the parameter set: nothing where the mode is not `params`; `set:` and
    ///    its name; or `object:` and the object as JSON without white space, with
    ///    keys in the order of their UTF-8 bytes
    /// 5. the delivery mode as on the wire
    /// 6. the format as on the wire, `jpg` for `jpeg`
    ///
    /// ```
    /// use removit_proto::{ContentHash, InputKey, Mode, UploadRequest};
    ///
    /// let hash = ContentHash::new([7; 32]);
    /// let request = UploadRequest::from_url("https://example.com/cup.jpg".parse()?);
    /// let preimage = InputKey::preimage(&request, &hash);
    /// assert!(preimage.starts_with(b"removit input key, version 1\n\0\0\0\0\0\0\0\x03url"));
    /// // The vendor's default, said aloud, is the same job.
    /// assert_eq!(InputKey::preimage(&request.mode(Mode::Clipping), &hash), preimage);
    /// # Ok::<(), removit_proto::UrlError>(())
    /// ```
    #[must_use]
    pub fn preimage(request: &UploadRequest, content: &ContentHash) -> Vec<u8> {
        let source = match request.source() {
            Source::Url(_) => "url",
            Source::File(_) => "file",
        };
        let UploadOptions { mode, delivery, format } = request.options();
        let mode = mode.unwrap_or(Mode::Clipping);
        let format = match format.unwrap_or(OutputFormat::Png) {
            OutputFormat::Jpeg => OutputFormat::Jpg,
            format => format,
        };
        let mut preimage = DOMAIN.to_vec();
        field(&mut preimage, source.as_bytes());
        field(&mut preimage, content.bytes());
        field(&mut preimage, mode.as_str().as_bytes());
        field(&mut preimage, params(&mode).as_bytes());
        field(&mut preimage, delivery.unwrap_or(Delivery::Url).as_str().as_bytes());
        field(&mut preimage, format.as_str().as_bytes());
        preimage
    }
}

fn field(preimage: &mut Vec<u8>, bytes: &[u8]) {
    // No length of this machine is larger.
    let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    preimage.extend_from_slice(&len.to_be_bytes());
    preimage.extend_from_slice(bytes);
}

fn params(mode: &Mode) -> String {
    match mode {
        Mode::Background | Mode::Clipping => String::new(),
        Mode::Params(Params::Set(name)) => format!("set:{name}"),
        Mode::Params(Params::Text(text)) => format!("text:{}", text.as_str()),
        Mode::Params(Params::Object(object)) => {
            let mut text = "object:".to_owned();
            write_object(&mut text, object);
            text
        }
    }
}

fn write_object(text: &mut String, object: &serde_json::Map<String, Value>) {
    // The map's own order depends on a feature of `serde_json` that any crate of
    // a program can switch on.
    let mut fields: Vec<_> = object.iter().collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    text.push('{');
    for (n, (name, value)) in fields.into_iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write_value(text, value);
    }
    text.push('}');
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Object(object) => write_object(text, object),
        Value::Array(values) => {
            text.push('[');
            for (n, value) in values.iter().enumerate() {
                if n > 0 {
                    text.push(',');
                }
                write_value(text, value);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

impl core::str::FromStr for InputKey {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        text.parse().map(Self)
    }
}

impl fmt::Display for InputKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for InputKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InputKey({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_its_digits_and_read_back() {
        let key = InputKey::new(ContentHash::new([0xab; 32]));
        assert_eq!(key.to_string().len(), 64);
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(format!("{key:?}"), format!("InputKey({key})"));
    }
}
