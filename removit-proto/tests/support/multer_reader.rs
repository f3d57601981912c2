//! A form's parts as `multer` reads them, and what the WHATWG algorithm makes
//! of a name and a value, written a second time from its text.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use removit_proto::{Body, Segment};

/// One part of a form.
#[derive(Debug, PartialEq)]
pub struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Vec<u8>,
}

/// The bytes that a driver sends.
pub fn on_the_wire(body: &Body, file: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for segment in body.segments() {
        match segment {
            Segment::Bytes(bytes) => wire.extend_from_slice(bytes),
            Segment::File { len } => {
                assert_eq!(*len, file.len() as u64);
                wire.extend_from_slice(file);
            }
            other => panic!("unknown segment {other:?}"),
        }
    }
    wire
}

/// The parts of a form.
pub fn parse(content_type: &str, wire: Vec<u8>) -> Vec<Part> {
    let boundary = multer::parse_boundary(content_type).unwrap();
    let stream = OneChunk(Some(Bytes::from(wire)));
    let mut form = multer::Multipart::new(stream, boundary);
    ready(async move {
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await.unwrap() {
            parts.push(Part {
                name: field.name().unwrap().to_owned(),
                file_name: field.file_name().map(str::to_owned),
                content_type: field.content_type().map(ToString::to_string),
                bytes: field.bytes().await.unwrap().to_vec(),
            });
        }
        parts
    })
}

struct OneChunk(Option<Bytes>);

impl futures_core::Stream for OneChunk {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("all bytes are there"),
    }
}

/// The escapes of a name.
pub fn whatwg(name: &str) -> String {
    let escape = |c| match c {
        '\n' => "%0A".to_owned(),
        '\r' => "%0D".to_owned(),
        '"' => "%22".to_owned(),
        other => other.to_string(),
    };
    name.chars().map(escape).collect()
}

/// The line breaks of a value.
pub fn crlf(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push_str("\r\n");
            }
            '\n' => out.push_str("\r\n"),
            other => out.push(other),
        }
    }
    out
}
