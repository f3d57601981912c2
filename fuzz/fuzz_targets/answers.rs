//! No answer can panic a machine or a decoder, whatever its status and body.
#![no_main]

use bytes::Bytes;
use http::Response;
use libfuzzer_sys::fuzz_target;
use removit_proto::{
    Accepted, Action, ApiError, ApiKey, Endpoint, Instant, JobId, JobStatus, Machine, Outcome,
    PollPolicy, Poller, Seed, Upload, UploadPolicy, UploadRequest,
};

fuzz_target!(|input: (u16, &[u8])| {
    let (status, body) = input;
    let Ok(answer) = Response::builder().status(status).body(Bytes::copy_from_slice(body)) else {
        return;
    };
    let endpoint = Endpoint::production(ApiKey::new("sk-fuzz-key").expect("a key"));
    let job_id: JobId = "job".parse().expect("an id");
    let now = Instant::ORIGIN;

    let _ = Accepted::decode(&answer);
    let _ = JobStatus::decode(&answer, &job_id);
    assert!(!ApiError::decode(&answer, &endpoint).to_string().contains("sk-fuzz-key"));

    let request = UploadRequest::from_url("https://a.example/x.png".parse().expect("a URL"));
    let policy = UploadPolicy::default();
    let mut upload = Upload::new(endpoint.clone(), request, policy, Seed::new(1), now);
    answered(&mut upload, now, answer.clone());
    let mut poller = Poller::resume(endpoint, job_id, PollPolicy::default(), Seed::new(1), now);
    answered(&mut poller, now, answer);
});

fn answered<M: Machine>(machine: &mut M, now: Instant, answer: Response<Bytes>) {
    if let Action::Send(attempt) = machine.next_action(now) {
        machine.handle(now, attempt.id, Outcome::Response(answer));
        let _ = machine.next_action(now);
    }
}
