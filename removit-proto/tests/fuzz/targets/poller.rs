//! A poller under any order of inputs: the laws, the floor, one last look, and
//! an end that names the job.

use removit_proto::{Accepted, Instant, JobId, PollPolicy, Poller, PollerState, Schedule, Seed};
use url::Url;

use super::input::Input;
use super::sequence::{assert_goes_to_the_api, assert_no_key, backoff, run_on, steps};
use super::support::laws::{START, check_laws};
use super::support::{endpoint, response};

pub fn body(input: &[u8]) {
    let mut input = Input::new(input);
    let policy = policy(&mut input);
    let id = input.pick(&["job-1", "é b&c=d+e#f?", "%41", "\\\"/"]);
    let seed = Seed::new(input.byte().into());
    let machine = if input.bool() {
        let body = serde_json::json!({ "job_id": id }).to_string();
        let accepted = Accepted::decode(&response(202, &body)).expect("an id");
        Poller::new(endpoint(), &accepted, policy, seed, START)
    } else {
        Poller::resume(endpoint(), id.parse().expect("an id"), policy, seed, START)
    };
    let steps = steps(&mut input);
    let (mut machine, trace, now) = check_laws(machine, &steps, START, rebuilt);

    trace.assert_floor(policy.schedule.floor(), START + policy.timeout);
    for sent in &trace.sent {
        assert_goes_to_the_api(&sent.request, "/api/v1/status");
        assert_asks_about(&sent.request.uri().to_string(), machine.job_id());
    }
    assert_no_key(&format!("{machine:?}"));

    match run_on(&mut machine, now) {
        Some(Ok(finished)) => {
            assert_eq!(finished.job_id().as_str(), id);
            assert!(!finished.results().is_empty());
        }
        Some(Err(error)) => {
            assert_eq!(error.job_id().as_str(), id);
            assert!(error.to_string().contains(id), "law 7: {error}");
            assert_no_key(&error.to_string());
        }
        None => {}
    }
}

/// The server sees the id that was given, whatever is in it.
pub fn assert_asks_about(uri: &str, id: &JobId) {
    let url = Url::parse(uri).expect("a URL");
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs, [("job_id".to_owned(), id.to_string())]);
}

fn policy(input: &mut Input<'_>) -> PollPolicy {
    let mut policy = PollPolicy::default();
    if input.bool() {
        policy.schedule = match input.byte() % 3 {
            0 => Schedule::default(),
            1 => Schedule::fixed(input.duration()),
            _ => Schedule::ramp(input.duration(), input.duration(), input.duration()),
        };
        policy.schedule = policy.schedule.with_floor(input.duration());
        policy.timeout = input.duration();
        policy.attempt_timeout = input.duration();
        policy.backoff = backoff(input);
    }
    policy
}

/// The same poller in another process.
fn rebuilt(poller: &Poller, now: Instant) -> Poller {
    let stored = serde_json::to_string(poller.state()).expect("storable");
    assert_no_key(&stored);
    let state: PollerState = serde_json::from_str(&stored).expect("readable");
    assert_eq!(&state, poller.state());
    Poller::restore(endpoint(), state, now)
}
