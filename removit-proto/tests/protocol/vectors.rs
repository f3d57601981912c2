//! The documented bodies decode and encode exactly.

use std::fs;
use std::path::PathBuf;

use crate::support::{endpoint, file_request, url_request};
use http::Response;
use removit_proto::{
    Accepted, ApiError, ApiErrorKind, Delivery, DownloadRequest, JobId, JobStatus, Mode,
    OutputFormat, Params, ResultUrl, Seed, Segment, State, StatusRequest, UploadRequest,
};

const JOB_ID: &str = "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a";

fn vector(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    fs::read_to_string(path).unwrap()
}

fn status(name: &str) -> JobStatus {
    let job_id: JobId = JOB_ID.parse().unwrap();
    JobStatus::decode(&Response::new(vector(name)), &job_id, &endpoint()).unwrap()
}

fn error(status: u16, name: &str) -> ApiError {
    let answer = Response::builder().status(status).body(vector(name)).unwrap();
    ApiError::decode(&answer, &endpoint())
}

fn body_of(request: &UploadRequest) -> String {
    let wire = request.to_http(&endpoint(), Seed::new(1));
    match wire.body().segments() {
        [Segment::Bytes(bytes)] => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("a JSON body is one segment of bytes: {other:?}"),
    }
}

#[test]
fn an_accepted_upload() {
    let answer = Response::builder().status(202).body(vector("upload-accepted-202.json")).unwrap();
    let accepted = Accepted::decode(&answer).unwrap();
    assert_eq!(accepted.job_id().as_str(), JOB_ID);
    assert_eq!(accepted.status(), Some("queued"));
    assert_eq!(accepted.mode(), Some("params"));
    assert!(!accepted.is_salvaged());
}

#[test]
fn a_pending_status() {
    let status = status("status-pending-200.json");
    assert_eq!(status.state(), &State::Pending);
    assert_eq!(status.step(), Some("pending_compose"));
    assert_eq!(status.mode(), Some("params"));
    assert_eq!(status.progress(), Some(33));
    assert!(status.results().is_empty());
}

#[test]
fn a_done_status_with_one_result() {
    let status = status("status-done-final-url-200.json");
    assert_eq!(status.state(), &State::Done);
    assert_eq!(status.progress(), Some(100));
    let [only] = status.results() else { panic!("{status:?}") };
    assert_eq!(only.variation(), None);
    assert_eq!(only.url(), "https://cdn.example.com/results/clipping.webp");
}

#[test]
fn a_done_status_with_named_results_in_the_servers_order() {
    let status = status("status-done-final-urls-200.json");
    let names: Vec<_> = status.results().iter().map(|r| r.variation().unwrap()).collect();
    assert_eq!(names, ["background", "compose", "shadowTop", "clipping"]);
    assert_eq!(status.results()[2].url(), "https://cdn.example.com/results/shadowTop.webp");
    let warnings = [("shadow_wall".to_owned(), vec!["params not provided".to_owned()])];
    assert_eq!(status.warnings(), warnings);
    assert_eq!(status.ignored_variations(), ["shadow_wall"]);
}

#[test]
fn errors() {
    let missing = error(401, "error-401-missing.json");
    assert_eq!(missing.kind(), ApiErrorKind::Unauthorized);
    assert_eq!(missing.code(), Some("unauthorized"));
    assert_eq!(missing.message(), Some("API key missing"));
    assert_eq!(error(401, "error-401-invalid.json").message(), Some("API key invalid"));

    let credits = error(402, "error-402.json");
    assert_eq!(credits.kind(), ApiErrorKind::InsufficientCredits);
    assert_eq!(credits.code(), Some("insufficient_credits"));

    let unknown = error(404, "error-404.json");
    assert_eq!((unknown.kind(), unknown.code()), (ApiErrorKind::NotFound, Some("not_found")));

    let refused = error(422, "error-422.json");
    assert_eq!(refused.kind(), ApiErrorKind::Validation);
    let fields: Vec<_> = refused.details().iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["file", "mode"]);
    assert_eq!(refused.details()[0].1, ["You must provide either file_url or file"]);
}

#[test]
fn an_upload_request_with_a_mode() {
    let request = url_request().mode(Mode::Background);
    assert_eq!(body_of(&request), vector("upload-request-background.json").trim_end());
}

#[test]
fn an_upload_request_with_everything() {
    let request = url_request()
        .mode(Mode::Params(Params::set("mon_set")))
        .delivery(Delivery::Url)
        .format(OutputFormat::Webp);
    assert_eq!(body_of(&request), vector("upload-request-remote.json").trim_end());
}

#[test]
fn only_what_the_caller_set_goes_over_the_wire() {
    assert_eq!(body_of(&url_request()), r#"{"file_url":"https://example.com/image.jpg"}"#);
}

#[test]
fn an_object_of_params_stays_an_object_in_json() {
    let object = serde_json::from_str(r#"{"shadow":true}"#).unwrap();
    let request = url_request().mode(Mode::Params(Params::Object(object)));
    assert!(body_of(&request).ends_with(r#""mode":"params","params":{"shadow":true}}"#));
}

#[test]
fn every_request_declines_compression() {
    let endpoint = endpoint();
    let url = ResultUrl::check("https://cdn.example/x.png", &endpoint).unwrap();
    for request in [
        url_request().to_http(&endpoint, Seed::new(1)),
        file_request(7).to_http(&endpoint, Seed::new(1)),
        StatusRequest::new("j".parse().unwrap()).to_http(&endpoint),
        DownloadRequest::new(url).to_http(),
    ] {
        let declined: Vec<_> = request.headers().get_all("accept-encoding").iter().collect();
        assert_eq!(declined, ["identity"], "{}", request.uri());
    }
}
