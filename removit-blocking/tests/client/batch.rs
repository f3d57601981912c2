//! What a batch survives of the transport below it.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::support::{PNG, endpoint, with_fast_policies};
use http::{Method, Request, Response};
use removit_blocking::proto::journal::{Header, WallTime};
use removit_blocking::proto::{BatchPolicy, GRACE, Schedule, TransportFailure, UploadError};
use removit_blocking::{Client, Clock, Error, JournalFile, Photo, RequestBody, ResponseBody};

#[test]
fn an_upload_whose_transport_panics_is_ambiguous_and_the_others_go_on() {
    let transport = |request: Request<RequestBody>, _: Instant| {
        // The first photo is the longer one.
        assert!(request.body().len() < 1000, "a defect of the transport");
        Err::<Response<ResponseBody>, _>(TransportFailure::connect("no server here"))
    };
    let client =
        with_fast_policies(Client::with_transport(endpoint("http://127.0.0.1:9"), transport));
    let long = [PNG, &[7; 1000]].concat();
    let photos = [long, PNG.to_vec()].map(|bytes| Photo::from_bytes("cup.png", bytes).unwrap());
    let mut policy = BatchPolicy::default();
    policy.upload.retry.max_attempts = 1;
    let mut ends: Vec<_> = client.batch(photos).policy(policy).collect();
    ends.sort_by_key(|processed| processed.index);
    let [first, second] = &ends[..] else { panic!("{ends:?}") };
    assert!(matches!(first.end, Err(Error::Upload(UploadError::Ambiguous(_)))), "{first:?}");
    assert!(matches!(second.end, Err(Error::Upload(UploadError::NotSent(_)))), "{second:?}");
}

#[test]
fn uploads_that_find_no_connection_by_their_deadline_are_not_sent_rather_than_ambiguous() {
    let transport = |_: Request<RequestBody>, deadline: Instant| {
        // Threads wake a little late, and tell a little later.
        let late = deadline + Duration::from_millis(5);
        std::thread::sleep(late.saturating_duration_since(Instant::now()));
        Err::<Response<ResponseBody>, _>(TransportFailure::connect("no connection in time"))
    };
    let client = Client::with_transport(endpoint("http://127.0.0.1:9"), transport);
    let photo = |n: u8| Photo::from_bytes("cup.png", [PNG, &[n]].concat()).unwrap();
    let mut policy = BatchPolicy::default();
    policy.upload.retry.max_attempts = 1;
    policy.upload.attempt_timeout = Duration::from_millis(30);
    policy.backoff = removit_blocking::proto::Backoff::new(Duration::ZERO, Duration::ZERO);
    (policy.uploads_at_once, policy.requests_per_second) = (20, 1000);
    let ends: Vec<_> = client.batch((0..20).map(photo)).policy(policy).collect();
    assert_eq!(ends.len(), 20);
    for processed in ends {
        let end = processed.end;
        assert!(matches!(end, Err(Error::Upload(UploadError::NotSent(_)))), "{end:?}");
    }
}

/// The answer to the first photo comes when its upload has long been given up: the
/// second one's answer, and the look at its job, come between.
#[test]
fn an_acceptance_that_comes_late_is_written_down_and_its_job_finished() {
    let clock = Clock::simulated(removit_blocking::proto::Instant::ORIGIN);
    let (moved, has_moved) = channel();
    let (looked, has_looked) = channel();
    let (has_moved, has_looked) = (Mutex::new(has_moved), Mutex::new(has_looked));
    let weather = clock.clone();
    let transport = move |request: Request<RequestBody>, _: Instant| {
        let answer = |status: u16, body: &str| {
            let body = ResponseBody::new(std::io::Cursor::new(body.to_owned().into_bytes()));
            Ok::<_, TransportFailure>(Response::builder().status(status).body(body).unwrap())
        };
        let done = r#"{"state":"done","final_url":"https://cdn.example.com/a.png"}"#;
        if request.method() == Method::GET {
            if request.uri().query() == Some("job_id=in-time") {
                looked.send(()).unwrap();
            }
            return answer(200, done);
        }
        // The first photo is the longer one.
        if request.body().len() > 1000 {
            weather.sleep(Duration::from_secs(120) + GRACE);
            moved.send(()).unwrap();
            has_looked.lock().unwrap().recv().unwrap();
            return answer(202, r#"{"job_id":"late"}"#);
        }
        has_moved.lock().unwrap().recv().unwrap();
        answer(202, r#"{"job_id":"in-time"}"#)
    };
    let client = Client::with_transport(endpoint("http://127.0.0.1:9"), transport).clock(clock);
    let long = [PNG, &[7; 1000]].concat();
    let photos = [long, PNG.to_vec()].map(|bytes| Photo::from_bytes("cup.png", bytes).unwrap());
    let mut policy = BatchPolicy::default();
    policy.requests_per_second = 1_000_000;
    policy.poll.schedule = Schedule::fixed(Duration::ZERO).with_floor(Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("the.removit");
    let header = Header::new(WallTime::default(), "a test");
    let (journal, replay) = JournalFile::open(&path, header).unwrap();
    let mut ends: Vec<_> = client.batch(photos).policy(policy).journal(journal, replay).collect();
    ends.sort_by_key(|processed| processed.index);
    let [late, in_time] = &ends[..] else { panic!("each input ends once: {ends:?}") };
    assert!(late.end.is_ok() && in_time.end.is_ok(), "{ends:?}");
    let id = late.job_id.as_ref().map(ToString::to_string);
    assert_eq!(id.as_deref(), Some("late"));

    let lines = std::fs::read_to_string(&path).unwrap();
    let place = |what: &str| lines.find(what).unwrap_or_else(|| panic!("no {what}: {lines}"));
    assert!(place("\"ambiguous\"") < place("\"late\""), "{lines}");
    let journal = JournalFile::read(&path).unwrap();
    assert_eq!(journal.replay.counts().possible_jobs(), 0);
}
