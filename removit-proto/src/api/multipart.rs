//! `multipart/form-data` as browsers encode it, byte for byte.
//!
//! Follows the WHATWG multipart/form-data encoding algorithm: `"`, CR and LF in
//! names become `%22`, `%0D` and `%0A`, and line breaks in values become CRLF.
//! Nothing that a caller writes can end a header or start a part. Each part has
//! the headers that PHP expects and no others: a text part has no type, no part
//! has a length or a transfer encoding. The file's bytes are never read here.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;

use crate::api::body::{Body, Segment};
use crate::api::file_name::FileName;
use crate::api::image_type::ImageType;
use crate::api::seed::Seed;

/// The text that separates the parts of one body: 50 characters, 128 bits of
/// them from the seed, so that no photo can hold it by accident or by intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Boundary {
    /// The boundary is what follows the start.
    content_type: String,
}

/// No quotes: every character of the boundary is a token character.
const START: &str = "multipart/form-data; boundary=";
const PREFIX: &str = "removit-boundary--";
const CONTENT_TYPE_LEN: usize = START.len() + PREFIX.len() + 32;

impl Boundary {
    pub(crate) fn from_seed(seed: Seed) -> Self {
        let mut content_type = String::with_capacity(CONTENT_TYPE_LEN);
        content_type.push_str(START);
        content_type.push_str(PREFIX);
        content_type.extend(seed.token_digits());
        Self { content_type }
    }

    fn as_str(&self) -> &str {
        self.content_type.get(START.len()..).unwrap_or_default()
    }

    /// The value of the request's `Content-Type`.
    pub(crate) fn into_content_type(self) -> HeaderValue {
        // Always `Ok`: it is printable ASCII.
        let value = HeaderValue::from_maybe_shared(Bytes::from(self.content_type));
        value.unwrap_or(HeaderValue::from_static(START))
    }
}

/// A form under construction, part by part, in the order in which it is sent.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    boundary: &'a Boundary,
    segments: Vec<Segment>,
    pending: String,
}

/// Enough for the parts before a usual photo.
const USUAL_LEN: usize = 512;

impl<'a> Form<'a> {
    pub(crate) fn new(boundary: &'a Boundary) -> Self {
        let pending = String::with_capacity(USUAL_LEN);
        Self { boundary, segments: Vec::with_capacity(3), pending }
    }

    /// A text field. Names are the API's own, so they are constants.
    pub(crate) fn text(mut self, name: &'static str, value: &str) -> Self {
        self.start_part(name, None);
        self.pending.push_str(&normalize_newlines(value));
        self.pending.push_str("\r\n");
        self
    }

    /// A file field, whose bytes the driver puts in.
    pub(crate) fn file(
        mut self,
        name: &'static str,
        file: &FileName,
        kind: ImageType,
        len: u64,
    ) -> Self {
        self.start_part(name, Some((file, kind)));
        self.flush();
        self.segments.push(Segment::File { len });
        let end_len = "\r\n----\r\n".len().saturating_add(self.boundary.as_str().len());
        self.pending.reserve_exact(end_len);
        self.pending.push_str("\r\n");
        self
    }

    /// The whole form, closed.
    pub(crate) fn finish(mut self) -> Body {
        self.push_all(["--", self.boundary.as_str(), "--\r\n"]);
        self.flush();
        Body::new(self.segments)
    }

    fn start_part(&mut self, name: &str, file: Option<(&FileName, ImageType)>) {
        let name = normalize_newlines(name);
        self.push_all(["--", self.boundary.as_str()]);
        self.push_all(["\r\nContent-Disposition: form-data; name=\"", &escape(&name), "\""]);
        if let Some((file, kind)) = file {
            self.push_all(["; filename=\"", &escape(file.as_str())]);
            self.push_all(["\"\r\nContent-Type: ", kind.mime()]);
        }
        self.pending.push_str("\r\n\r\n");
    }

    fn push_all<const N: usize>(&mut self, texts: [&str; N]) {
        texts.into_iter().for_each(|text| self.pending.push_str(text));
    }

    fn flush(&mut self) {
        let bytes = Bytes::from(core::mem::take(&mut self.pending));
        if !bytes.is_empty() {
            self.segments.push(Segment::Bytes(bytes));
        }
    }
}

/// The escapes of the WHATWG algorithm for names and file names.
pub(crate) fn escape(name: &str) -> Cow<'_, str> {
    if !name.contains(['\n', '\r', '"']) {
        return name.into();
    }
    name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22").into()
}

/// Every line break as CRLF: a CR without LF, an LF without CR, and CRLF itself.
fn normalize_newlines(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\r']) {
        return text.into();
    }
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(body: &Body, file: &[u8]) -> String {
        let mut out = Vec::new();
        for segment in body.segments() {
            match segment {
                Segment::Bytes(bytes) => out.extend_from_slice(bytes),
                Segment::File { .. } => out.extend_from_slice(file),
            }
        }
        String::from_utf8(out).unwrap()
    }

    fn boundary() -> Boundary {
        Boundary { content_type: format!("{START}B") }
    }

    #[test]
    fn a_form_is_encoded_byte_for_byte() {
        let body = Form::new(&boundary())
            .text("mode", "params")
            .file("file", &FileName::new("cup.png"), ImageType::Png, 4)
            .finish();
        assert_eq!(
            wire(&body, b"\x01PNG"),
            "--B\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nparams\r\n\
             --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cup.png\"\r\n\
             Content-Type: image/png\r\n\r\n\x01PNG\r\n--B--\r\n"
        );
        assert_eq!(body.len(), wire(&body, b"\x01PNG").len() as u64);
    }

    #[test]
    fn a_file_name_cannot_end_its_quotes_or_its_header() {
        let name = FileName::new("a\"; x=\"\r\nX-Evil: 1\r\n\r\nb.png");
        let body = Form::new(&boundary()).file("file", &name, ImageType::Png, 0).finish();
        assert!(wire(&body, b"").contains(
            "filename=\"a%22; x=%22%0D%0AX-Evil: 1%0D%0A%0D%0Ab.png\"\r\nContent-Type: image/png\r\n\r\n"
        ));
    }

    #[test]
    fn line_breaks_in_a_value_become_crlf() {
        let body = Form::new(&boundary()).text("params", "a\nb\rc\r\nd\n\re").finish();
        assert!(wire(&body, b"").contains("\r\n\r\na\r\nb\r\nc\r\nd\r\n\r\ne\r\n--B--"));
    }

    #[test]
    fn the_boundary_is_short_enough_and_needs_no_quotes() {
        let boundary = Boundary::from_seed(Seed::new(u128::MAX));
        assert_eq!(boundary.content_type.len(), CONTENT_TYPE_LEN);
        assert!(boundary.as_str().len() <= 70);
        assert!(boundary.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    }
}
