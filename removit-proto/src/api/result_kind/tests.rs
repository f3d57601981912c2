//! What first bytes and endings say of a result.

use super::*;

#[test]
fn every_image_is_told_by_its_first_bytes() {
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    let avif = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1";
    for (start, kind) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], ResultKind::Png),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", ResultKind::Jpeg),
        (b"RIFF\x10\0\0\0WEBPVP8L", ResultKind::Webp),
        (b"II*\0\x08\0\0\0", ResultKind::Tiff),
        (b"MM\0+\0\x08\0\0", ResultKind::Tiff),
        (b"8BPS\0\x01\0\0", ResultKind::Psd),
        (b"GIF89a\x01\0", ResultKind::Gif),
        (avif, ResultKind::Avif),
        (heic, ResultKind::Heic),
        (b"\xff\x0a\xfa\x1f", ResultKind::Jxl),
        (b"\0\0\0\x0cJXL \r\n\x87\n", ResultKind::Jxl),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0", ResultKind::Bmp),
    ] {
        assert_eq!(ResultKind::from_bytes(start), Ok(kind));
        assert_eq!(ResultKind::from_extension(kind.extension()), Some(kind));
    }
}

#[test]
fn whatever_is_no_image_is_told_as_what_it_is() {
    for (start, what) in [
        (&b"<!DOCTYPE html><html>"[..], NotAnImage::Html),
        (b"\xef\xbb\xbf\r\n  <!-- busy --><HTML lang=en>", NotAnImage::Html),
        (b"<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC><html>", NotAnImage::Html),
        (b"<h1>502 Bad Gateway</h1>", NotAnImage::Html),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>", NotAnImage::Xml),
        (b"<Error><Code>NoSuchKey</Code></Error>", NotAnImage::Xml),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NotAnImage::Xml),
        (b"  {\"status\":\"pending\"}", NotAnImage::Json),
        (b"\xef\xbb\xbf[]", NotAnImage::Json),
        (b"\xff\xfe{\0\"\0a\0\"\0}\0", NotAnImage::Json),
        (b"\0<\0h\0t\0m\0l\0>", NotAnImage::Html),
        (b"\x1f\x8b\x08\0\0\0\0\0", NotAnImage::Compressed),
        (b"not ready yet, \xc3", NotAnImage::Text),
        ("später".as_bytes(), NotAnImage::Text),
        (b"\x89PNX\r\n", NotAnImage::Unknown),
        (b"not ready \xff yet", NotAnImage::Unknown),
        (b"not\x07", NotAnImage::Unknown),
        (b"\0\0\0\0", NotAnImage::Unknown),
        (b"BMW is a brand", NotAnImage::Text),
        (b"", NotAnImage::Unknown),
    ] {
        assert_eq!(ResultKind::from_bytes(start), Err(what), "{}", start.escape_ascii());
    }
}

#[test]
fn a_kind_has_a_name_for_people_and_endings_for_files() {
    for (kind, name, endings) in [
        (ResultKind::Png, "PNG", "png"),
        (ResultKind::Jpeg, "JPEG", "jpg jpeg jpe jfif"),
        (ResultKind::Webp, "WebP", "webp"),
        (ResultKind::Tiff, "TIFF", "tiff tif"),
        (ResultKind::Psd, "PSD", "psd psb"),
        (ResultKind::Gif, "GIF", "gif"),
        (ResultKind::Avif, "AVIF", "avif"),
        (ResultKind::Heic, "HEIC", "heic heif hif"),
        (ResultKind::Jxl, "JPEG XL", "jxl"),
        (ResultKind::Bmp, "BMP", "bmp"),
    ] {
        assert_eq!(kind.to_string(), name);
        assert_eq!(Some(kind.extension()), endings.split(' ').next());
        for ending in endings.split(' ').map(str::to_owned) {
            for ending in [ending.to_uppercase(), ending] {
                assert_eq!(ResultKind::from_extension(&ending), Some(kind), "{ending}");
            }
        }
    }
    for other in ["", "svg", "cr2", ".png", "txt"] {
        assert_eq!(ResultKind::from_extension(other), None, "{other}");
    }
}

#[test]
fn a_kind_that_was_not_asked_for_is_told() {
    use crate::OutputFormat as Asked;
    for (asked, kind) in [
        (Asked::Png, ResultKind::Png),
        (Asked::Jpg, ResultKind::Jpeg),
        (Asked::Jpeg, ResultKind::Jpeg),
        (Asked::Psd, ResultKind::Psd),
        (Asked::Tiff, ResultKind::Tiff),
        (Asked::Webp, ResultKind::Webp),
    ] {
        assert_eq!(ResultKind::from(asked), kind);
        assert_eq!(kind.instead_of(asked.into()), None);
        let unexpected = ResultKind::Bmp.instead_of(asked.into()).unwrap();
        assert_eq!((unexpected.expected, unexpected.kind), (kind, ResultKind::Bmp));
        let told = format!("BMP came in place of {kind}, and is saved as what it is");
        assert_eq!(unexpected.to_string(), told);
    }
}

#[test]
fn what_came_in_place_of_an_image_is_called_by_its_name() {
    for (what, name) in [
        (NotAnImage::Html, "an HTML page"),
        (NotAnImage::Json, "JSON"),
        (NotAnImage::Xml, "XML"),
        (NotAnImage::Compressed, "compressed bytes, which were declined"),
        (NotAnImage::Text, "text"),
        (NotAnImage::Unknown, "bytes of no image that is known"),
    ] {
        assert_eq!(what.to_string(), name);
    }
}
