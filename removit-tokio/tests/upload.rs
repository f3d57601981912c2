//! What an upload puts on the wire, and what becomes of it when the line or
//! the server fails.

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use removit_tokio::proto::{ApiErrorKind, Mode, OutputFormat, Seed, UploadError};
use removit_tokio::{Error, Photo};
use support::{Answer, KEY, PNG, Server, accepted, answer, json};

fn photo() -> Photo {
    Photo::from_url("https://example.com/cup.jpg").unwrap()
}

#[tokio::test]
async fn a_photo_by_url_goes_out_byte_for_byte_as_documented() {
    let server = Server::start([accepted()]);
    let photo = photo().mode(Mode::Clipping).format(OutputFormat::Webp);
    let job = server.client().upload(&photo).await.unwrap();
    assert_eq!(job.id().as_str(), "job-1");

    let received = server.received();
    let body =
        r#"{"file_url":"https://example.com/cup.jpg","mode":"clipping","output_format":"webp"}"#;
    assert_eq!(std::str::from_utf8(&received[0].body).unwrap(), body);
    let mut lines: Vec<_> = received[0].head.trim_end().lines().collect();
    assert_eq!(lines.remove(0), "POST /api/v1/upload HTTP/1.1");
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "accept: application/json",
            &format!("content-length: {}", body.len()),
            "content-type: application/json",
            &format!("host: {}", server.url().trim_start_matches("http://")),
            concat!("user-agent: removit-rust/", env!("CARGO_PKG_VERSION")),
            &format!("x-api-key: {KEY}"),
        ]
    );
}
