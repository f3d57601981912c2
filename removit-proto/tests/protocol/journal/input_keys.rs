//! What the key of an input is the hash of.

use removit_proto::{
    ContentHash, Delivery, FileName, ImageType, InputKey, Mode, OutputFormat, Params, SourceFile,
    UploadOptions, UploadRequest,
};
use serde_json::Value;

fn url_request() -> UploadRequest {
    UploadRequest::from_url("https://example.com/cup.jpg?size=1".parse().unwrap())
}

fn file_request(name: &str, image_type: ImageType) -> UploadRequest {
    UploadRequest::from_file(SourceFile::new(FileName::new(name), image_type, 7).unwrap())
}

fn preimage(request: &UploadRequest) -> Vec<u8> {
    InputKey::preimage(request, &ContentHash::new([7; 32]))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_preimage_is_as_python_computes_it() {
    let rows: Vec<Value> =
        serde_json::from_str(include_str!("../../vectors/input-keys.json")).unwrap();
    assert_eq!(rows.len(), 5);
    for row in rows {
        let options: UploadOptions = serde_json::from_value(row["options"].clone()).unwrap();
        let request = match row["source"].as_str().unwrap() {
            "url" => url_request(),
            _ => file_request("cup.png", ImageType::Png),
        };
        let content: ContentHash = row["content_sha256"].as_str().unwrap().parse().unwrap();
        let preimage = InputKey::preimage(&request.with_options(options), &content);
        assert_eq!(row["preimage"], hex(&preimage), "{}", row["options"]);
    }
}

#[test]
fn the_name_and_type_of_a_file_are_no_part_of_its_key() {
    let one = preimage(&file_request("cup.png", ImageType::Png));
    assert_eq!(one, preimage(&file_request("copy of cup.tiff", ImageType::Tiff)));
    assert_ne!(one, preimage(&url_request()));
}

#[test]
fn the_vendors_defaults_said_aloud_are_the_same_job() {
    let plain = preimage(&url_request());
    for request in [
        url_request().mode(Mode::Clipping),
        url_request().delivery(Delivery::Url),
        url_request().format(OutputFormat::Png),
    ] {
        assert_eq!(preimage(&request), plain);
    }
    let jpg = preimage(&url_request().format(OutputFormat::Jpg));
    assert_eq!(preimage(&url_request().format(OutputFormat::Jpeg)), jpg);
}

#[test]
fn any_other_option_is_another_job() {
    let object = |json: &str| Mode::Params(Params::Object(serde_json::from_str(json).unwrap()));
    let set = |name: &str| Mode::Params(Params::set(name));
    let requests = [
        url_request(),
        url_request().mode(Mode::Background),
        url_request().delivery(Delivery::FinalUrl),
        url_request().format(OutputFormat::Webp),
        url_request().mode(set("")),
        url_request().mode(set("a")),
        url_request().mode(set("{}")),
        url_request().mode(object("{}")),
        url_request().mode(object(r#"{"a":1}"#)),
        url_request().mode(object(r#"{"a":"1"}"#)),
        url_request().mode(object(r#"{"a":[1]}"#)),
        url_request().mode(object(r#"{"a":{"b":1,"c":2}}"#)),
    ];
    let preimages: std::collections::BTreeSet<_> = requests.iter().map(preimage).collect();
    assert_eq!(preimages.len(), requests.len());
}

#[test]
fn options_come_back_from_a_request_as_they_were_set() {
    let request = url_request().mode(Mode::Background).format(OutputFormat::Psd);
    let options = request.options();
    assert_eq!((&options.mode, options.delivery), (&Some(Mode::Background), None));
    assert_eq!(url_request().with_options(options), request);
    for bad in [r#"{"mode":"x"}"#, r#"{"mode":"params"}"#, r#"{"delivery_mode":"x"}"#] {
        assert!(serde_json::from_str::<UploadOptions>(bad).is_err(), "{bad}");
    }
}
