//! `multipart/form-data` as browsers encode it, byte for byte.
//!
//! Follows the WHATWG multipart/form-data encoding algorithm: `"`, CR and LF in
//! names become `%22`, `%0D` and `%0A`, and line breaks in values become CRLF.
//! Nothing that a caller writes can end a header or start a part. Each part has
//! the headers that PHP expects and no others: a text part has no type, no part
//! has a length or a transfer encoding. The file's bytes are never read here.

use bytes::{Bytes, BytesMut};

use crate::api::body::{Body, Segment};
use crate::api::file_name::FileName;
use crate::api::image_type::ImageType;
use crate::api::seed::Seed;

/// The text that separates the parts of one body: 50 characters, 128 bits of
/// them from the seed, so that no photo can hold it by accident or by intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Boundary(String);

impl Boundary {
    pub(crate) fn from_seed(seed: Seed) -> Self {
        Self(format!("removit-boundary--{}", seed.token()))
    }

    /// The value of the request's `Content-Type`. No quotes: every character of
    /// the boundary is a token character.
    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.0)
    }
}

/// A form under construction, part by part, in the order in which it is sent.
#[derive(Debug)]
pub(crate) struct Form {
    boundary: Boundary,
    segments: Vec<Segment>,
    pending: BytesMut,
}

impl Form {
    pub(crate) fn new(boundary: Boundary) -> Self {
        Self { boundary, segments: Vec::new(), pending: BytesMut::new() }
    }

    /// A text field. Names are the API's own, so they are constants.
    pub(crate) fn text(mut self, name: &'static str, value: &str) -> Self {
        self.start_part(name, None);
        self.push(&normalize_newlines(value));
        self.push("\r\n");
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
        self.push("\r\n");
        self
    }

    /// The whole form, closed.
    pub(crate) fn finish(mut self) -> Body {
        let end = format!("--{}--\r\n", self.boundary.0);
        self.push(&end);
        self.flush();
        Body::new(self.segments)
    }

    fn start_part(&mut self, name: &str, file: Option<(&FileName, ImageType)>) {
        let mut head = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{}\"",
            self.boundary.0,
            escape(&normalize_newlines(name)),
        );
        if let Some((file, kind)) = file {
            let name = escape(file.as_str());
            head.push_str(&format!("; filename=\"{name}\"\r\nContent-Type: {kind}"));
        }
        head.push_str("\r\n\r\n");
        self.push(&head);
    }

    fn push(&mut self, text: &str) {
        self.pending.extend_from_slice(text.as_bytes());
    }

    fn flush(&mut self) {
        let bytes: Bytes = self.pending.split().freeze();
        if !bytes.is_empty() {
            self.segments.push(Segment::Bytes(bytes));
        }
    }
}

/// The escapes of the WHATWG algorithm for names and file names.
pub(crate) fn escape(name: &str) -> String {
    name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22")
}

/// Every line break as CRLF: a CR without LF, an LF without CR, and CRLF itself.
fn normalize_newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
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
        Boundary("B".to_owned())
    }

    #[test]
    fn a_form_is_encoded_byte_for_byte() {
        let body = Form::new(boundary())
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
        let body = Form::new(boundary()).file("file", &name, ImageType::Png, 0).finish();
        assert!(wire(&body, b"").contains(
            "filename=\"a%22; x=%22%0D%0AX-Evil: 1%0D%0A%0D%0Ab.png\"\r\nContent-Type: image/png\r\n\r\n"
        ));
    }

    #[test]
    fn line_breaks_in_a_value_become_crlf() {
        let body = Form::new(boundary()).text("params", "a\nb\rc\r\nd\n\re").finish();
        assert!(wire(&body, b"").contains("\r\n\r\na\r\nb\r\nc\r\nd\r\n\r\ne\r\n--B--"));
    }

    #[test]
    fn the_boundary_is_short_enough_and_needs_no_quotes() {
        let boundary = Boundary::from_seed(Seed::new(u128::MAX));
        assert!(boundary.0.len() <= 70);
        assert!(boundary.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    }
}
