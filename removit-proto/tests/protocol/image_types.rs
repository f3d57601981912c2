//! Photos are recognised by their first bytes, written by real encoders.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use removit_proto::ImageType;

fn photo(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/photos").join(name)).unwrap()
}

const PHOTOS: [(&str, ImageType); 9] = [
    ("coffee.png", ImageType::Png),
    ("rocket.jpg", ImageType::Jpeg),
    ("coffee-small.jpg", ImageType::Jpeg),
    ("coffee-small.webp", ImageType::Webp),
    ("coffee-small.gif", ImageType::Gif),
    ("coffee-small.avif", ImageType::Avif),
    ("coffee-small.tiff", ImageType::Tiff),
    ("coffee-small.psd", ImageType::Psd),
    ("logo.svg", ImageType::Svg),
];

#[test]
fn real_photos_are_recognised_whatever_their_name() {
    for (name, kind) in PHOTOS {
        let bytes = photo(name);
        let head = &bytes[..bytes.len().min(ImageType::HEAD_LEN)];
        for name in [name, "photo.gif", "photo.psd", "photo", "photo.txt"] {
            assert_eq!(ImageType::detect(name, head), Ok(kind), "{name}");
        }
    }
}

#[test]
fn the_contracts_eleven_mime_types_are_known() {
    for mime in [
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/gif",
        "image/avif",
        "image/tiff",
        "image/x-tiff",
        "application/tiff",
        "image/vnd.adobe.photoshop",
        "application/vnd.adobe.photoshop",
        "image/svg+xml",
    ] {
        assert!(ImageType::from_mime(mime).is_some(), "{mime}");
        assert!(ImageType::from_mime(&format!("{}; q=1", mime.to_uppercase())).is_some());
    }
    for mime in ["image/bmp", "image/heic", "text/plain", ""] {
        assert_eq!(ImageType::from_mime(mime), None, "{mime}");
    }
}

#[test]
fn names_promise_a_type_in_any_case() {
    for (name, kind) in [
        ("a.PNG", ImageType::Png),
        ("a.b.jpeg", ImageType::Jpeg),
        ("a.JPE", ImageType::Jpeg),
        ("a.tif", ImageType::Tiff),
    ] {
        assert_eq!(ImageType::from_name(name), Some(kind), "{name}");
    }
    assert_eq!(ImageType::from_name("png"), None);
    assert_eq!(ImageType::from_name("a.heic"), None);
}

#[test]
fn an_svg_is_found_behind_declaration_comment_and_document_type() {
    for text in [
        "<svg/>",
        "\u{feff}  <svg xmlns='x'>",
        "<?xml version='1.0'?>\n<!-- <svg> --><!DOCTYPE svg PUBLIC '-//W3C//DTD'>\n<svg:svg>",
        "<!DOCTYPE svg [ <!ENTITY a '>'> ]>\n<svg>",
    ] {
        assert_eq!(ImageType::from_bytes(text.as_bytes()), Some(ImageType::Svg), "{text}");
    }
    for text in ["<svgx>", "<html><svg>", "svg", "<!-- <svg>", "<?xml <svg"] {
        assert_eq!(ImageType::from_bytes(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn an_svg_with_a_late_root_is_taken_by_its_name() {
    let late = format!("<!--{}-->", "x".repeat(ImageType::HEAD_LEN));
    assert_eq!(ImageType::detect("a.svg", late.as_bytes()), Ok(ImageType::Svg));
    assert!(ImageType::detect("a.png", late.as_bytes()).is_err());
    assert!(ImageType::detect("a.svg", b"plain text").is_err());
}

#[test]
fn images_that_the_api_does_not_take_are_refused_even_under_a_good_name() {
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    for head in [&b"BM\0\0"[..], heic, b"%PDF-1.7", b"PK\x03\x04", b"", b"\x89PN"] {
        assert!(ImageType::detect("a.png", head).is_err(), "{head:?}");
    }
}

#[test]
fn an_avif_may_name_its_brand_late() {
    let head = b"\0\0\0\x20ftypmif1\0\0\0\0miafavifMA1Bmdat";
    assert_eq!(ImageType::from_bytes(head), Some(ImageType::Avif));
    let outside_the_box = b"\0\0\0\x10ftypmif1\0\0\0\0avif";
    assert_eq!(ImageType::from_bytes(outside_the_box), None);
}

proptest! {
    #[test]
    fn no_bytes_panic(head in prop::collection::vec(any::<u8>(), 0..300), name in any::<String>()) {
        let found = ImageType::detect(&name, &head);
        prop_assert!(found.is_err() || ImageType::from_bytes(&head).is_some() || head.starts_with(b"<"));
    }
}
