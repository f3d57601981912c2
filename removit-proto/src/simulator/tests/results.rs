//! What result URLs serve, to whom, and for how long.

use serde_json::json;

use super::*;
use crate::{ImageType, OutputFormat};

/// A simulator with one job that is done, and its result's address.
fn done(config: Config, upload: Request<Bytes>) -> (Simulator, String) {
    let mut simulator = Simulator::new(config);
    let id = created(&mut simulator, at(0), upload);
    let body = told(&mut simulator, at(0), &id);
    let url = body["final_urls"]["clipping"].as_str().unwrap().to_owned();
    (simulator, url)
}

/// What the result of a photo looks like where this format was asked for.
fn asked_for(format: &str, photo: &[u8]) -> (Reply, String) {
    let upload = form_upload(&[("name=\"output_format\"", format.as_bytes()), (FILE_PART, photo)]);
    let (mut simulator, url) = done(Config::instant(), upload);
    let reply = download(&mut simulator, at(0), &url);
    assert_eq!(reply.response.body(), simulator.account().jobs[0].result());
    (reply, url)
}

fn label(reply: &Reply) -> &str {
    reply.response.headers()["x-removit-simulated"].to_str().unwrap()
}

#[test]
fn a_result_is_a_picture_of_the_format_that_was_asked_for() {
    for (format, kind) in [
        ("png", ImageType::Png),
        ("jpg", ImageType::Jpeg),
        ("jpeg", ImageType::Jpeg),
        ("psd", ImageType::Psd),
        ("tiff", ImageType::Tiff),
        ("webp", ImageType::Webp),
    ] {
        let (reply, url) = asked_for(format, b"GIF89a, which nobody can ask for");
        assert!(url.ends_with(&format!("/clipping.{format}")), "{url}");
        assert_eq!(ImageType::from_bytes(reply.response.body()), Some(kind), "{format}");
        assert_eq!(reply.response.headers()["content-type"], kind.mime());
        assert!(label(&reply).contains("not of the format"), "{}", label(&reply));
    }
}

#[test]
fn an_upload_of_the_format_that_was_asked_for_comes_back_as_it_is_and_says_so() {
    let jpeg = b"\xff\xd8\xff\xe0 a JPEG under the name of a PNG";
    for format in ["jpg", "jpeg"] {
        let (reply, _) = asked_for(format, jpeg);
        assert_eq!(reply.response.body().as_ref(), jpeg);
        assert_eq!(label(&reply), "the uploaded bytes, unchanged");
    }
    assert_eq!(asked_for("png", PNG).0.response.body().as_ref(), PNG);
    assert_ne!(asked_for("png", jpeg).0.response.body().as_ref(), jpeg);
}

#[test]
fn two_photos_have_two_results() {
    let result = |photo: &[u8]| asked_for("webp", photo).0.response.into_body();
    assert_ne!(result(b"\xff\xd8\xff one"), result(b"\xff\xd8\xff two"));
    assert_eq!(result(b"\xff\xd8\xff one"), result(b"\xff\xd8\xff one"));
}

#[test]
fn a_remote_file_is_not_fetched_and_the_result_says_so() {
    let (mut simulator, url) = done(Config::instant(), json_upload(REMOTE));
    let reply = download(&mut simulator, at(0), &url);
    assert_eq!(ImageType::from_bytes(reply.response.body()), Some(ImageType::Png));
    assert!(label(&reply).contains("fetches no file_url"), "{}", label(&reply));
    assert_eq!(simulator.account().jobs[0].downloads, 1);
}

#[test]
fn a_file_beyond_the_limit_is_not_its_own_result_and_the_result_says_so() {
    let config = Config::instant().with(|config| config.keep_limit = 10);
    let (mut simulator, url) = done(config, file_upload(PNG));
    let reply = download(&mut simulator, at(0), &url);
    assert_ne!(reply.response.body().as_ref(), PNG);
    assert!(label(&reply).contains("longer than the simulator keeps"), "{}", label(&reply));
}

/// A GET of a result with these headers.
fn get(simulator: &mut Simulator, url: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    simulator.exchange(at(0), Origin::Results, request.body(Bytes::new()).unwrap())
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn a_part_of_a_result_can_be_asked_for() {
    let (mut simulator, url) = done(Config::instant(), file_upload(PNG));
    let whole = get(&mut simulator, &url, &[]);
    assert_eq!((header(&whole, "accept-ranges"), header(&whole, "content-range")), ("bytes", ""));
    let etag = header(&whole, "etag").to_owned();

    let rest = get(&mut simulator, &url, &[("range", "bytes=20-"), ("if-range", &etag)]);
    assert_eq!(rest.response.status(), 206);
    assert_eq!(rest.response.body().as_ref(), &PNG[20..]);
    assert_eq!(header(&rest, "content-range"), format!("bytes 20-67/{}", PNG.len()));
    assert_eq!((header(&rest, "etag"), header(&rest, "content-type")), (&*etag, "image/png"));

    let beyond = get(&mut simulator, &url, &[("range", "bytes=68-")]);
    assert_eq!(
        (beyond.response.status().as_u16(), header(&beyond, "content-range")),
        (416, "bytes */68")
    );
    assert!(beyond.response.body().is_empty());
}

#[test]
fn a_result_that_was_made_again_has_another_tag_and_is_served_whole() {
    // An upload that is its own result, and a picture that is drawn.
    for upload in [file_upload(PNG), json_upload(REMOTE)] {
        let (mut simulator, url) = done(Config::instant(), upload);
        let etag = header(&get(&mut simulator, &url, &[]), "etag").to_owned();
        simulator.add_rule(Rule::new(Kind::Result, When::From(2), Fault::MadeAgain));
        let other = get(&mut simulator, &url, &[("range", "bytes=20-"), ("if-range", &etag)]);
        assert_eq!(other.response.status(), 200);
        assert_ne!(header(&other, "etag"), etag);
        assert_eq!(ImageType::from_bytes(other.response.body()), Some(ImageType::Png));
        let new_tag = header(&other, "etag").to_owned();
        let rest = get(&mut simulator, &url, &[("range", "bytes=20-"), ("if-range", &new_tag)]);
        assert_eq!(rest.response.status(), 206, "it stays as it is then");
    }
}

#[test]
fn a_server_without_ranges_serves_the_whole_each_time() {
    let mut simulator = scripted(Kind::Result, When::Always, Fault::NoRanges);
    let id = created(&mut simulator, at(0), file_upload(PNG));
    let url = format!("https://cdn.example.com/results/{id}/clipping.png");
    let reply = get(&mut simulator, &url, &[("range", "bytes=20-")]);
    assert_eq!((reply.response.status().as_u16(), reply.response.body().as_ref()), (200, PNG));
    assert_eq!((header(&reply, "etag"), header(&reply, "accept-ranges")), ("", ""));
}

#[test]
fn a_part_may_come_that_nobody_asked_for() {
    let part = Fault::Part { first: 8, last: 19 };
    let mut simulator = scripted(Kind::Result, When::Always, part);
    let id = created(&mut simulator, at(0), file_upload(PNG));
    let url = format!("https://cdn.example.com/results/{id}/clipping.png");
    let reply = get(&mut simulator, &url, &[]);
    assert_eq!(
        (reply.response.status().as_u16(), reply.response.body().as_ref()),
        (206, &PNG[8..20])
    );
    assert_eq!(header(&reply, "content-range"), "bytes 8-19/68");
}

#[test]
fn a_result_may_be_of_another_format_than_its_address_says() {
    let other = Fault::OtherFormat(OutputFormat::Webp);
    let mut simulator = scripted(Kind::Result, When::Always, other);
    let id = created(&mut simulator, at(0), file_upload(PNG));
    let url = format!("https://cdn.example.com/results/{id}/clipping.png");
    let reply = get(&mut simulator, &url, &[]);
    assert_eq!(ImageType::from_bytes(reply.response.body()), Some(ImageType::Webp));
    assert_eq!(header(&reply, "content-type"), "image/webp");
}

#[test]
fn a_result_is_not_there_before_its_job_is_done() {
    let config = Config::instant().with(|config| config.queued_for = Duration::from_secs(5));
    let mut simulator = Simulator::new(config);
    let id = created(&mut simulator, at(0), file_upload(PNG));
    let url = format!("https://cdn.example.com/results/{id}/clipping.png");
    assert_eq!(download(&mut simulator, at(4), &url).response.status(), 404);
    assert_eq!(download(&mut simulator, at(5), &url).response.status(), 200);
}

#[test]
fn only_the_names_that_were_told_exist() {
    let (mut simulator, url) = done(Config::instant(), file_upload(PNG));
    let other = url.replace("clipping.png", "compose.png");
    assert_eq!(download(&mut simulator, at(0), &other).response.status(), 404);
    let nobody = "https://cdn.example.com/results/none/clipping.png";
    assert_eq!(download(&mut simulator, at(0), nobody).response.status(), 404);
    assert_eq!(simulator.account().jobs[0].downloads, 0);
}

#[test]
fn results_expire() {
    let config = Config::instant().with(|config| {
        config.results_expire_after = Some(Duration::from_secs(60));
    });
    let (mut simulator, url) = done(config, file_upload(PNG));
    assert_eq!(download(&mut simulator, at(59), &url).response.status(), 200);
    assert_eq!(download(&mut simulator, at(60), &url).response.status(), 403);
}

#[test]
fn the_addresses_follow_the_server() {
    let mut simulator = instant();
    simulator.set_bases("http://127.0.0.1:1", "http://127.0.0.1:2");
    let upload = json!({"file_url": "https://example.com", "delivery_mode": "final_url"});
    let id = created(&mut simulator, at(0), json_upload(upload.to_string()));
    let body = told(&mut simulator, at(0), &id);
    assert_eq!(body["final_url"], format!("http://127.0.0.1:2/results/{id}/clipping.png"));
}
