//! Orders of inputs to a machine, decoded from bytes, and what all machines are
//! held to beside their laws.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use removit_proto::{Action, Backoff, Body, Instant, Machine, Outcome, Reach, TransportFailure};

use super::input::Input;
use super::support::laws::Step;

/// The key of the tests' endpoint.
pub const KEY: &str = "sk-test-key";

const BODIES: [&str; 12] = [
    "",
    r#"{"job_id":"job-1","status":"queued"}"#,
    r#"{"state":"pending","progress":50}"#,
    r#"{"state":"done","final_url":"https://cdn.example.com/a.png"}"#,
    r#"{"state":"done","final_urls":[]}"#,
    r#"{"state":"failed"}"#,
    r#"{"error":"x","details":{"file":["no"]}}"#,
    r#"{"job_id":"job-1","sta"#,
    r#"{"state":"resting","status":"asleep"}"#,
    r#"{"job_id":"job-2","state":"done","final_url":"https://cdn.example.com/b.png"}"#,
    "<html>busy</html>",
    "{}",
];
const STATUSES: [u16; 16] =
    [202, 200, 204, 302, 400, 401, 404, 408, 422, 425, 429, 499, 500, 502, 503, 504];
const RETRY_AFTER: [Option<&str>; 6] =
    [None, Some("0"), Some("3"), Some("120"), Some("999999"), Some("soon")];
const LOCATIONS: [Option<&str>; 6] = [
    None,
    Some("/x"),
    Some("https://b.example/?signed"),
    Some("http://b.example/"),
    Some("file:///x"),
    Some("//127.0.0.1:1/x"),
];
const MILLIS: [i64; 10] =
    [1, 500, 2_000, 9_000, 60_000, 10_000_000, -1, -5_000, i64::MAX, i64::MIN];

/// At most 64 steps; what is left of the input after them is not used.
pub fn steps(input: &mut Input<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    while !input.is_empty() && steps.len() < 64 {
        steps.push(match input.byte() % 8 {
            0 => Step::Look,
            1 => Step::Pass(input.pick(&MILLIS)),
            2 | 3 => Step::Wake(input.pick(&[0, 1, -1])),
            4 => Step::StoreAndRebuild,
            5 => Step::Answer(outcome(input), usize::from(input.byte() % 3)),
            _ => Step::Answer(outcome(input), 0),
        });
    }
    steps
}

fn outcome(input: &mut Input<'_>) -> Outcome {
    let detail = format!("broken by {KEY}");
    let reach = input.pick(&[Reach::NotSent, Reach::MaybeSent]);
    match input.byte() % 10 {
        0 => Outcome::Failed(TransportFailure::connect(detail)),
        1 => Outcome::Failed(TransportFailure::broken(reach, detail)),
        2 => Outcome::Failed(TransportFailure::timed_out(reach, detail)),
        3 => Outcome::Failed(input.pick(&[
            TransportFailure::source("s"),
            TransportFailure::sink("k"),
            TransportFailure::TooLarge { limit: 1 },
        ])),
        4 => stored(input),
        5 => Outcome::Partial(answer(input)),
        _ => Outcome::Response(answer(input)),
    }
}

fn stored(input: &mut Input<'_>) -> Outcome {
    let mut head = Response::new(());
    if input.bool() {
        head.headers_mut().insert("content-length", HeaderValue::from(u16::from(input.byte())));
    }
    let len = input.byte().into();
    let starts: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"<!doctype html>", b""];
    Outcome::stored(head, len, starts[usize::from(input.byte()) % starts.len()])
}

fn answer(input: &mut Input<'_>) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    let (status, rest) = (input.pick(&STATUSES), input.byte());
    // Now and then any other status.
    let status = if rest < 200 { status } else { 100 + u16::from(rest) * 3 };
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    *answer.body_mut() = match input.byte() {
        choice if choice < 200 => Bytes::from(BODIES[usize::from(choice) % BODIES.len()]),
        _ => Bytes::copy_from_slice(input.piece()),
    };
    if !answer.status().is_success() && input.bool() {
        let echo = [answer.body(), KEY.as_bytes()].concat();
        *answer.body_mut() = echo.into();
    }
    let headers = [("retry-after", input.pick(&RETRY_AFTER)), ("location", input.pick(&LOCATIONS))];
    for (name, value) in headers {
        if let Some(value) = value {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    answer
}

pub fn backoff(input: &mut Input<'_>) -> Backoff {
    Backoff::new(input.duration(), input.duration())
}

/// Lets time pass for a while, or until the machine is done.
pub fn run_on<M: Machine>(machine: &mut M, mut now: Instant) -> Option<M::Output> {
    for _ in 0..300 {
        let then = match machine.next_action(now) {
            Action::Send(attempt) => attempt.deadline,
            Action::SleepUntil(wakeup) => wakeup.at,
            Action::Done(output) => return Some(output),
        };
        assert!(then > now, "law 2: time goes on");
        now = then;
    }
    None
}

/// A request of the API: to its own origin, with the key in one header that no
/// log shows.
pub fn assert_goes_to_the_api(request: &Request<Body>, path: &str) {
    let uri = request.uri();
    assert_eq!((uri.scheme_str(), uri.host()), (Some("https"), Some("api.removit.eu")));
    assert_eq!(uri.path(), path);
    let keys: Vec<_> = request.headers().iter().filter(|(_, value)| *value == KEY).collect();
    let [(name, value)] = keys[..] else { panic!("{} keys", keys.len()) };
    assert!(name == "x-api-key" && value.is_sensitive());
    assert_no_key(&format!("{request:?}"));
}

#[track_caller]
pub fn assert_no_key(shown: &str) {
    assert!(!shown.contains(KEY), "the key is shown: {shown}");
}
