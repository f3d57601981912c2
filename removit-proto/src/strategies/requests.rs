//! What a caller asks for.

use proptest::prelude::*;

use crate::{
    Delivery, FileName, ImageType, Mode, OutputFormat, Params, SourceFile, UploadOptions,
    UploadRequest,
};

/// Texts with all that a name, a path or a server's word may have in it: plain,
/// any Unicode, control characters, long.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z/.]{1,12}",
        any::<String>(),
        Just("line\nbreak\r\n\u{2028}\u{0}\u{1b}[2J\"\\".to_owned()),
        Just("é".repeat(200)),
    ]
}

/// Any options: each given or left to its default.
pub fn upload_options() -> impl Strategy<Value = UploadOptions> {
    let object = prop::collection::btree_map(text(), any::<i64>(), 0..3);
    let object = object.prop_map(|map| map.into_iter().map(|(k, v)| (k, v.into())).collect());
    let mode = prop_oneof![
        Just(Mode::Background),
        Just(Mode::Clipping),
        text().prop_map(|name| Mode::Params(Params::Set(name))),
        object.prop_map(|object| Mode::Params(Params::Object(object))),
    ];
    let delivery = prop::sample::select(vec![Delivery::Url, Delivery::FinalUrl]);
    let format = prop::sample::select(vec![
        OutputFormat::Png,
        OutputFormat::Jpg,
        OutputFormat::Jpeg,
        OutputFormat::Psd,
        OutputFormat::Tiff,
        OutputFormat::Webp,
    ]);
    (prop::option::of(mode), prop::option::of(delivery), prop::option::of(format)).prop_map(
        |(mode, delivery, format)| {
            let mut options = UploadOptions::default();
            (options.mode, options.delivery, options.format) = (mode, delivery, format);
            options
        },
    )
}

/// Any upload: by URL, or of a file whose bytes the driver supplies.
pub fn upload_request() -> impl Strategy<Value = UploadRequest> {
    let url = "https?://[a-z]{1,9}\\.example/[a-zA-Z0-9._~-]{0,20}(\\?[a-z]{1,5}=[a-z0-9]{0,9})?";
    let by_url = url.prop_filter_map("a URL that is refused", |url| {
        Some(UploadRequest::from_url(url.parse().ok()?))
    });
    let kind = prop::sample::select(ImageType::ALL.to_vec());
    let by_file =
        (text(), kind, 1_u64..1 << 40).prop_filter_map("an empty file", |(name, kind, len)| {
            Some(UploadRequest::from_file(SourceFile::new(FileName::new(&name), kind, len).ok()?))
        });
    let source = prop_oneof![by_url, by_file];
    (source, upload_options()).prop_map(|(request, options)| request.with_options(options))
}
