//! The simulator in virtual time: one file for each side of its behaviour.

mod accounts;
mod answers;
mod faults;
mod jobs;
mod results;
mod robustness;
mod scenarios;
mod uploads;

use core::time::Duration;

use bytes::Bytes;
use http::Request;
use http::request::Builder;
use serde_json::Value;

use super::{Config, Fault, Kind, Origin, Reply, Rule, Simulator, When};
use crate::Instant;

const REMOTE: &str = r#"{"file_url":"https://example.com/image.jpg"}"#;
/// One transparent pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4,
    0x89, 0x00, 0x00, 0x00, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60, 0x00, 0x02, 0x00,
    0x00, 0x05, 0x00, 0x01, 0xe9, 0xfa, 0xdc, 0xd8, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44,
    0xae, 0x42, 0x60, 0x82,
];

fn instant() -> Simulator {
    Simulator::new(Config::instant())
}

fn scripted(on: Kind, when: When, fault: Fault) -> Simulator {
    let mut simulator = instant();
    simulator.add_rule(Rule::new(on, when, fault));
    simulator
}

fn at(seconds: u64) -> Instant {
    Instant::from_origin(Duration::from_secs(seconds))
}

fn keyed(builder: Builder) -> Builder {
    builder.header("X-API-Key", "test-key")
}

fn json_upload(body: impl Into<Bytes>) -> Request<Bytes> {
    keyed(Request::post("/api/v1/upload"))
        .header("Content-Type", "application/json")
        .body(body.into())
        .unwrap()
}

fn form_upload(parts: &[(&str, &[u8])]) -> Request<Bytes> {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(
            format!("--xyz\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--xyz--\r\n");
    keyed(Request::post("/api/v1/upload"))
        .header("Content-Type", "multipart/form-data; boundary=xyz")
        .body(body.into())
        .unwrap()
}

const FILE_PART: &str = "name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png";

fn file_upload(content: &[u8]) -> Request<Bytes> {
    form_upload(&[(FILE_PART, content)])
}

fn status(id: &str) -> Request<Bytes> {
    keyed(Request::get(format!("/api/v1/status?job_id={id}"))).body(Bytes::new()).unwrap()
}

fn api(simulator: &mut Simulator, now: Instant, request: Request<Bytes>) -> Reply {
    simulator.exchange(now, Origin::Api, request)
}

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(reply.response.body()).unwrap()
}

fn created(simulator: &mut Simulator, now: Instant, request: Request<Bytes>) -> String {
    let reply = api(simulator, now, request);
    assert_eq!(reply.response.status(), 202, "{:?}", reply.response.body());
    body(&reply)["job_id"].as_str().unwrap().to_owned()
}

fn told(simulator: &mut Simulator, now: Instant, id: &str) -> Value {
    let reply = api(simulator, now, status(id));
    assert_eq!(reply.response.status(), 200);
    body(&reply)
}

fn download(simulator: &mut Simulator, now: Instant, url: &str) -> Reply {
    let request = Request::get(url).body(Bytes::new()).unwrap();
    simulator.exchange(now, Origin::Results, request)
}
