//! What result URLs serve, to whom, and for how long.

use serde_json::json;

use super::*;

/// A simulator with one job that is done, and its result's address.
fn done(config: Config, upload: Request<Bytes>) -> (Simulator, String) {
    let mut simulator = Simulator::new(config);
    let id = created(&mut simulator, at(0), upload);
    let body = told(&mut simulator, at(0), &id);
    let url = body["final_urls"]["clipping"].as_str().unwrap().to_owned();
    (simulator, url)
}

#[test]
fn the_result_is_the_uploaded_file_and_says_so() {
    let jpeg = b"\xff\xd8\xff\xe0 a JPEG under the name of a PNG";
    let (mut simulator, url) = done(Config::instant(), file_upload(jpeg));
    assert!(url.ends_with("/clipping.jpg"), "{url}");
    let reply = download(&mut simulator, at(0), &url);
    assert_eq!(reply.response.body().as_ref(), jpeg);
    let headers = reply.response.headers();
    assert_eq!(headers["content-type"], "image/jpeg");
    assert_eq!(headers["x-removit-simulated"], "the uploaded bytes, unchanged");
    assert_eq!(simulator.account().jobs[0].downloads, 1);
}

#[test]
fn bytes_of_no_known_type_are_called_just_bytes() {
    let (mut simulator, url) = done(Config::instant(), file_upload(&[0; 100]));
    assert!(url.ends_with("/clipping.bin"), "{url}");
    let reply = download(&mut simulator, at(0), &url);
    assert_eq!(reply.response.headers()["content-type"], "application/octet-stream");
}

#[test]
fn a_remote_file_is_not_fetched_and_the_result_says_so() {
    let (mut simulator, url) = done(Config::instant(), json_upload(REMOTE));
    let reply = download(&mut simulator, at(0), &url);
    assert_eq!(reply.response.body().as_ref(), PNG);
    let label = reply.response.headers()["x-removit-simulated"].to_str().unwrap();
    assert!(label.contains("fetches no file_url"), "{label}");
}

#[test]
fn a_file_beyond_the_limit_is_not_its_own_result_and_the_result_says_so() {
    let config = Config::instant().with(|config| config.keep_limit = 10);
    let (mut simulator, url) = done(config, file_upload(b"\xff\xd8\xff\xe0 too long"));
    assert!(url.ends_with(".png"), "{url}");
    let reply = download(&mut simulator, at(0), &url);
    assert_eq!(reply.response.body().as_ref(), PNG);
    let label = reply.response.headers()["x-removit-simulated"].to_str().unwrap();
    assert!(label.contains("longer than the simulator keeps"), "{label}");
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
