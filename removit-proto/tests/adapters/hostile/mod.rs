//! What no server should do, and every adapter survives: in bounded time, with
//! bounded memory, with an error that says what to do, and without a second paid
//! request. Written once: the test crate that includes this file names its
//! `adapter`, its `TheClient` and how to make one (`client`), and defines
//! `scenario!` (an async or a plain test), `go!` (`.await` or nothing), `pause!` and
//! `with_tls!`. Where that keeps what it is given, the crate also names rustls as `tls`
//! and makes a client with other options (`client_with`).

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::adapter::proto::{
    ApiErrorKind, DownloadError, DownloadPolicy, NotAnImage, PollError, PollPolicy, PollTrouble,
    StatusUnreadable, TransportFailure, UploadError, UploadPolicy,
};
use super::adapter::proto::{Backoff, Finished, JobId, JobStatus};
use super::adapter::{Destination, Error, Job, Photo, SaveError, Saved, Transport};
use super::support::{KEY, PNG, answer, endpoint};
use super::{TheClient, client};
use server::{HostileServer, Step::*};

/// Does a client's work and bounds its time.
macro_rules! timed {
    ($work:expr) => {{
        let begun = Instant::now();
        let end = go!($work);
        let took = begun.elapsed();
        assert!(took < PATIENCE, "it took {took:?}");
        end
    }};
}

mod bodies;
mod connections;
mod ends;
mod heads;
mod lengths;
mod redirects;
mod server;
mod slow;
mod strays;
with_tls! {
    mod certificates;
}
with_tls! {
    mod connecting;
}
with_tls! {
    mod proxies;
}
with_tls! {
    mod tunnels;
}
with_tls! {
    mod unencrypted;
}

/// The deadline of an attempt where only that can end it.
const HASTE: Duration = Duration::from_millis(400);

/// The deadline of an attempt that ends by itself, and the longest that any test
/// may take: the machine that runs it may be a busy one.
const PATIENCE: Duration = Duration::from_secs(120);

/// More than an answer may be, with all that fits into the sockets on its way.
const BOUND: usize = 24 * 1024 * 1024;

const ACCEPTED: &str = r#"{"job_id":"job-1","status":"queued"}"#;
const PENDING: &str = r#"{"job_id":"job-1","status":"pending_compose","state":"pending"}"#;
const DONE: &str = r#"{"job_id":"job-1","state":"done","final_url":"http://127.0.0.1:1/cup.png"}"#;

/// A client whose every attempt ends at this deadline at the latest.
fn client_until(deadline: Duration, url: &str) -> TheClient {
    ending_at(deadline, client(url))
}

fn ending_at(deadline: Duration, client: TheClient) -> TheClient {
    let backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
    let mut upload = UploadPolicy::default();
    upload.attempt_timeout = deadline;
    upload.slowest_rate = 0;
    upload.retry.backoff = backoff;
    upload.retry.max_attempts = 2;
    let mut poll = PollPolicy::one_look();
    poll.attempt_timeout = deadline;
    let mut download = DownloadPolicy::default();
    download.attempt_timeout = deadline;
    download.max_len = 1024 * 1024;
    download.retry.backoff = backoff;
    download.retry.max_attempts = 2;
    client.upload_policy(upload).poll_policy(poll).download_policy(download)
}

fn hasty(server: &HostileServer) -> TheClient {
    client_until(HASTE, &server.url())
}

fn patient(server: &HostileServer) -> TheClient {
    client_until(PATIENCE, &server.url())
}

fn by_url() -> Photo {
    Photo::from_url("https://example.com/cup.jpg").unwrap()
}

/// More than the buffers of two sockets hold.
fn large() -> Photo {
    let mut bytes = PNG.to_vec();
    bytes.resize(16 * 1024 * 1024, 7);
    Photo::from_bytes("cup.png", bytes).unwrap()
}

fn job() -> JobId {
    "job-1".parse().unwrap()
}

/// A job that is done, with its result on this server.
fn finished(server: &HostileServer) -> Finished {
    let url = format!("{}/cup.png", server.url());
    let body = format!(r#"{{"job_id":"job-1","state":"done","final_url":"{url}"}}"#);
    let answer = http::Response::new(body);
    let status = JobStatus::decode(&answer, &job(), &endpoint(&server.url())).unwrap();
    Finished::try_from(status).unwrap()
}

/// What an upload came to, in the contract's four words.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Accepted,
    Rejected,
    NotSent,
    Ambiguous,
}

/// Names the end of an upload, after what holds of every one: what may have been
/// read whole was sent once, and the error is fit to be shown.
#[track_caller]
fn upload_end<T: Transport>(server: &HostileServer, end: Result<Job<T>, Error>) -> End {
    let seen = server.seen();
    assert!(seen.uploads <= 1, "a paid request was repeated: {seen:?}");
    let error = match end {
        Ok(job) => {
            assert_eq!(job.id().as_str(), "job-1");
            return End::Accepted;
        }
        Err(error) => shown(error),
    };
    match error {
        Error::Upload(UploadError::Rejected(_)) => {
            assert_eq!(seen.connections, 1, "a refusal is final");
            End::Rejected
        }
        Error::Upload(UploadError::NotSent(_)) => {
            assert_eq!(seen.uploads, 0, "it was sent");
            End::NotSent
        }
        Error::Upload(UploadError::Ambiguous(_)) => {
            assert!(error.to_string().contains("look at the account"), "{error}");
            End::Ambiguous
        }
        other => panic!("{other:?}"),
    }
}

/// Why one look at a job brought nothing. The job's id is kept.
#[track_caller]
fn trouble(server: &HostileServer, end: Result<Finished, Error>) -> PollTrouble {
    assert!(server.seen().heads.len() <= 1, "one look");
    let error = shown(end.unwrap_err());
    assert_eq!(error.job_id(), Some(&job()));
    assert!(error.to_string().contains("job-1"), "{error}");
    match error {
        Error::Poll(PollError::TimedOut { trouble: Some(trouble), .. }) => trouble,
        other => panic!("{other:?}"),
    }
}

/// Why the one result was not saved. The job's id is kept, no file is left, and
/// the server was not shown the key.
#[track_caller]
fn not_saved(
    server: &HostileServer,
    folder: &Path,
    end: Result<Vec<Saved>, Error>,
) -> DownloadError {
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "a file is left");
    assert!(server.seen().heads.iter().all(|head| !head.contains(KEY)), "the key was shown");
    let error = shown(end.unwrap_err());
    assert_eq!(error.job_id(), Some(&job()));
    let Error::Download { saved, mut failed, .. } = error else { panic!("{error:?}") };
    assert!(saved.is_empty() && failed.len() == 1, "{failed:?}");
    match failed.remove(0).1 {
        SaveError::Fetch(error) => error,
        other => panic!("{other:?}"),
    }
}

/// An error as people and logs get to see it: one line that says something, and
/// nowhere the key.
#[track_caller]
fn shown(error: Error) -> Error {
    let text = error.to_string();
    assert!(text.len() > 20 && text.len() < 1000, "{text}");
    assert!(!text.chars().any(char::is_control), "not one line: {text:?}");
    assert!(!text.contains(KEY) && !format!("{error:?}").contains(KEY), "{error:?}");
    error
}

fn is_timed_out(failure: &TransportFailure) -> bool {
    matches!(failure, TransportFailure::TimedOut { .. })
}
