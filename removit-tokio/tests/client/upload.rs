//! What an upload puts on the wire, and what becomes of it when the line, the
//! server or the photo fails.

use std::fs::OpenOptions;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{Answer, KEY, PNG, Server, accepted, answer, client, json};
use removit_tokio::proto::{
    Accepted, AmbiguityCause, ApiErrorKind, AttemptInfo, Mode, Observer, OutputFormat, Seed,
    TransportFailure, UploadError, UploadPolicy, WakeReason, Wakeup,
};
use removit_tokio::{Error, Photo, PhotoError};
use tempfile::TempDir;
use tokio::sync::Notify;

const MEBIBYTE: usize = 1024 * 1024;

fn by_url() -> Photo {
    Photo::from_url("https://example.com/cup.jpg").unwrap()
}

/// A file that begins like a PNG.
fn png_file(len: usize) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cup.png");
    let mut bytes = PNG.to_vec();
    bytes.resize(len, 7);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn upload_error<T: std::fmt::Debug>(result: Result<T, Error>) -> UploadError {
    match result {
        Err(Error::Upload(error)) => error,
        other => panic!("not an upload error: {other:?}"),
    }
}

#[tokio::test]
async fn a_photo_by_url_goes_out_byte_for_byte_as_documented() {
    let server = Server::start([accepted()]);
    let photo = by_url().mode(Mode::Clipping).format(OutputFormat::Webp);
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

#[tokio::test]
async fn a_photo_in_a_file_goes_out_byte_for_byte_with_its_exact_length() {
    let server = Server::start([accepted()]);
    let (_folder, path) = png_file(3 * MEBIBYTE + 5);
    let photo = Photo::from_path(&path).await.unwrap().mode(Mode::Clipping);
    server.client().seed(Seed::new(7)).upload(&photo).await.unwrap();

    let received = &server.received()[0];
    let boundary =
        received.header("content-type").unwrap().split_once("boundary=").unwrap().1.to_owned();
    let mut expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nclipping\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cup.png\"\r\n\
         Content-Type: image/png\r\n\r\n"
    )
    .into_bytes();
    expected.extend(std::fs::read(&path).unwrap());
    expected.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    assert_eq!(received.header("content-length").unwrap(), expected.len().to_string());
    assert_eq!(received.header("transfer-encoding"), None);
    assert!(received.body == expected, "{} of {} bytes", received.body.len(), expected.len());
}

#[tokio::test]
async fn a_photo_in_memory_is_sent_like_a_file() {
    let server = Server::start([accepted()]);
    let photo = Photo::from_bytes("cup.png", PNG).unwrap();
    server.client().upload(&photo).await.unwrap();
    let body = server.received().remove(0).body;
    assert!(body.windows(PNG.len()).any(|window| window == PNG));
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous_and_never_sent_again() {
    let server = Server::start([Answer::Lost, accepted()]);
    let error = upload_error(server.client().upload(&by_url()).await);
    assert!(matches!(error, UploadError::Ambiguous(_)), "{error}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_to_a_file_is_ambiguous_too() {
    let server = Server::start([Answer::Lost, accepted()]);
    let (_folder, path) = png_file(2 * MEBIBYTE);
    let photo = Photo::from_path(path).await.unwrap();
    let error = upload_error(server.client().upload(&photo).await);
    assert!(matches!(error, UploadError::Ambiguous(_)), "{error}");
    assert_eq!(server.received().len(), 1);
}

#[derive(Default)]
struct Waits(Mutex<Vec<WakeReason>>);

impl Observer for Waits {
    fn waiting(&self, wakeup: Wakeup) {
        self.0.lock().unwrap().push(wakeup.reason);
    }
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_and_then_not_sent() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let waits = Arc::new(Waits::default());
    let observed = client(&url).observer(waits.clone());
    let error = upload_error(observed.upload(&by_url()).await);
    assert!(matches!(&error, UploadError::NotSent(TransportFailure::Connect { .. })), "{error:?}");
    assert_eq!(*waits.0.lock().unwrap(), [WakeReason::Backoff, WakeReason::Backoff]);
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_a_file_is_not_sent_and_tried_again() {
    let server = Server::start([Answer::BreakAfter(MEBIBYTE), accepted()]);
    let (_folder, path) = png_file(24 * MEBIBYTE);
    let photo = Photo::from_path(path).await.unwrap();
    let job = server.client().upload(&photo).await.unwrap();
    assert_eq!(job.accepted().unwrap().earlier_ambiguous(), 0);
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[1].header("content-length").unwrap(), received[1].body.len().to_string());
}

#[tokio::test]
async fn a_refusal_that_comes_before_the_file_is_sent_is_a_refusal() {
    let refusal =
        answer("401 Unauthorized", "", r#"{"error":"unauthorized","message":"API key invalid"}"#);
    for early in [Answer::Early(refusal.clone(), Vec::new()), Answer::EarlyThenClose(refusal)] {
        let server = Server::start([early]);
        let (_folder, path) = png_file(24 * MEBIBYTE);
        let photo = Photo::from_path(path).await.unwrap();
        let error = upload_error(server.client().upload(&photo).await);
        let UploadError::Rejected(error) = &error else { panic!("{error:?}") };
        assert_eq!(error.kind(), ApiErrorKind::Unauthorized);
        no_task_is_left().await;
    }
}

#[tokio::test]
async fn an_upload_that_was_refused_early_does_not_go_on_in_the_background() {
    let refusal = answer("401 Unauthorized", "", r#"{"error":"unauthorized"}"#);
    let server = Server::start([Answer::Early(refusal, Vec::new())]);
    let (_folder, path) = png_file(64 * MEBIBYTE);
    let photo = Photo::from_path(path).await.unwrap();
    upload_error(server.client().upload(&photo).await);
    no_task_is_left().await;
    let received = server.finish();
    assert!(received[0].body.len() < 64 * MEBIBYTE, "{}", received[0].body.len());
}

/// Long enough for any machine to send a small photo and to read an answer, and over soon.
const BRIEFLY: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_server_that_stays_silent_is_given_up_at_the_deadline() {
    let server = Server::start([Answer::Stall(Vec::new())]);
    let mut policy = UploadPolicy::default();
    policy.attempt_timeout = BRIEFLY;
    let started = Instant::now();
    let client = server.client().upload_policy(policy);
    let error = upload_error(client.upload(&by_url()).await);
    let took = started.elapsed();
    let UploadError::Ambiguous(ambiguity) = &error else { panic!("{error:?}") };
    assert!(matches!(
        ambiguity.cause(),
        AmbiguityCause::Transport(TransportFailure::TimedOut { .. })
    ));
    assert!(took >= BRIEFLY && took < Duration::from_secs(60), "{took:?}");
}

#[tokio::test]
async fn a_photo_that_does_not_open_by_the_deadline_was_not_sent_and_costs_no_connection() {
    let server = Server::start([]);
    let (opened, may_open) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
    let gate = Arc::clone(&may_open);
    let open = move || {
        let is_first = opened.fetch_add(1, Ordering::Relaxed) == 0;
        let gate = Arc::clone(&gate);
        async move {
            if !is_first {
                gate.notified().await;
            }
            Ok(PNG)
        }
    };
    let photo = Photo::from_reader("cup.png", PNG.len() as u64, open).await.unwrap();
    let mut policy = UploadPolicy::default();
    policy.attempt_timeout = Duration::from_millis(200);
    policy.retry.max_attempts = 1;
    let error = upload_error(server.client().upload_policy(policy).upload(&photo).await);
    may_open.notify_one();
    let UploadError::NotSent(TransportFailure::TimedOut { detail, .. }) = &error else {
        panic!("{error:?}")
    };
    assert!(detail.contains("photo"), "{detail}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn an_answer_that_stops_after_its_head_is_judged_by_what_came() {
    let head =
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{\"job_id\":\"job-1\",".to_vec();
    let server = Server::start([Answer::Stall(head)]);
    let mut policy = UploadPolicy::default();
    policy.attempt_timeout = BRIEFLY;
    let job = server.client().upload_policy(policy).upload(&by_url()).await.unwrap();
    assert!(job.accepted().unwrap().is_salvaged());
}

#[tokio::test]
async fn a_redirect_is_a_refusal_and_is_not_followed() {
    let other = Server::start([accepted()]);
    let location = format!("Location: {}/api/v1/upload\r\n", other.url());
    let server = Server::start([Answer::Raw(answer("302 Found", &location, ""))]);
    let error = upload_error(server.client().upload(&by_url()).await);
    assert!(matches!(error, UploadError::Rejected(_)), "{error}");
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn an_answer_without_end_is_read_up_to_its_limit() {
    let mut body = br#"{"job_id":"job-1","padding":""#.to_vec();
    body.resize(8 * MEBIBYTE, b' ');
    let server = Server::start([Answer::Raw(answer("202 Accepted", "", body))]);
    let job = server.client().upload(&by_url()).await.unwrap();
    assert!(job.accepted().unwrap().is_salvaged());
}

#[tokio::test]
async fn a_file_that_is_gone_or_changed_costs_no_connection() {
    let (gone_folder, gone) = png_file(1000);
    let (_folder, changed) = png_file(1000);
    let photos =
        [Photo::from_path(&gone).await.unwrap(), Photo::from_path(&changed).await.unwrap()];
    drop(gone_folder);
    std::fs::write(&changed, [PNG, b"another picture"].concat()).unwrap();
    for photo in photos {
        // Nobody listens there: an attempt to connect would be another failure.
        let error = upload_error(client("http://127.0.0.1:1").upload(&photo).await);
        let not_sent = matches!(&error, UploadError::NotSent(TransportFailure::Source { .. }));
        assert!(not_sent, "{error:?}");
    }
}

/// Appends to the photo once its first bytes were sent.
struct Meddler(Mutex<Option<PathBuf>>);

impl Observer for Meddler {
    fn sent(&self, _: &AttemptInfo, _bytes: u64, _total: u64) {
        if let Some(path) = self.0.lock().unwrap().take() {
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"more").unwrap();
        }
    }
}

#[tokio::test]
async fn a_photo_that_changes_while_it_is_sent_is_not_sent() {
    let server = Server::start([Answer::Lost]);
    let (_folder, path) = png_file(4 * MEBIBYTE);
    let photo = Photo::from_path(&path).await.unwrap();
    let client = server.client().observer(Arc::new(Meddler(Mutex::new(Some(path)))));
    let error = upload_error(client.upload(&photo).await);
    let UploadError::NotSent(TransportFailure::Source { detail }) = &error else {
        panic!("{error:?}")
    };
    assert!(detail.contains("changed"), "{detail}");
    let received = server.finish();
    let promised: usize = received[0].header("content-length").unwrap().parse().unwrap();
    assert!(received[0].body.len() < promised);
}

/// Wakes a test once so many bytes were sent.
struct SentSoFar {
    at: u64,
    reached: Notify,
    last: AtomicU64,
}

impl Observer for SentSoFar {
    fn sent(&self, _: &AttemptInfo, bytes: u64, _total: u64) {
        self.last.store(bytes, Ordering::Relaxed);
        if bytes >= self.at {
            self.reached.notify_one();
        }
    }
}

#[tokio::test]
async fn an_upload_that_is_dropped_leaves_no_task_and_sends_no_more() {
    let server = Server::start([Answer::Lost]);
    let (_folder, path) = png_file(64 * MEBIBYTE);
    let photo = Photo::from_path(path).await.unwrap();
    let sent = Arc::new(SentSoFar {
        at: 2 * MEBIBYTE as u64,
        reached: Notify::new(),
        last: AtomicU64::new(0),
    });
    let client = server.client().observer(sent.clone());
    tokio::select! {
        result = client.upload(&photo) => panic!("{result:?}"),
        () = sent.reached.notified() => {}
    }
    no_task_is_left().await;
    let received = server.finish();
    assert!(received[0].body.len() as u64 <= sent.last.load(Ordering::Relaxed));
    assert!(received[0].body.len() < 64 * MEBIBYTE);
}

#[tokio::test]
async fn a_server_that_refuses_and_reads_nothing_holds_no_task() {
    let refusal = answer("401 Unauthorized", "", r#"{"error":"unauthorized"}"#);
    let server = Server::start([Answer::Deaf(refusal)]);
    let (_folder, path) = png_file(24 * MEBIBYTE);
    let photo = Photo::from_path(path).await.unwrap();
    let error = upload_error(server.client().upload(&photo).await);
    assert!(matches!(error, UploadError::Rejected(_)), "{error}");
    no_task_is_left().await;
}

#[tokio::test]
async fn an_upload_to_a_server_that_reads_nothing_can_be_dropped() {
    let server = Server::start([Answer::Deaf(Vec::new())]);
    let (_folder, path) = png_file(24 * MEBIBYTE);
    let photo = Photo::from_path(path).await.unwrap();
    let client = server.client();
    let upload = tokio::time::timeout(Duration::from_millis(300), client.upload(&photo));
    assert!(upload.await.is_err());
    no_task_is_left().await;
}

async fn no_task_is_left() {
    let metrics = tokio::runtime::Handle::current().metrics();
    for _ in 0..6_000 {
        if metrics.num_alive_tasks() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} tasks are left", metrics.num_alive_tasks());
}

/// Remembers how far the observer was told that the upload got.
#[derive(Default)]
struct Progress {
    sent: Mutex<Vec<(u64, u64)>>,
    accepted: Mutex<Option<String>>,
}

impl Observer for Progress {
    fn sent(&self, _: &AttemptInfo, bytes: u64, total: u64) {
        self.sent.lock().unwrap().push((bytes, total));
    }

    fn accepted(&self, accepted: &Accepted) {
        *self.accepted.lock().unwrap() = Some(accepted.job_id().to_string());
    }
}

#[tokio::test]
async fn the_observer_sees_the_bytes_go_and_the_job_come() {
    let server = Server::start([accepted()]);
    let (_folder, path) = png_file(MEBIBYTE);
    let photo = Photo::from_path(path).await.unwrap();
    let progress = Arc::new(Progress::default());
    server.client().observer(progress.clone()).upload(&photo).await.unwrap();
    let sent = progress.sent.lock().unwrap();
    let total = server.received()[0].body.len() as u64;
    assert!(sent.len() >= 4, "{sent:?}");
    assert!(sent.is_sorted());
    assert_eq!(sent.last(), Some(&(total, total)));
    assert_eq!(progress.accepted.lock().unwrap().as_deref(), Some("job-1"));
}

#[tokio::test]
async fn a_transport_error_never_shows_the_key() {
    let server = Server::start([json(
        "401 Unauthorized",
        &format!(r#"{{"error":"unauthorized","message":"{KEY}"}}"#),
    )]);
    let client = server.client();
    let error = client.upload(&by_url()).await.unwrap_err();
    for text in [format!("{error:?}"), error.to_string(), format!("{client:?}")] {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn what_is_no_photo_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "no image at all").unwrap();
    let empty = folder.path().join("empty.png");
    std::fs::write(&empty, "").unwrap();
    let missing = folder.path().join("missing.png");

    assert!(matches!(Photo::from_path(&text).await, Err(PhotoError::Unsupported { .. })));
    assert!(matches!(Photo::from_path(&empty).await, Err(PhotoError::Empty { .. })));
    assert!(matches!(Photo::from_path(&missing).await, Err(PhotoError::File { .. })));
    assert!(matches!(Photo::from_path(folder.path()).await, Err(PhotoError::File { .. })));
    assert!(matches!(Photo::from_bytes("cup.png", ""), Err(PhotoError::Empty { .. })));
    assert!(matches!(Photo::from_url("cup.png"), Err(PhotoError::Url(_))));
}
