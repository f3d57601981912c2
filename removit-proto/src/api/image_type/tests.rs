//! Names and first bytes of what the API takes.

use super::*;

#[test]
fn a_file_that_is_no_image_is_told_with_what_its_name_promised() {
    let told = |promised| UnsupportedImage { promised, found: None }.to_string();
    assert!(told(Some(ImageType::Png)).contains("named like"));
    assert!(told(None).contains("WebP"));
}

#[test]
fn a_kind_is_called_by_its_mime_type_and_ends_as_its_name() {
    for (kind, mime, endings) in [
        (ImageType::Png, "image/png", "png"),
        (ImageType::Jpeg, "image/jpeg", "jpg jpeg jpe jfif"),
        (ImageType::Webp, "image/webp", "webp"),
        (ImageType::Gif, "image/gif", "gif"),
        (ImageType::Avif, "image/avif", "avif"),
        (ImageType::Tiff, "image/tiff", "tiff tif"),
        (ImageType::Psd, "image/vnd.adobe.photoshop", "psd"),
        (ImageType::Svg, "image/svg+xml", "svg"),
    ] {
        assert_eq!((kind.mime(), kind.to_string().as_str()), (mime, mime));
        assert!(endings.starts_with(kind.extension()), "{mime}");
        for ending in endings.split(' ') {
            assert_eq!(ImageType::from_name(&format!("a.{ending}")), Some(kind), "{ending}");
        }
    }
}

#[test]
fn an_svg_may_begin_with_a_document_type_that_has_a_subset() {
    for (head, kind) in [
        ("<!DOCTYPE svg [<!ENTITY a 'b>'>]><svg>", Some(ImageType::Svg)),
        ("<!DOCTYPE svg><svg title='[]>'>", Some(ImageType::Svg)),
        ("<!DOCTYPE svg [<!ENTITY svg '>'> <svg>", None),
        ("<!DOCTYPE svg [", None),
    ] {
        assert_eq!(ImageType::from_bytes(head.as_bytes()), kind, "{head}");
    }
}
