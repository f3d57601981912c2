//! What every test of the machines needs: an endpoint, answers, and a clock.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

pub mod damage;
pub mod laws;
pub mod multer_reader;
pub mod plain_json;
pub mod reading;
pub mod strict_reader;

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use removit_proto::{
    Action, ApiKey, Attempt, AttemptId, Endpoint, FileName, ImageType, Instant, Machine, Outcome,
    SourceFile, UploadRequest, Wakeup,
};

pub fn endpoint() -> Endpoint {
    Endpoint::production(ApiKey::new("sk-test-key").unwrap())
}

pub fn url_request() -> UploadRequest {
    UploadRequest::from_url("https://example.com/image.jpg".parse().unwrap())
}

pub fn file_request(len: u64) -> UploadRequest {
    let file = SourceFile::new(FileName::new("cup.png"), ImageType::Png, len).unwrap();
    UploadRequest::from_file(file)
}

pub const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub const fn at(secs: u64) -> Instant {
    Instant::from_origin(Duration::from_secs(secs))
}

pub fn answer(status: u16, body: &str) -> Outcome {
    Outcome::Response(response(status, body))
}

pub fn response(status: u16, body: &str) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap()
}

pub fn with_header(outcome: Outcome, name: &'static str, value: &str) -> Outcome {
    match outcome {
        Outcome::Response(mut response) => {
            response.headers_mut().insert(name, value.parse().unwrap());
            Outcome::Response(response)
        }
        other => other,
    }
}

pub fn accepted() -> Outcome {
    answer(202, r#"{"job_id":"job-1","status":"queued","mode":"clipping"}"#)
}

pub fn pending() -> Outcome {
    answer(200, r#"{"job_id":"job-1","status":"pending_compose","state":"pending","progress":33}"#)
}

pub fn done() -> Outcome {
    answer(
        200,
        r#"{"job_id":"job-1","status":"done","state":"done","progress":100,
            "final_url":"https://cdn.example.com/results/clipping.webp"}"#,
    )
}

/// Drives a machine by hand: a present, and shorthands that say what is expected.
pub struct Bench<M> {
    pub machine: M,
    pub now: Instant,
}

impl<M: Machine> Bench<M>
where
    M::Output: std::fmt::Debug,
{
    pub fn new(machine: M, now: Instant) -> Self {
        Self { machine, now }
    }

    #[track_caller]
    pub fn send(&mut self) -> Attempt {
        match self.machine.next_action(self.now) {
            Action::Send(attempt) => attempt,
            other => panic!("expected Send at {:?}, got {other:?}", self.now),
        }
    }

    #[track_caller]
    pub fn sleep(&mut self) -> Wakeup {
        match self.machine.next_action(self.now) {
            Action::SleepUntil(wakeup) => wakeup,
            other => panic!("expected SleepUntil at {:?}, got {other:?}", self.now),
        }
    }

    #[track_caller]
    pub fn done(&mut self) -> M::Output {
        match self.machine.next_action(self.now) {
            Action::Done(output) => output,
            other => panic!("expected Done at {:?}, got {other:?}", self.now),
        }
    }

    /// Sends, and answers after `later`.
    #[track_caller]
    pub fn answered(&mut self, later: Duration, outcome: Outcome) -> AttemptId {
        let id = self.send().id;
        self.now = self.now + later;
        self.machine.handle(self.now, id, outcome);
        id
    }

    /// Sleeps to the moment that the machine asks for, and says how long that was.
    #[track_caller]
    pub fn slept(&mut self) -> Duration {
        let until = self.sleep().at;
        let slept = until - self.now;
        self.now = until;
        slept
    }
}

/// Whether a body would be decompressed first, which the contract's second reading
/// does not do.
pub fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b])
}
