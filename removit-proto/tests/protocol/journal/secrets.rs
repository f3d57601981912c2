//! The API key is never in a journal, whoever repeats it.

use std::time::Duration;

use bytes::Bytes;
use removit_proto::journal::{Ended, Intent, Record, Status, encode};
use removit_proto::{
    Action, Finished, Instant, JobStatus, Machine, Outcome, PollError, PollPolicy, Poller, Reach,
    Seed, TransportFailure, Upload, UploadError, UploadPolicy, UploadRequest,
};

use super::records::{at, endpoint, job_id, key};

const SECRET: &str = "sk-secret-key";

fn upload_error(outcome: Outcome) -> UploadError {
    let request = UploadRequest::from_url("https://example.com/a.jpg".parse().unwrap());
    let now = Instant::ORIGIN;
    let mut upload = Upload::new(endpoint(), request, UploadPolicy::default(), Seed::new(1), now);
    let Action::Send(attempt) = upload.next_action(now) else { panic!("no attempt") };
    upload.handle(now, attempt.id, outcome);
    match upload.next_action(now) {
        Action::Done(end) => end.unwrap_err(),
        other => panic!("not the end: {other:?}"),
    }
}

fn answer(status: u16, body: &str) -> http::Response<Bytes> {
    let body = Bytes::from(body.replace("KEY", SECRET));
    http::Response::builder().status(status).body(body).unwrap()
}

#[test]
fn an_uploads_error_leaves_no_key_behind() {
    let broken = TransportFailure::broken(Reach::MaybeSent, format!("sent {SECRET} and died"));
    for outcome in [
        Outcome::Failed(broken),
        Outcome::Response(answer(401, r#"{"error":"KEY","message":"KEY is not valid"}"#)),
        Outcome::Response(answer(500, "<html>X-API-Key: KEY</html>")),
        Outcome::Response(answer(422, r#"{"error":"x","details":{"KEY":["KEY"]}}"#)),
    ] {
        let end = Intent::new(at(0), key(1), 1).not_accepted(at(1), &upload_error(outcome));
        let line = encode(&Record::NotAccepted(end));
        assert!(!line.contains(SECRET), "{line}");
        assert!(line.contains("***"), "the rest of the reason is there: {line}");
    }
}

#[test]
fn a_status_leaves_no_key_behind() {
    let body = answer(200, r#"{"state":"failed","status":"failed KEY"}"#);
    let status = JobStatus::decode(&body, &job_id("j"), &endpoint()).unwrap();
    let line = encode(&Record::Status(Status::new(at(0), key(1), &status, &endpoint())));
    assert!(!line.contains(SECRET) && line.contains("failed ***"), "{line}");

    let error = PollError::Failed(Box::new(status));
    let ended = Ended::failed(at(0), key(1), &error, Duration::ZERO, &endpoint());
    let line = encode(&Record::Ended(ended));
    assert!(!line.contains(SECRET) && line.contains("failed ***"), "{line}");
}

#[test]
fn a_refused_poll_leaves_no_key_behind() {
    let mut now = Instant::ORIGIN;
    let mut poller =
        Poller::resume(endpoint(), job_id("j"), PollPolicy::default(), Seed::new(1), now);
    let error = loop {
        match poller.next_action(now) {
            Action::Send(attempt) => {
                let refused = answer(401, r#"{"error":"unauthorized","message":"KEY?"}"#);
                poller.handle(now, attempt.id, Outcome::Response(refused));
            }
            Action::SleepUntil(wakeup) => now = wakeup.at,
            Action::Done(end) => break end.unwrap_err(),
        }
    };
    let ended = Ended::failed(at(0), key(1), &error, Duration::ZERO, &endpoint());
    let line = encode(&Record::Ended(ended));
    assert!(!line.contains(SECRET) && line.contains("***?"), "{line}");
}

#[test]
fn a_results_url_is_not_kept() {
    let body =
        answer(200, r#"{"state":"done","final_urls":{"clipping":"https://cdn.example/x?sig=1"}}"#);
    let status = JobStatus::decode(&body, &job_id("j"), &endpoint()).unwrap();
    let finished = Finished::try_from(status).unwrap();
    let line = encode(&Record::Ended(Ended::done(at(0), key(1), &finished, Duration::ZERO)));
    assert!(line.contains(r#""results":["clipping"]"#) && !line.contains("cdn"), "{line}");
}
