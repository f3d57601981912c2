//! The multipart encoder against an independent parser, for all names and bytes.

mod support;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use proptest::prelude::*;
use removit_proto::{
    Body, Delivery, FileName, ImageType, Mode, OutputFormat, Params, Seed, Segment, SourceFile,
    UploadRequest,
};
use support::endpoint;

#[derive(Debug, PartialEq)]
struct Part {
    name: String,
    file_name: Option<String>,
    content_type: Option<String>,
    bytes: Vec<u8>,
}

fn on_the_wire(body: &Body, file: &[u8]) -> Vec<u8> {
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

fn parse(content_type: &str, wire: Vec<u8>) -> Vec<Part> {
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

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("all bytes are there"),
    }
}

/// The escapes of the WHATWG algorithm, written a second time from its text.
fn whatwg(name: &str) -> String {
    let escape = |c| match c {
        '\n' => "%0A".to_owned(),
        '\r' => "%0D".to_owned(),
        '"' => "%22".to_owned(),
        other => other.to_string(),
    };
    name.chars().map(escape).collect()
}

fn crlf(text: &str) -> String {
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

fn upload(name: &str, kind: ImageType, bytes: &[u8]) -> UploadRequest {
    let file = SourceFile::new(FileName::new(name), kind, bytes.len() as u64).unwrap();
    UploadRequest::from_file(file)
}

fn round_trip(request: &UploadRequest, seed: u128, file: &[u8]) -> Vec<Part> {
    let wire = request.to_http(&endpoint(), Seed::new(seed));
    let body = on_the_wire(wire.body(), file);
    assert_eq!(wire.headers()["content-length"], body.len().to_string());
    assert_eq!(wire.body().len(), body.len() as u64);
    parse(wire.headers()["content-type"].to_str().unwrap(), body)
}

fn any_type() -> impl Strategy<Value = ImageType> {
    prop::sample::select(ImageType::ALL.to_vec())
}

proptest! {
    #[test]
    fn any_name_and_any_bytes_arrive_as_one_file(
        name in any::<String>(),
        kind in any_type(),
        file in prop::collection::vec(any::<u8>(), 1..2000),
        seed in any::<u128>(),
    ) {
        let parts = round_trip(&upload(&name, kind, &file), seed, &file);
        prop_assert_eq!(parts, [Part {
            name: "file".to_owned(),
            file_name: Some(whatwg(FileName::new(&name).as_str())),
            content_type: Some(kind.mime().to_owned()),
            bytes: file,
        }]);
    }

    #[test]
    fn a_name_full_of_syntax_stays_a_name(
        name in "[\"\\\\;=\r\n\0 %a/:-]{0,40}",
        seed in any::<u128>(),
    ) {
        let parts = round_trip(&upload(&name, ImageType::Png, b"x"), seed, b"x");
        prop_assert_eq!(parts.len(), 1);
        let expected = whatwg(FileName::new(&name).as_str());
        prop_assert_eq!(parts[0].file_name.as_deref(), Some(expected.as_str()));
    }

    #[test]
    fn any_set_name_arrives_with_its_line_breaks_normalized(set in any::<String>()) {
        let request = upload("a.png", ImageType::Png, b"x").mode(Mode::Params(Params::set(&set)));
        let parts = round_trip(&request, 1, b"x");
        prop_assert_eq!(String::from_utf8(parts[1].bytes.clone()).unwrap(), crlf(&set));
    }

    #[test]
    fn a_photo_that_looks_like_a_form_stays_a_photo(
        seed in any::<u128>(),
        other in any::<u128>(),
    ) {
        prop_assume!(seed != other);
        let inner = upload("inner.png", ImageType::Png, b"x").to_http(&endpoint(), Seed::new(other));
        let file = on_the_wire(inner.body(), b"x");
        let parts = round_trip(&upload("a.png", ImageType::Png, &file), seed, &file);
        prop_assert_eq!(parts.len(), 1);
        prop_assert_eq!(&parts[0].bytes, &file);
    }
}

#[test]
fn every_option_is_a_text_part_before_the_file() {
    let object = serde_json::from_str(r#"{"shadow":{"x":1}}"#).unwrap();
    let request = upload("cup.jpg", ImageType::Jpeg, b"jpeg")
        .mode(Mode::Params(Params::Object(object)))
        .delivery(Delivery::FinalUrl)
        .format(OutputFormat::Tiff);
    let parts = round_trip(&request, 7, b"jpeg");
    let seen: Vec<_> = parts
        .iter()
        .map(|p| (p.name.as_str(), String::from_utf8_lossy(&p.bytes).into_owned()))
        .collect();
    let expected = [
        ("mode", "params"),
        ("params", r#"{"shadow":{"x":1}}"#),
        ("delivery_mode", "final_url"),
        ("output_format", "tiff"),
        ("file", "jpeg"),
    ];
    assert_eq!(seen, expected.map(|(name, value)| (name, value.to_owned())));
    assert!(parts[..4].iter().all(|p| p.content_type.is_none() && p.file_name.is_none()));
}
