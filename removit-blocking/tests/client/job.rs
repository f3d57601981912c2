//! How a job is watched: in order, with its id in every ending.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::{Answer, KEY, Server, accepted, answer, done, endpoint, json, pending};
use http::{Request, Response};
use removit_blocking::proto::{
    Accepted, ApiErrorKind, ApiKey, Endpoint, Instant as Moment, JobStatus, Observer, PollError,
    PollPolicy, PollTrouble, State, StatusUnreadable, WakeReason, Wakeup,
};
use removit_blocking::{Client, Clock, Destination, Error, Photo, RequestBody, ResponseBody};

fn photo() -> Photo {
    Photo::from_url("https://example.com/cup.jpg").unwrap()
}

fn poll_error<T: std::fmt::Debug>(result: Result<T, Error>) -> PollError {
    match result {
        Err(Error::Poll(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Diary {
    fn write(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl Observer for Diary {
    fn accepted(&self, accepted: &Accepted) {
        self.write(format!("accepted {}", accepted.job_id()));
    }

    fn status(&self, status: &JobStatus) {
        self.write(format!("{} {:?}", status.step().unwrap_or_default(), status.progress()));
    }
}

#[test]
fn a_photo_is_accepted_watched_and_finished_in_this_order() {
    let server = Server::start([accepted(), pending(), done("https://cdn.example/cup.png")]);
    let diary = Arc::new(Diary::default());
    let finished = server.client().observer(diary.clone()).process(&photo()).unwrap();
    assert_eq!(finished.job_id().as_str(), "job-1");
    assert_eq!(finished.results()[0].url(), "https://cdn.example/cup.png");
    assert_eq!(
        *diary.0.lock().unwrap(),
        ["accepted job-1", "pending_compose Some(33)", "done Some(100)"]
    );
    let received = server.finish();
    assert_eq!(received[1].line(), "GET /api/v1/status?job_id=job-1 HTTP/1.1");
    assert_eq!(received[1].header("x-api-key"), Some(KEY));
    assert_eq!(received[1].header("content-length"), None);
    assert_eq!(received[1].header("accept-encoding"), Some("identity"));
}

#[test]
fn the_statuses_of_a_job_are_an_iterator_that_ends_with_it() {
    let server =
        Server::start([accepted(), pending(), pending(), done("https://cdn.example/a.png")]);
    let diary = Arc::new(Diary::default());
    let job = server.client().observer(diary.clone()).upload(&photo()).unwrap();
    let seen: Vec<_> = job.statuses().map(|status| status.unwrap().state().clone()).collect();
    assert_eq!(seen, [State::Pending, State::Pending, State::Done]);
    assert_eq!(diary.0.lock().unwrap().len(), 4, "the observer is told of each as well");
}

#[test]
fn the_statuses_of_a_job_that_fails_end_with_the_error() {
    let failed = json("200 OK", r#"{"job_id":"job-1","status":"failed","state":"failed"}"#);
    let server = Server::start([pending(), failed]);
    let job = server.client().resume("job-1".parse().unwrap());
    let seen: Vec<_> = job.statuses().collect();
    let [Ok(pending), Ok(failed), Err(error)] = &*seen else { panic!("{seen:?}") };
    assert_eq!((pending.state(), failed.state()), (&State::Pending, &State::Failed));
    assert!(matches!(error, Error::Poll(PollError::Failed { .. })), "{error:?}");
}

#[test]
fn a_stored_id_is_enough_to_come_back() {
    let server = Server::start([done("https://cdn.example/cup.png")]);
    let job = server.client().resume("job-1".parse().unwrap());
    assert!(job.accepted().is_none());
    assert_eq!(job.wait().unwrap().job_id(), job.id());
}

#[test]
fn a_job_that_is_not_over_has_a_status() {
    let server = Server::start([pending()]);
    let status = server.client().status(&"job-1".parse().unwrap()).unwrap();
    assert_eq!(status.progress(), Some(33));
}

#[test]
fn a_job_that_failed_has_a_status_and_ends_a_wait() {
    let failed = || json("200 OK", r#"{"job_id":"job-1","status":"failed","state":"failed"}"#);
    let server = Server::start([failed(), failed()]);
    let job = server.client().resume("job-1".parse().unwrap());
    assert_eq!(job.status().unwrap().state(), &State::Failed);
    let error = poll_error(job.wait());
    assert!(matches!(error, PollError::Failed(_)), "{error:?}");
    assert_eq!(error.job_id(), job.id());
}

#[test]
fn a_job_that_was_just_accepted_may_be_unknown_for_a_while() {
    let unknown = || json("404 Not Found", r#"{"error":"not_found"}"#);
    let server =
        Server::start([accepted(), unknown(), unknown(), done("https://cdn.example/cup.png")]);
    let job = server.client().upload(&photo()).unwrap();
    let error = poll_error(job.status());
    assert!(matches!(error, PollError::TimedOut { trouble: Some(_), .. }), "{error:?}");
    assert_eq!(job.wait().unwrap().job_id(), job.id());

    let server = Server::start([unknown()]);
    let error = poll_error(server.client().wait(&"job-1".parse().unwrap()));
    let PollError::Refused { error, .. } = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), ApiErrorKind::NotFound);
}

#[test]
fn polls_that_fail_cost_time_only() {
    let server = Server::start([
        Answer::Lost,
        Answer::Raw(answer("502 Bad Gateway", "Content-Type: text/html\r\n", "<html>")),
        Answer::Raw(b"no HTTP at all\r\n\r\n".to_vec()),
        Answer::Raw(answer("302 Found", "Location: /\r\n", "")),
        json("200 OK", "not json"),
        done("https://cdn.example/cup.png"),
    ]);
    let finished = server.client().wait(&"job-1".parse().unwrap()).unwrap();
    assert_eq!(finished.job_id().as_str(), "job-1");
    assert_eq!(server.finish().len(), 6);
}

#[test]
fn a_status_over_the_limit_is_read_to_the_limit_and_not_believed() {
    let body = format!("{{\"state\":\"pending\"}}{}", " ".repeat(3 << 20));
    let server = Server::start([json("200 OK", &body)]);
    let error = poll_error(server.client().status(&"job-1".parse().unwrap()));
    let PollError::TimedOut { trouble: Some(trouble), .. } = error else { panic!("{error:?}") };
    let PollTrouble::Unreadable { why, .. } = trouble else { panic!("{trouble:?}") };
    assert_eq!(why, StatusUnreadable::CutOff);
}

#[test]
fn a_silent_server_ends_a_wait_at_its_deadline_with_the_id() {
    let server = Server::start([pending(), Answer::Stall(Vec::new())]);
    let mut policy = PollPolicy::default();
    policy.schedule =
        removit_blocking::proto::Schedule::fixed(Duration::ZERO).with_floor(Duration::ZERO);
    // Long enough for any machine to look once.
    policy.timeout = Duration::from_secs(2);
    policy.attempt_timeout = Duration::from_secs(2);
    let begun = Instant::now();
    let error = poll_error(server.client().poll_policy(policy).wait(&"job-1".parse().unwrap()));
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    let PollError::TimedOut { job_id, latest, trouble } = error else { panic!("{error:?}") };
    assert_eq!(job_id.as_str(), "job-1");
    assert_eq!(latest.unwrap().progress(), Some(33));
    assert!(matches!(trouble, Some(PollTrouble::Transport(_))), "{trouble:?}");
}

#[test]
fn a_closure_is_a_transport() {
    let answers = Mutex::new(vec![
        (200, r#"{"state":"done","final_url":"https://cdn.example/cup.png"}"#),
        (202, r#"{"job_id":"job-9"}"#),
    ]);
    let canned = |mut request: Request<RequestBody>, _deadline: Instant| {
        std::io::copy(request.body_mut(), &mut std::io::sink()).unwrap();
        let (status, body) = answers.lock().unwrap().pop().unwrap();
        Ok(Response::builder().status(status).body(ResponseBody::from(body)).unwrap())
    };
    let endpoint = endpoint("https://api.example");
    let client = crate::support::with_fast_policies(Client::with_transport(endpoint, canned));
    assert_eq!(client.process(&photo()).unwrap().job_id().as_str(), "job-9");
}

#[test]
fn the_api_key_is_in_no_debug_text() {
    let client = crate::support::client("http://127.0.0.1:1");
    let job = client.resume("job-1".parse().unwrap());
    assert!(!format!("{client:?} {job:?}").contains(KEY));
}

/// A machine that was asleep: the time for the first result is over at the wake-up, and
/// the second one begins with no outcome in between.
struct Asleep(Clock);

impl Observer for Asleep {
    fn waiting(&self, wakeup: Wakeup) {
        if wakeup.reason == WakeReason::Backoff {
            self.0.sleep(Duration::from_secs(3 * 3600));
        }
    }
}

#[test]
fn a_result_that_begins_at_a_wake_up_has_a_file_of_its_own() {
    let vendor = |request: Request<RequestBody>, _: Instant| {
        let path = request.uri().path();
        let (status, body) = match path {
            "/api/v1/upload" => (202, r#"{"job_id":"job-1"}"#),
            "/api/v1/status" => (
                200,
                r#"{"state":"done","final_urls":{"a":"https://cdn.example/a.png","b":"https://cdn.example/b.png"}}"#,
            ),
            "/a.png" => (503, "busy"),
            _ => (200, ""),
        };
        let body = match path {
            "/b.png" => ResponseBody::from(&b"\x89PNG\r\n\x1a\n"[..]),
            _ => ResponseBody::from(body),
        };
        Ok(Response::builder().status(status).body(body).unwrap())
    };
    let clock = Clock::simulated(Moment::ORIGIN);
    let endpoint = Endpoint::production(ApiKey::new("any").unwrap());
    let client = Client::with_transport(endpoint, vendor).clock(clock.clone());
    let folder = tempfile::tempdir().unwrap();
    let into = Destination::folder(folder.path(), "cup");
    let client = client.observer(Arc::new(Asleep(clock)));
    let Err(Error::Download { saved, failed, .. }) = client.process_into(&photo(), &into) else {
        panic!("the first result fails");
    };
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0].0.as_deref(), Some("a"));
    assert_eq!(std::fs::read(&saved[0].path).unwrap(), b"\x89PNG\r\n\x1a\n");
}

/// A body whose first read is interrupted.
struct Interrupted(bool, &'static [u8]);

impl std::io::Read for Interrupted {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if std::mem::replace(&mut self.0, false) {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        self.1.read(buf)
    }
}

#[test]
fn a_read_of_an_answer_that_is_interrupted_goes_on() {
    let transport = |_: Request<RequestBody>, _: Instant| {
        let body = br#"{"job_id":"job-1","state":"pending","progress":33}"#;
        Ok(Response::new(ResponseBody::new(Interrupted(true, body))))
    };
    let client = Client::with_transport(endpoint("http://127.0.0.1:9"), transport);
    assert_eq!(client.status(&"job-1".parse().unwrap()).unwrap().progress(), Some(33));
}
