//! Records to test with, by hand.

use std::path::Path;
use std::time::Duration;

use removit_proto::journal::{
    Destination, Ended, Header, Input, Intent, JobOutcome, JournalPath, Planned, Record, Saved,
    Status, UploadOutcome, WallTime, encode,
};
use removit_proto::{
    ApiKey, ContentHash, Endpoint, Finished, InputKey, JobId, JobStatus, OutputFormat,
    TransportFailure, UploadError, UploadOptions,
};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::production(ApiKey::new("sk-secret-key").unwrap())
}

pub(crate) fn at(secs: u64) -> WallTime {
    WallTime::from_unix(Duration::from_secs(1_796_000_000 + secs))
}

pub(crate) fn key(number: u8) -> InputKey {
    InputKey::new(ContentHash::new([number; 32]))
}

pub(crate) fn job_id(name: &str) -> JobId {
    name.parse().unwrap()
}

pub(crate) fn file(name: &str) -> JournalPath {
    JournalPath::new(Path::new(name))
}

pub(crate) fn header() -> Record {
    Record::Header(Header::new(at(0), "removit 0.1.0"))
}

pub(crate) fn planned(number: u8, name: &str) -> Record {
    let (path, stem) = (file("out"), name.to_owned());
    let planned = Planned::new(at(0), key(number), Input::File(file(name)), options());
    Record::Planned(planned.with_destination(Destination::Folder { path, stem }))
}

fn options() -> UploadOptions {
    let mut options = UploadOptions::default();
    options.format = Some(OutputFormat::Webp);
    options
}

pub(crate) fn intent(number: u8, attempt: u32) -> Record {
    Record::Intent(Intent::new(at(1), key(number), attempt))
}

pub(crate) fn accepted(number: u8, attempt: u32, job: &str) -> Record {
    let body = serde_json::json!({ "job_id": job }).to_string();
    let answer = http::Response::builder().status(202).body(body).unwrap();
    let accepted = removit_proto::Accepted::decode(&answer).unwrap();
    Record::Accepted(Intent::new(at(1), key(number), attempt).accepted(at(2), &accepted))
}

pub(crate) fn not_accepted(number: u8, attempt: u32, outcome: UploadOutcome) -> Record {
    let error = UploadError::NotSent(TransportFailure::connect("refused"));
    let mut end = Intent::new(at(1), key(number), attempt).not_accepted(at(2), &error);
    end.outcome = outcome;
    Record::NotAccepted(end)
}

pub(crate) fn ended(number: u8, job: &str, outcome: JobOutcome) -> Record {
    Record::Ended(end(number, job, outcome, &["clipping", "shadowTop"]))
}

fn end(number: u8, job: &str, outcome: JobOutcome, results: &[&str]) -> Ended {
    let urls: serde_json::Map<_, _> =
        results.iter().map(|name| ((*name).to_owned(), "https://cdn.example/x".into())).collect();
    let body = serde_json::json!({ "state": "done", "progress": 100, "final_urls": urls });
    let answer = http::Response::new(body.to_string());
    let status = JobStatus::decode(&answer, &job_id(job), &endpoint()).unwrap();
    let finished = Finished::try_from(status).unwrap();
    let mut end = Ended::done(at(9), key(number), &finished, Duration::from_secs(7));
    end.outcome = outcome;
    end
}

pub(crate) fn status(number: u8, job: &str, progress: u8) -> Status {
    let body = format!(r#"{{"state":"pending","status":"pending_x","progress":{progress}}}"#);
    let status = JobStatus::decode(&http::Response::new(body), &job_id(job), &endpoint()).unwrap();
    Status::new(at(3), key(number), &status, &endpoint())
}

pub(crate) fn saved(number: u8, place: u32, variation: &str) -> Record {
    let mut saved = Saved::new(at(10), key(number), file("out/cup.webp"), 8568);
    saved.place = place;
    saved.variation = Some(variation.to_owned());
    Record::Saved(saved)
}

pub(crate) fn lines(records: &[Record]) -> Vec<u8> {
    records.iter().map(encode).collect::<String>().into_bytes()
}
