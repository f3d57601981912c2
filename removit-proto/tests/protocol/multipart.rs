//! The multipart encoder against two independent parsers, for all names and bytes.

use crate::support::multer_reader::{self, Part, crlf, on_the_wire, whatwg};
use crate::support::{endpoint, strict_reader};
use proptest::prelude::*;
use removit_proto::{
    Delivery, FileName, ImageType, Mode, OutputFormat, Params, Seed, SourceFile, UploadRequest,
};

fn upload(name: &str, kind: ImageType, bytes: &[u8]) -> UploadRequest {
    let file = SourceFile::new(FileName::new(name), kind, bytes.len() as u64).unwrap();
    UploadRequest::from_file(file)
}

fn round_trip(request: &UploadRequest, seed: u128, file: &[u8]) -> Vec<Part> {
    let wire = request.to_http(&endpoint(), Seed::new(seed));
    let body = on_the_wire(wire.body(), file);
    assert_eq!(wire.headers()["content-length"], body.len().to_string());
    assert_eq!(wire.body().len(), body.len() as u64);
    let content_type = wire.headers()["content-type"].to_str().unwrap();
    let parts = strict_reader::parse(content_type, &body).unwrap();
    assert_eq!(parts, multer_reader::parse(content_type, body));
    parts
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
