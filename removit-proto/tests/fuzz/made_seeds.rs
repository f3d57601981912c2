//! The seeds that are made rather than picked: the contract's vectors, and
//! states as the machines store them.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::Response;
use removit_proto::{
    Action, ApiKey, Delivery, Endpoint, FileName, ImageType, Instant, Machine, Mode, Outcome,
    OutputFormat, Params, PollPolicy, Poller, Reach, Seed, SourceFile, TransportFailure, Upload,
    UploadPolicy, UploadRequest,
};
use serde::Serialize;

/// Where the seeds of all targets are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds")
}

/// Each seed by its place below that folder.
pub(crate) fn made() -> Vec<(PathBuf, Vec<u8>)> {
    let seeds = vectors().into_iter().chain(upload_states()).chain(poller_states());
    seeds
        .map(|(target, name, bytes)| (Path::new(target).join(format!("made-{name}")), bytes))
        .collect()
}

type Made = (&'static str, String, Vec<u8>);

fn vectors() -> Vec<Made> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let files = fs::read_dir(folder).expect("the vectors").map(|file| file.expect("a file"));
    files
        .filter_map(|file| {
            let name = file.file_name().into_string().expect("a plain name");
            let body = fs::read(file.path()).expect("a vector");
            match name.split('-').next() {
                Some("status") => Some(("status", name, body)),
                // The first byte chooses a key.
                Some("error") => Some(("api_error", name, [b"\0", &*body].concat())),
                _ => name.contains("accepted").then_some(("accepted", name, body)),
            }
        })
        .collect()
}

fn upload_states() -> Vec<Made> {
    let broken = TransportFailure::broken(Reach::MaybeSent, "reset");
    let states = [
        ("ready", upload(url_upload())),
        ("waiting", after(upload(url_upload()), failed(TransportFailure::connect("refused")))),
        ("sending", after(upload(file_upload()), None)),
        ("again", after(upload(file_upload()), answer(503, br#"{"error":"maintenance"}"#))),
        ("refused", after(upload(file_upload()), answer(402, br#"{"error":"x"}"#))),
        ("ambiguous", after(upload(file_upload()), failed(broken))),
        ("accepted", after(upload(url_upload()), answer(202, br#"{"job_id":"job-1"}"#))),
    ];
    states.map(|(name, upload)| ("upload_state", name.to_owned(), json(upload.state()))).into()
}

fn poller_states() -> Vec<Made> {
    let pending = br#"{"status":"pending_compose","state":"pending","progress":33}"#;
    let done = br#"{"state":"done","final_urls":{"clipping":"https://cdn.example.com/c.webp"}}"#;
    let usual = || poller(PollPolicy::default());
    let states = [
        ("waiting", usual()),
        ("polling", after(usual(), None)),
        ("pending", after(usual(), answer(200, pending))),
        ("failed-poll", after(usual(), answer(502, b"<html>"))),
        ("unreadable", after(usual(), answer(200, b"<html>"))),
        ("refused", after(usual(), answer(401, b""))),
        ("done", after(usual(), answer(200, done))),
        ("timed-out", after(poller(PollPolicy::one_look()), answer(200, pending))),
    ];
    states.map(|(name, poller)| ("poller_state", name.to_owned(), json(poller.state()))).into()
}

/// The machine after its first request, and after that one's outcome.
fn after<M: Machine>(mut machine: M, outcome: Option<Outcome>) -> M {
    if let (Action::Send(attempt), Some(outcome)) = (machine.next_action(now()), outcome) {
        machine.handle(now(), attempt.id, outcome);
    }
    machine
}

fn failed(failure: TransportFailure) -> Option<Outcome> {
    Some(Outcome::Failed(failure))
}

fn answer(status: u16, body: &[u8]) -> Option<Outcome> {
    let answer = Response::builder().status(status).body(Bytes::copy_from_slice(body));
    answer.ok().map(Outcome::Response)
}

fn now() -> Instant {
    Instant::from_origin(std::time::Duration::from_secs(1_000_000))
}

fn endpoint() -> Endpoint {
    Endpoint::production(ApiKey::new("sk-test-key").expect("a key"))
}

fn upload(request: UploadRequest) -> Upload {
    Upload::new(endpoint(), request, UploadPolicy::default(), Seed::new(7), now())
}

fn poller(policy: PollPolicy) -> Poller {
    let id = "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a".parse().expect("an id");
    Poller::resume(endpoint(), id, policy, Seed::new(7), now())
}

fn url_upload() -> UploadRequest {
    let object = serde_json::json!({ "shadow": { "x": 31.245270191439438, "on": [true, null] } });
    let params = object.as_object().cloned().unwrap_or_default();
    UploadRequest::from_url("https://example.com/cup.jpg?signature=x".parse().expect("a URL"))
        .mode(Mode::Params(Params::Object(params)))
        .delivery(Delivery::FinalUrl)
}

fn file_upload() -> UploadRequest {
    let file = SourceFile::new(FileName::new("cup.png"), ImageType::Png, 10).expect("a file");
    UploadRequest::from_file(file).mode(Mode::Background).format(OutputFormat::Webp)
}

fn json(state: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(state).expect("storable")
}
