//! What an upload puts on the wire, and what becomes of it when the line or
//! the server fails.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Answer, KEY, PNG, Server, accepted, answer, json, large_photo};
use removit_blocking::proto::{
    AmbiguityCause, ApiErrorKind, AttemptInfo, Mode, Observer, OutputFormat, Seed,
    TransportFailure, UploadError, UploadPolicy, Wakeup,
};
use removit_blocking::{Error, Job, Photo, PhotoError};

/// More than the buffers of two sockets hold.
const LARGE: usize = 24 * 1024 * 1024;

fn photo() -> Photo {
    Photo::from_url("https://example.com/cup.jpg").unwrap()
}

fn upload_error(result: Result<Job, Error>) -> UploadError {
    match result {
        Err(Error::Upload(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn not_sent(result: Result<Job, Error>) -> TransportFailure {
    match upload_error(result) {
        UploadError::NotSent(failure) => failure,
        other => panic!("{other:?}"),
    }
}

fn rejected(result: Result<Job, Error>) -> ApiErrorKind {
    match upload_error(result) {
        UploadError::Rejected(error) => error.kind(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_photo_by_url_goes_out_byte_for_byte_as_documented() {
    let server = Server::start([accepted()]);
    let photo = photo().mode(Mode::Clipping).format(OutputFormat::Webp);
    let job = server.client().upload(&photo).unwrap();
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
            "accept-encoding: identity",
            "accept: application/json",
            &format!("content-length: {}", body.len()),
            "content-type: application/json",
            &format!("host: {}", server.url().trim_start_matches("http://")),
            concat!("user-agent: removit-rust/", env!("CARGO_PKG_VERSION")),
            &format!("x-api-key: {KEY}"),
        ]
    );
}

#[test]
fn a_file_goes_out_as_one_part_of_a_form_with_its_exact_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cup.png");
    fs::write(&path, PNG).unwrap();
    let server = Server::start([accepted()]);
    server.client().seed(Seed::new(7)).upload(&Photo::from_path(&path).unwrap()).unwrap();

    let received = &server.received()[0];
    assert_eq!(received.header("transfer-encoding"), None);
    assert_eq!(received.header("expect"), None);
    assert_eq!(received.header("content-length"), Some(&*received.body.len().to_string()));
    let content_type = received.header("content-type").unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cup.png\"\r\n\
         Content-Type: image/png\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    assert_eq!(received.body, [head.as_bytes(), PNG, tail.as_bytes()].concat());
}

#[test]
fn a_large_photo_arrives_whole() {
    let server = Server::start([accepted()]);
    server.client().upload(&large_photo(LARGE)).unwrap();
    let received = &server.received()[0];
    assert!(received.body.len() > LARGE);
    assert_eq!(received.header("content-length"), Some(&*received.body.len().to_string()));
}

#[test]
fn a_lost_answer_is_ambiguous_and_the_photo_is_sent_once() {
    let server = Server::start([Answer::Lost, accepted()]);
    let error = upload_error(server.client().upload(&photo()));
    assert!(matches!(error, UploadError::Ambiguous(_)), "{error:?}");
    assert_eq!(server.received().len(), 1);
}

#[derive(Default)]
struct Waits(AtomicU32);

impl Observer for Waits {
    fn waiting(&self, _: Wakeup) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_refused_connection_is_tried_again_and_ends_as_not_sent() {
    let server = Server::start([]);
    let waits = Arc::new(Waits::default());
    // Nobody listens any more once a first connection was turned away.
    while std::net::TcpStream::connect(server.url().trim_start_matches("http://")).is_ok() {}
    let failure = not_sent(server.client().observer(waits.clone()).upload(&photo()));
    assert!(matches!(failure, TransportFailure::Connect { .. }), "{failure:?}");
    assert_eq!(waits.0.load(Ordering::Relaxed), 2);
}

#[test]
fn a_connection_that_breaks_mid_upload_is_not_sent_and_tried_again() {
    let broken = || Answer::BreakAfter(64 * 1024);
    let server = Server::start([broken(), broken(), accepted()]);
    let job = server.client().upload(&large_photo(LARGE)).unwrap();
    assert_eq!(job.accepted().unwrap().earlier_ambiguous(), 0);
    assert_eq!(server.received().len(), 3);

    let server = Server::start([broken(), broken(), broken()]);
    let failure = not_sent(server.client().upload(&large_photo(LARGE)));
    assert!(matches!(failure, TransportFailure::Broken { .. }), "{failure:?}");
}

fn unauthorized() -> Vec<u8> {
    answer("401 Unauthorized", "", r#"{"error":"unauthorized","message":"API key invalid"}"#)
}

#[test]
fn an_early_no_ends_the_upload_though_the_server_reads_on() {
    let server = Server::start([Answer::Early(unauthorized(), Vec::new())]);
    let result = server.client().upload(&large_photo(LARGE));
    assert_eq!(rejected(result), ApiErrorKind::Unauthorized);
    assert!(server.finish()[0].body.len() < LARGE);
}

#[test]
fn an_early_no_is_heard_though_the_server_hangs_up() {
    let server = Server::start([Answer::EarlyThenClose(unauthorized())]);
    let result = server.client().upload(&large_photo(LARGE));
    assert_eq!(rejected(result), ApiErrorKind::Unauthorized);
}

#[test]
fn an_interim_answer_does_not_end_the_upload() {
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
    let Answer::Raw(last) = accepted() else { unreachable!() };
    let server = Server::start([Answer::Early(interim, last)]);
    server.client().upload(&large_photo(LARGE)).unwrap();
    assert!(server.received()[0].body.len() > LARGE);
}

/// Long enough for any machine to send a small photo, and over soon.
const BRIEFLY: Duration = Duration::from_secs(2);

/// Far more than a wait of [`BRIEFLY`] takes, and far less than the usual time limits.
const AMPLE: Duration = Duration::from_secs(60);

fn brief() -> UploadPolicy {
    let mut policy = UploadPolicy::default();
    policy.attempt_timeout = BRIEFLY;
    policy.slowest_rate = 0;
    policy.retry.max_attempts = 1;
    policy
}

#[test]
fn a_server_that_never_answers_is_left_at_the_deadline_as_ambiguous() {
    let server = Server::start([Answer::Stall(Vec::new())]);
    let begun = Instant::now();
    let error = upload_error(server.client().upload_policy(brief()).upload(&photo()));
    assert!(begun.elapsed() >= BRIEFLY);
    assert!(begun.elapsed() < AMPLE, "{:?}", begun.elapsed());
    let UploadError::Ambiguous(ambiguity) = error else { panic!("{error:?}") };
    assert!(matches!(
        ambiguity.cause(),
        AmbiguityCause::Transport(TransportFailure::TimedOut { .. })
    ));
}

#[test]
fn a_server_that_never_reads_is_left_at_the_deadline_as_not_sent() {
    let server = Server::start([Answer::Deaf(Vec::new())]);
    let begun = Instant::now();
    let failure = not_sent(server.client().upload_policy(brief()).upload(&large_photo(LARGE)));
    assert!(begun.elapsed() < AMPLE, "{:?}", begun.elapsed());
    assert!(matches!(failure, TransportFailure::TimedOut { .. }), "{failure:?}");
}

#[test]
fn a_redirect_is_an_answer_and_not_followed() {
    let elsewhere = answer("302 Found", "Location: /elsewhere\r\n", "");
    for redirect in [elsewhere, b"HTTP/1.1 307 X\r\nLocation: /elsewhere\r\n\r\n".to_vec()] {
        let server = Server::start([Answer::Raw(redirect), accepted()]);
        assert_eq!(rejected(server.client().upload(&photo())), ApiErrorKind::Redirected);
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn a_503_that_says_why_is_tried_again() {
    let server =
        Server::start([json("503 Service Unavailable", r#"{"error":"maintenance"}"#), accepted()]);
    server.client().upload(&photo()).unwrap();
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_job_id_is_found_in_an_answer_that_is_far_too_long() {
    let body = [br#"{"job_id":"job-1","x":""#.as_slice(), &vec![b'x'; 3 << 20]].concat();
    let server = Server::start([Answer::Raw(answer("202 Accepted", "", body))]);
    let job = server.client().upload(&photo()).unwrap();
    assert!(job.accepted().unwrap().is_salvaged());
}

#[test]
fn a_job_id_is_found_in_an_answer_that_was_cut_off() {
    let cut = b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n{\"job_id\":\"job-1\",\"st";
    let server = Server::start([Answer::Raw(cut.to_vec())]);
    let job = server.client().upload(&photo()).unwrap();
    assert!(job.accepted().unwrap().is_salvaged());
}

#[test]
fn a_job_id_is_found_in_an_answer_that_stalls() {
    let stalled = b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n{\"job_id\":\"job-1\",\"st";
    let server = Server::start([Answer::Stall(stalled.to_vec())]);
    let job = server.client().upload_policy(brief()).upload(&photo()).unwrap();
    assert_eq!(job.id().as_str(), "job-1");
}

/// Changes the photo's file once the upload is under way.
struct Meddler(PathBuf, fn(&mut File));

impl Observer for Meddler {
    fn sent(&self, _: &AttemptInfo, _: u64, _: u64) {
        (self.1)(&mut OpenOptions::new().write(true).open(&self.0).unwrap());
    }
}

#[test]
fn a_photo_that_changes_during_its_upload_is_not_sent() {
    let changes: [fn(&mut File); 3] = [
        |file| file.write_all(b"\x89PNG\r\n\x1a\n changed").unwrap(),
        |file| file.set_len(1024 * 1024).unwrap(),
        |file| file.set_len(2 * LARGE as u64).unwrap(),
    ];
    for change in changes {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cup.png");
        fs::write(&path, PNG).unwrap();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(LARGE as u64).unwrap();
        let photo = Photo::from_path(&path).unwrap();
        // File systems keep times in steps of some milliseconds.
        std::thread::sleep(Duration::from_millis(20));
        let server = Server::start([Answer::Lost]);
        let client = server.client().observer(Arc::new(Meddler(path, change)));
        let failure = not_sent(client.upload(&photo));
        assert!(matches!(failure, TransportFailure::Source { .. }), "{failure:?}");
        let received = &server.finish()[0];
        let promised: usize = received.header("content-length").unwrap().parse().unwrap();
        assert!(received.body.len() < promised);
    }
}

#[test]
fn a_photo_that_is_gone_costs_no_connection() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cup.png");
    fs::write(&path, PNG).unwrap();
    let photo = Photo::from_path(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let server = Server::start([accepted()]);
    let failure = not_sent(server.client().upload(&photo));
    assert!(matches!(failure, TransportFailure::Source { .. }), "{failure:?}");
    assert_eq!(server.received().len(), 0);
}

#[test]
fn what_is_no_photo_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("empty.png"), b"").unwrap();
    fs::write(path("notes.png"), b"no image at all").unwrap();
    let refused = |name| Photo::from_path(path(name)).unwrap_err();
    assert!(matches!(refused("empty.png"), PhotoError::Empty { .. }));
    assert!(matches!(refused("notes.png"), PhotoError::Unsupported { .. }));
    assert!(matches!(refused("missing.png"), PhotoError::File { .. }));
    assert!(matches!(refused(""), PhotoError::File { .. }));
    assert!(matches!(Photo::from_url("cup.png").unwrap_err(), PhotoError::Url(_)));
}
