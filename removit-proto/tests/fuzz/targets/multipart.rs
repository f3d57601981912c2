//! An upload with a file: two independent readers see the parts that were
//! asked for, whatever the names, values and bytes are.

use removit_proto::{
    Delivery, FileName, ImageType, Mode, OutputFormat, Params, Seed, SourceFile, UploadRequest,
};

use super::input::Input;
use super::support::multer_reader::{self, Part, crlf, on_the_wire, whatwg};
use super::support::{endpoint, strict_reader};

pub fn body(input: &[u8]) {
    let mut input = Input::new(input);
    let seed = Seed::new(input.u64().into());
    let name = FileName::new(&input.text());
    let kind = input.pick(&ImageType::ALL);
    let (mut expected, mode) = mode(&mut input);
    let delivery = input.pick(&[None, Some(Delivery::Url), Some(Delivery::FinalUrl)]);
    let format = input.pick(&[None, Some(OutputFormat::Psd), Some(OutputFormat::Jpeg)]);
    let file = input.rest();

    let Ok(source) = SourceFile::new(name.clone(), kind, file.len() as u64) else {
        assert!(file.is_empty(), "only an empty file is none");
        return;
    };
    let mut request = UploadRequest::from_file(source);
    if let Some(mode) = mode {
        request = request.mode(mode);
    }
    if let Some(delivery) = delivery {
        request = request.delivery(delivery);
        expected.push(field("delivery_mode", delivery.as_str()));
    }
    if let Some(format) = format {
        request = request.format(format);
        expected.push(field("output_format", format.as_str()));
    }
    expected.push(Part {
        name: "file".to_owned(),
        file_name: Some(whatwg(name.as_str())),
        content_type: Some(kind.mime().to_owned()),
        bytes: file.to_vec(),
    });

    let wire = request.to_http(&endpoint(), seed);
    let body = on_the_wire(wire.body(), file);
    assert_eq!(wire.headers()["content-length"], body.len().to_string());
    let content_type = wire.headers()["content-type"].to_str().expect("a text");
    let boundary = content_type.split_once('=').expect("a boundary").1;
    if expected
        .iter()
        .any(|part| part.bytes.windows(boundary.len()).any(|w| w == boundary.as_bytes()))
    {
        // A fuzzer sees the seed; whoever makes a photo does not.
        return;
    }
    assert_eq!(strict_reader::parse(content_type, &body).as_ref(), Ok(&expected));
    assert_eq!(multer_reader::parse(content_type, body), expected);
}

fn mode(input: &mut Input<'_>) -> (Vec<Part>, Option<Mode>) {
    let mode = match input.byte() % 5 {
        0 => return (Vec::new(), None),
        1 => Mode::Background,
        2 => Mode::Clipping,
        3 => Mode::Params(Params::Set(input.text())),
        _ => {
            let (key, value) = (input.text(), input.text());
            Mode::Params(Params::Object([(key, value.into())].into_iter().collect()))
        }
    };
    let mut parts = vec![field("mode", mode.as_str())];
    match &mode {
        Mode::Params(Params::Set(name)) => parts.push(field("params", &crlf(name))),
        // Rule 7: the JSON text, which has no line breaks of its own.
        Mode::Params(Params::Object(object)) => {
            parts.push(field("params", &serde_json::to_string(object).expect("JSON")));
        }
        _ => {}
    }
    (parts, Some(mode))
}

fn field(name: &str, value: &str) -> Part {
    let bytes = value.as_bytes().to_vec();
    Part { name: name.to_owned(), file_name: None, content_type: None, bytes }
}
