//! Records to test with: some by hand, and all that can be.

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use removit_proto::journal::{
    Accepted, Destination, Ended, Header, Input, Intent, JobOutcome, JournalPath, NotAccepted,
    Opened, Planned, Reason, Record, Saved, Status, UploadOutcome, WallTime, encode,
};
use removit_proto::{
    ApiKey, ContentHash, Delivery, Endpoint, Finished, InputKey, JobId, JobStatus, Mode,
    OutputFormat, Params, TransportFailure, UploadError, UploadOptions,
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

/// Texts with all that a name, a path or a server's word may have in it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z/.]{1,12}",
        any::<String>(),
        Just("line\nbreak\r\n\u{2028}\u{0}\u{1b}[2J\"\\".to_owned()),
        Just("é".repeat(200)),
    ]
}

fn path() -> impl Strategy<Value = JournalPath> {
    let raw = prop::collection::vec(1..=u8::MAX, 1..20).prop_map(|bytes| {
        #[cfg(unix)]
        let name = {
            use std::os::unix::ffi::OsStringExt;
            std::ffi::OsString::from_vec(bytes)
        };
        #[cfg(not(unix))]
        let name = String::from_utf8_lossy(&bytes).into_owned();
        JournalPath::new(Path::new(&name))
    });
    prop_oneof![text().prop_map(|text| file(&text)), raw]
}

fn upload_options() -> impl Strategy<Value = UploadOptions> {
    let object = prop::collection::btree_map(text(), any::<i64>(), 0..3);
    let object = object.prop_map(|map| map.into_iter().map(|(k, v)| (k, v.into())).collect());
    let mode = prop_oneof![
        Just(Mode::Background),
        Just(Mode::Clipping),
        text().prop_map(|name| Mode::Params(Params::Set(name))),
        object.prop_map(|object| Mode::Params(Params::Object(object))),
    ];
    let delivery = prop::sample::select(vec![Delivery::Url, Delivery::FinalUrl]);
    let format = prop::sample::select(vec![OutputFormat::Jpeg, OutputFormat::Psd]);
    (prop::option::of(mode), prop::option::of(delivery), prop::option::of(format)).prop_map(
        |(mode, delivery, format)| {
            let mut options = UploadOptions::default();
            (options.mode, options.delivery, options.format) = (mode, delivery, format);
            options
        },
    )
}

fn time() -> impl Strategy<Value = WallTime> {
    any::<u64>().prop_map(|millis| WallTime::from_unix(Duration::from_millis(millis >> 16)))
}

/// Few keys, jobs and attempts, so that records meet each other.
fn any_key() -> impl Strategy<Value = InputKey> {
    (0_u8..3).prop_map(key)
}

fn any_job() -> impl Strategy<Value = JobId> {
    prop::sample::select(vec!["job-1", "job-2", "019cdc54-2673", "é \"quoted\" \\ id"])
        .prop_map(job_id)
}

fn any_planned() -> impl Strategy<Value = Planned> {
    let url = Just("https://example.com/a.jpg?sig=1#x".parse().unwrap());
    let input = prop_oneof![
        path().prop_map(Input::File),
        url.prop_map(Input::Url),
        text().prop_map(Input::Memory),
    ];
    let destination = prop_oneof![
        path().prop_map(Destination::File),
        (path(), text()).prop_map(|(path, stem)| Destination::Folder { path, stem }),
    ];
    (any_key(), time(), input, upload_options(), prop::option::of(destination)).prop_map(
        |(key, at, input, options, destination)| {
            let planned = Planned::new(at, key, input, options);
            match destination {
                Some(destination) => planned.with_destination(destination),
                None => planned,
            }
        },
    )
}

fn any_accepted() -> impl Strategy<Value = Accepted> {
    (any_key(), any_job(), time(), 0_u32..4, any::<bool>(), 0_u32..3).prop_map(
        |(key, job_id, at, attempt, salvaged, earlier_ambiguous)| {
            let Record::Accepted(mut record) = accepted(0, attempt, "x") else { unreachable!() };
            (record.key, record.job_id, record.at) = (key, job_id, at);
            (record.salvaged, record.earlier_ambiguous) = (salvaged, earlier_ambiguous);
            record
        },
    )
}

fn any_not_accepted() -> impl Strategy<Value = NotAccepted> {
    let outcome = prop::sample::select(vec![
        UploadOutcome::Rejected,
        UploadOutcome::NotSent,
        UploadOutcome::Ambiguous,
    ]);
    (any_key(), time(), 0_u32..4, outcome, 0_u32..3, text()).prop_map(
        |(key, at, attempt, outcome, ambiguous_attempts, reason)| {
            let Record::NotAccepted(mut end) = not_accepted(0, attempt, outcome) else {
                unreachable!()
            };
            (end.key, end.at, end.reason) = (key, at, Reason::new(reason));
            end.ambiguous_attempts = ambiguous_attempts;
            end
        },
    )
}

fn any_status() -> impl Strategy<Value = Status> {
    let progress = prop::option::of(any::<u8>());
    (any_key(), any_job(), time(), prop::option::of(text()), progress).prop_map(
        |(key, job_id, at, step, progress)| {
            let body = http::Response::new(r#"{"state":"pending"}"#);
            let status = JobStatus::decode(&body, &job_id, &endpoint()).unwrap();
            let mut status = Status::new(at, key, &status, &endpoint());
            (status.step, status.progress) = (step.map(Reason::new), progress);
            status
        },
    )
}

fn any_ended() -> impl Strategy<Value = Ended> {
    let outcome = prop::sample::select(vec![
        JobOutcome::Done,
        JobOutcome::Failed,
        JobOutcome::NoResult,
        JobOutcome::TimedOut,
        JobOutcome::Refused,
    ]);
    let results = prop::collection::vec(prop::option::of(text()), 0..3);
    (any_key(), any_job(), time(), outcome, any::<u64>(), results, prop::option::of(text()))
        .prop_map(|(key, job_id, at, outcome, elapsed_ms, results, reason)| {
            let mut ended = end(0, "x", outcome, &["clipping"]);
            (ended.key, ended.job_id, ended.at) = (key, job_id, at);
            (ended.elapsed_ms, ended.results) = (elapsed_ms, results);
            ended.reason = reason.map(Reason::new);
            ended
        })
}

fn any_saved() -> impl Strategy<Value = Saved> {
    let hash = prop::option::of(any::<[u8; 32]>().prop_map(ContentHash::new));
    (any_key(), time(), 0_u32..3, prop::option::of(text()), path(), any::<u64>(), hash).prop_map(
        |(key, at, place, variation, path, len, sha256)| {
            let mut saved = Saved::new(at, key, path, len);
            (saved.place, saved.variation, saved.sha256) = (place, variation, sha256);
            saved
        },
    )
}

pub(crate) fn any_header() -> impl Strategy<Value = Header> {
    let texts = (text(), prop::option::of(text()), prop::option::of(text()));
    (time(), texts, prop::option::of(path())).prop_map(|(at, (by, api, label), folder)| {
        let mut header = Header::new(at, by);
        (header.api, header.label, header.folder) = (api, label, folder);
        header
    })
}

/// Any record but a header.
pub(crate) fn any_record() -> impl Strategy<Value = Record> {
    let opened = (time(), text(), prop::option::of(any::<u32>()), prop::option::of(path()));
    let opened = opened.prop_map(|(at, by, pid, folder)| {
        let mut opened = Opened::new(at, by, pid);
        opened.folder = folder;
        Record::Opened(opened)
    });
    let intent = (any_key(), time(), 0_u32..4)
        .prop_map(|(key, at, attempt)| Record::Intent(Intent::new(at, key, attempt)));
    prop_oneof![
        1 => opened,
        1 => any_planned().prop_map(Record::Planned),
        5 => intent,
        2 => any_accepted().prop_map(Record::Accepted),
        4 => any_not_accepted().prop_map(Record::NotAccepted),
        1 => any_status().prop_map(Record::Status),
        2 => any_ended().prop_map(Record::Ended),
        1 => any_saved().prop_map(Record::Saved),
    ]
}
