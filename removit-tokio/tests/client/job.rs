//! Watching a job: what is polled when, and what is told of it.

use std::sync::{Arc, Mutex};

use crate::support::{Answer, KEY, Server, accepted, json, pending};
use futures_util::{StreamExt, TryStreamExt};
use http::{Method, Request, Response};
use removit_tokio::proto::{
    Accepted, ApiKey, Endpoint, JobId, JobStatus, Observer, PollError, PollPolicy, State,
};
use removit_tokio::{Client, Error, Photo, RequestBody, ResponseBody};

fn done() -> Answer {
    json(
        "200 OK",
        r#"{"job_id":"job-1","status":"done","state":"done","progress":100,"final_url":"https://cdn.example/a.png"}"#,
    )
}

fn not_found() -> Answer {
    json("404 Not Found", r#"{"error":"not_found"}"#)
}

fn photo() -> Photo {
    Photo::from_url("https://example.com/cup.jpg").unwrap()
}

fn job() -> JobId {
    "job-1".parse().unwrap()
}

#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Observer for Diary {
    fn accepted(&self, accepted: &Accepted) {
        self.0.lock().unwrap().push(format!("accepted {}", accepted.job_id()));
    }

    fn status(&self, status: &JobStatus) {
        self.0.lock().unwrap().push(status.step().unwrap_or("?").to_owned());
    }
}

#[tokio::test]
async fn a_photo_is_sent_and_watched_until_its_result_is_there() {
    let server = Server::start([accepted(), pending(), done()]);
    let diary = Arc::new(Diary::default());
    let client = server.client().observer(diary.clone());
    let finished = client.process(&photo()).await.unwrap();
    assert_eq!(finished.job_id(), &job());
    assert_eq!(finished.results()[0].url(), "https://cdn.example/a.png");
    assert_eq!(*diary.0.lock().unwrap(), ["accepted job-1", "pending_compose", "done"]);

    let polled = &server.received()[1];
    assert_eq!(polled.line(), "GET /api/v1/status?job_id=job-1 HTTP/1.1");
    assert_eq!(polled.header("x-api-key"), Some(KEY));
    assert_eq!(polled.header("content-length"), None);
}

#[tokio::test]
async fn a_job_is_a_future_and_its_statuses_are_a_stream_that_ends_with_it() {
    let server = Server::start([accepted(), pending(), pending(), done(), done()]);
    let diary = Arc::new(Diary::default());
    let client = server.client().observer(diary.clone());
    let job = client.upload(&photo()).await.unwrap();
    let seen: Vec<_> =
        job.statuses().map_ok(|status| status.state().clone()).try_collect().await.unwrap();
    assert_eq!(seen, [State::Pending, State::Pending, State::Done]);
    assert_eq!(diary.0.lock().unwrap().len(), 4, "the observer is told of each as well");
    assert_eq!(job.await.unwrap().results().len(), 1);
}

#[tokio::test]
async fn the_statuses_of_a_job_that_fails_end_with_the_error() {
    let failed = json("200 OK", r#"{"job_id":"job-1","status":"failed","state":"failed"}"#);
    let server = Server::start([pending(), failed]);
    let job = server.client().resume(job());
    let seen: Vec<_> = job.statuses().collect().await;
    let [Ok(pending), Ok(failed), Err(error)] = &*seen else { panic!("{seen:?}") };
    assert_eq!((pending.state(), failed.state()), (&State::Pending, &State::Failed));
    assert!(matches!(error, Error::Poll(PollError::Failed { .. })), "{error:?}");
}

#[tokio::test]
async fn a_job_that_was_just_made_may_be_unknown_for_a_while() {
    let server = Server::start([accepted(), not_found(), done()]);
    assert!(server.client().process(&photo()).await.is_ok());
}

#[tokio::test]
async fn a_resumed_job_that_is_unknown_is_final() {
    let server = Server::start([not_found(), done()]);
    let error = server.client().resume(job()).wait().await.unwrap_err();
    assert!(matches!(&error, Error::Poll(PollError::Refused { .. })), "{error}");
    assert_eq!(error.job_id(), Some(&job()));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_job_can_be_resumed_from_its_id_alone() {
    let server = Server::start([pending(), done()]);
    let resumed = server.client().resume(job());
    assert_eq!(resumed.id(), &job());
    assert!(resumed.accepted().is_none());
    assert!(resumed.wait().await.is_ok());
}

#[tokio::test]
async fn one_look_tells_a_status_whatever_it_is() {
    let failed = json("200 OK", r#"{"job_id":"job-1","status":"failed","state":"failed"}"#);
    for (answer, state) in
        [(pending(), State::Pending), (done(), State::Done), (failed, State::Failed)]
    {
        let server = Server::start([answer]);
        let status = server.client().status(&job()).await.unwrap();
        assert_eq!(*status.state(), state);
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn one_look_at_a_job_that_was_just_made_does_not_call_it_unknown() {
    let server = Server::start([accepted(), not_found()]);
    let error = server.client().upload(&photo()).await.unwrap().status().await.unwrap_err();
    assert!(matches!(&error, Error::Poll(PollError::TimedOut { .. })), "{error}");
}

#[tokio::test]
async fn a_poll_that_fails_costs_time_only() {
    let html = Answer::Raw(crate::support::answer("502 Bad Gateway", "", "<html>"));
    let server = Server::start([Answer::Lost, html, done()]);
    assert!(server.client().wait(&job()).await.is_ok());
    assert_eq!(server.received().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_at_its_deadline_keeps_the_id_and_can_begin_anew() {
    let transport = |request: Request<RequestBody>| async move {
        let (status, body) = match request.method() {
            &Method::POST => (202, r#"{"job_id":"job-1","status":"queued"}"#),
            _ => (200, r#"{"job_id":"job-1","state":"pending"}"#),
        };
        Ok(Response::builder().status(status).body(ResponseBody::from(body)).unwrap())
    };
    let endpoint = Endpoint::production(ApiKey::new(KEY).unwrap());
    let job = Client::with_transport(endpoint, transport).upload(&photo()).await.unwrap();
    for _ in 0..2 {
        let begun = tokio::time::Instant::now();
        let error = job.wait().await.unwrap_err();
        assert!(matches!(&error, Error::Poll(PollError::TimedOut { .. })), "{error}");
        assert_eq!(error.job_id(), Some(job.id()));
        assert!(begun.elapsed() >= PollPolicy::default().timeout);
    }
}
