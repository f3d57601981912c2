//! A check in virtual time, against the simulator or a double made of it.

use bytes::Bytes;
use http::Request;
use removit_proto::contract::{Check, CheckPolicy, Report};
use removit_proto::simulator::{Config, Keys, Scenario, Simulator};
use removit_proto::{Action, ApiKey, Attempt, Body, Endpoint, Instant, Machine, Outcome, Seed};

pub(crate) const KEY: &str = "a-key-for-tests-0123456789";

/// A request as a double looks at it.
pub(crate) struct Asked {
    pub(crate) head: Request<()>,
    pub(crate) body: String,
}

impl Asked {
    fn of(request: &Request<Body>) -> Self {
        let mut body = Vec::new();
        for segment in request.body().segments() {
            if let removit_proto::Segment::Bytes(bytes) = segment {
                body.extend_from_slice(bytes);
            }
        }
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        *head.headers_mut() = request.headers().clone();
        Self { head, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

/// Everything that happened in a check.
pub(crate) struct Run {
    pub(crate) report: Report,
    pub(crate) vendor: Simulator,
    /// When each request was sent, and to which path.
    pub(crate) sent: Vec<(Instant, String)>,
    pub(crate) took: std::time::Duration,
}

/// A vendor that keeps the contract as its pages tell it.
pub(crate) fn strict() -> Config {
    Config::default().with(|config| config.keys = Keys::only(&[KEY]))
}

pub(crate) fn scenario(name: &str) -> Config {
    Scenario::by_name(name).unwrap().apply(strict())
}

pub(crate) fn policy(credits: u64) -> CheckPolicy {
    CheckPolicy::default().with(|policy| policy.credits = credits)
}

pub(crate) fn check(config: Config, policy: CheckPolicy) -> Run {
    check_double(config, policy, |_, outcome| outcome)
}

/// A check of a vendor whose answers go through `change`.
pub(crate) fn check_double(
    config: Config,
    policy: CheckPolicy,
    mut change: impl FnMut(&Asked, Outcome) -> Outcome,
) -> Run {
    let mut vendor = Simulator::new(config);
    let run = drive(policy, |now, attempt| {
        let asked = Asked::of(&attempt.request);
        let attempted = vendor.attempt(now, attempt, b"");
        (attempted.at, change(&asked, attempted.outcome))
    });
    let (report, sent, took) = run;
    Run { report, vendor, sent, took }
}

type Driven = (Report, Vec<(Instant, String)>, std::time::Duration);

pub(crate) fn drive(
    policy: CheckPolicy,
    mut exchange: impl FnMut(Instant, Attempt) -> (Instant, Outcome),
) -> Driven {
    let endpoint = Endpoint::new("https://api.example.com", ApiKey::new(KEY).unwrap()).unwrap();
    let mut check = Check::new(endpoint, policy, Seed::new(7));
    let start = Instant::from_origin(std::time::Duration::from_secs(1_700_000_000));
    let mut now = start;
    let mut sent = Vec::new();
    loop {
        match check.next_action(now) {
            Action::Send(attempt) => {
                assert!(attempt.deadline > now);
                let (id, uri) = (attempt.id, attempt.request.uri().to_string());
                sent.push((now, uri));
                assert!(sent.len() < 5_000, "no end");
                let (at, outcome) = exchange(now, attempt);
                now = at;
                check.handle(now, id, outcome);
            }
            Action::SleepUntil(wakeup) => {
                assert!(wakeup.at > now, "a busy loop");
                now = wakeup.at;
            }
            Action::Done(report) => return (report, sent, now - start),
        }
    }
}

/// The same answer with another body.
pub(crate) fn with_body(outcome: Outcome, change: impl FnOnce(String) -> String) -> Outcome {
    let Outcome::Response(answer) = outcome else { return outcome };
    let (head, body) = answer.into_parts();
    let body = change(String::from_utf8_lossy(&body).into_owned());
    Outcome::Response(http::Response::from_parts(head, Bytes::from(body)))
}
