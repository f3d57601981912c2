//! An upload under any order of inputs: the laws, one paid job at most, and an
//! honest end.

use removit_proto::{Instant, Seed, Upload, UploadError, UploadPolicy, UploadState};

use super::input::Input;
use super::sequence::{assert_goes_to_the_api, assert_no_key, backoff, run_on, steps};
use super::support::laws::{START, check_laws};
use super::support::{endpoint, file_request, url_request};

pub fn body(input: &[u8]) {
    let mut input = Input::new(input);
    let policy = policy(&mut input);
    let request = if input.bool() { file_request(input.u64().max(1)) } else { url_request() };
    let seed = Seed::new(input.byte().into());
    let machine = Upload::new(endpoint(), request, policy, seed, START);
    let steps = steps(&mut input);
    let (mut machine, trace, now) = check_laws(machine, &steps, START, rebuilt);

    if !policy.resend_ambiguous {
        trace.assert_sent_at_most_once();
    }
    assert!(trace.sent.len() <= policy.retry.max_attempts.max(1) as usize);
    assert_eq!(trace.sent.len(), machine.attempts() as usize);
    trace.sent.iter().for_each(|sent| assert_goes_to_the_api(&sent.request, "/api/v1/upload"));
    assert_no_key(&format!("{machine:?}"));

    let Some(end) = run_on(&mut machine, now) else { return };
    let reported = match &end {
        Ok(accepted) => accepted.earlier_ambiguous() as usize,
        Err(UploadError::Ambiguous(ambiguity)) => ambiguity.attempts() as usize,
        Err(_) => 0,
    };
    let unknown = trace.sent.iter().filter(|sent| !sent.unprocessed && !sent.accepted).count();
    assert!(reported >= unknown, "{unknown} jobs may exist, {end:?}");
    if let Err(error) = end {
        assert_no_key(&error.to_string());
    }
}

fn policy(input: &mut Input<'_>) -> UploadPolicy {
    let mut policy = UploadPolicy::default();
    policy.resend_ambiguous = input.bool();
    if input.bool() {
        policy.retry.max_attempts = input.pick(&[5, 0, 1, 2, u32::MAX]);
        policy.retry.within = input.duration();
        policy.retry.backoff = backoff(input);
        policy.attempt_timeout = input.duration();
        policy.slowest_rate = input.pick(&[0, 1, 65_536, u32::MAX]);
    }
    policy
}

/// The same upload in another process.
fn rebuilt(upload: &Upload, now: Instant) -> Upload {
    let stored = serde_json::to_string(upload.state()).expect("storable");
    assert_no_key(&stored);
    let state: UploadState = serde_json::from_str(&stored).expect("readable");
    assert_eq!(&state, upload.state());
    Upload::restore(endpoint(), state, now)
}
