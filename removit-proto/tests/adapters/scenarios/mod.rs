//! The scenarios that every adapter passes, over real sockets against the
//! simulator. Written once: the test crate that includes this file names its
//! `adapter`, and defines `scenario!` (an async or a plain test), `go!`
//! (`.await` or nothing) and `from_source` (a photo from a source that counts how often it
//! is opened).
//!
//! What counts is the simulator's account, not the client's opinion.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use removit_tokio::proto::simulator::{
    Canned, Config, Digest, Fate, Fault, Job, Keys, Kind, Odd, Origin, RetryAfter, Rule, Scenario,
    Simulator, Source, Target, When,
};
use removit_tokio::proto::{
    ApiErrorKind, ApiKey, AuthScheme, Backoff, Delivery, DownloadError, DownloadPolicy, Endpoint,
    JobId, Mode, OutputFormat, Params, PollError, PollPolicy, ResultKind, Schedule, State,
    UploadError, UploadPolicy,
};
use removit_tokio::simulator::SimulatorServer;

use super::adapter::{Client, Destination, Error, Photo, SaveError};
use super::from_source;

mod batches;
mod dispatching;
mod downloads;
mod jobs;
mod journals;
mod processing;
mod sharing;
mod shown;
mod uploads;
mod watching;
mod whole;

const KEY: &str = "sk-scenario-key";
const PHOTO: &[u8] = include_bytes!("../../photos/coffee-small.jpg");

fn start(config: Config) -> SimulatorServer {
    SimulatorServer::start(Simulator::new(config)).unwrap()
}

fn with_fault(on: Kind, when: When, fault: Fault) -> SimulatorServer {
    start(Config::instant().with(|config| config.script.push(Rule::new(on, when, fault))))
}

fn client(server: &SimulatorServer) -> Client {
    client_at(&server.base_url())
}

/// A client that is in a hurry: no floor, short pauses.
fn client_at(base_url: &str) -> Client {
    client_with(base_url, |_, _| ())
}

fn client_with(base_url: &str, change: impl FnOnce(&mut UploadPolicy, &mut PollPolicy)) -> Client {
    let backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(200));
    let mut upload = UploadPolicy::default();
    upload.retry.backoff = backoff;
    let mut poll = PollPolicy::default();
    poll.schedule = Schedule::fixed(Duration::from_millis(10)).with_floor(Duration::ZERO);
    poll.backoff = backoff;
    poll.timeout = Duration::from_secs(20);
    let mut download = DownloadPolicy::default();
    download.retry.backoff = backoff;
    download.retry.max_attempts = 3;
    change(&mut upload, &mut poll);
    let endpoint = Endpoint::new(base_url, ApiKey::new(KEY).unwrap()).unwrap();
    Client::new(endpoint).unwrap().upload_policy(upload).poll_policy(poll).download_policy(download)
}

/// The simulator gives it back as its own result, since its format is asked for.
fn photo() -> Photo {
    Photo::from_bytes("coffee.jpg", PHOTO).unwrap().format(OutputFormat::Jpg)
}

fn by_url() -> Photo {
    Photo::from_url("https://example.com/coffee.jpg").unwrap()
}

/// A state that nobody knows, which is waited out, until the script is taken away.
fn never_done() -> SimulatorServer {
    with_fault(Kind::Status, When::Always, Fault::Odd(Odd::State("napping".to_owned())))
}

/// From now on nothing goes wrong.
fn mend(server: &SimulatorServer) {
    server.with_simulator(|simulator| simulator.set_script(Vec::new()));
}

fn only_job(server: &SimulatorServer) -> Job {
    let account = server.account();
    assert_eq!(account.jobs.len(), 1, "one job, and no second one");
    assert_eq!(account.credits_spent, 1);
    account.jobs[0].clone()
}

fn no_job(server: &SimulatorServer) {
    assert_eq!(server.account().jobs.len(), 0);
}

fn names_in(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| name(e).unwrap()).collect();
    names.sort();
    names
}

fn kind_of(error: &Error) -> ApiErrorKind {
    match error {
        Error::Upload(UploadError::Rejected(error)) => error.kind(),
        other => panic!("expected a rejection, got {other:?}"),
    }
}

fn job_id(server: &SimulatorServer) -> JobId {
    only_job(server).id.parse().unwrap()
}

/// A file of this length that takes no room on disk: a PNG's signature, then zeros.
fn large_photo(folder: &Path, len: u64) -> std::path::PathBuf {
    let path = folder.join("large.png");
    fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(len).unwrap();
    path
}
