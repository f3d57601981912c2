//! What a trace tells of attempts.
#![cfg(all(feature = "ureq", feature = "tracing"))]

#[macro_use]
#[path = "support/without_runtime.rs"]
mod without_runtime;
mod support;

use removit_blocking as adapter;

#[path = "../../removit-proto/tests/adapters/spans.rs"]
mod spans;

use adapter::AttemptSpan;
use adapter::proto::{
    Action, ApiKey, Attempt, Endpoint, Instant, JobId, Machine, Outcome, PollPolicy, Poller,
    Reach::MaybeSent, Seed, TransportFailure,
};
use spans::{Spans, has};

/// A look at a job of this API.
fn look(base_url: &str) -> Attempt {
    let endpoint = Endpoint::new(base_url, ApiKey::new(support::KEY).unwrap()).unwrap();
    let (job, policy): (JobId, _) = ("job-1".parse().unwrap(), PollPolicy::one_look());
    let now = Instant::ORIGIN;
    match Poller::resume(endpoint, job, policy, Seed::new(1), now).next_action(now) {
        Action::Send(attempt) => attempt,
        action => panic!("{action:?}"),
    }
}

#[test]
fn each_way_to_fail_has_its_name() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let answer = http::Response::builder().status(200);
    let head = http::Response::builder().status(206).body(()).unwrap();
    let lost = || TransportFailure::broken(MaybeSent, "lost");
    let ends = [
        (Outcome::Failed(TransportFailure::connect("refused")), "connect"),
        (Outcome::Failed(lost()), "broken"),
        (Outcome::Failed(TransportFailure::timed_out(MaybeSent, "late")), "timed_out"),
        (Outcome::Failed(TransportFailure::source("gone")), "source"),
        (Outcome::Failed(TransportFailure::sink("full")), "sink"),
        (Outcome::Failed(TransportFailure::TooLarge { limit: 1 }), "too_large"),
        (Outcome::Failed(TransportFailure::unreachable("no way")), "unreachable"),
        (Outcome::Partial(answer.body("{".into()).unwrap()), "cut_off"),
        (Outcome::stored_part(head, 1, "a", lost()), "cut_off"),
    ];
    for (outcome, name) in &ends {
        AttemptSpan::begin(&look("https://api.example")).end(outcome);
        let told = spans.told();
        has(told.last().unwrap(), &[("error.type", name), ("otel.status_code", "ERROR")]);
    }
    assert_eq!(spans.told().len(), ends.len());
}

#[test]
fn a_port_that_goes_without_saying_is_told() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    for (url, port) in [("https://api.example", "443"), ("http://127.0.0.1", "80")] {
        let _ = AttemptSpan::begin(&look(url));
        has(spans.told().last().unwrap(), &[("server.port", port)]);
    }
}

#[test]
fn what_is_done_within_a_span_is_done_once_and_handed_back() {
    let span = AttemptSpan::begin(&look("https://api.example"));
    assert_eq!(span.within(|| 7), 7);
}
