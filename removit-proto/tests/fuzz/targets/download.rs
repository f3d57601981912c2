//! A download under any order of inputs: the laws, bounded retries and
//! redirects, `https` alone, and never the API key.

use http::HeaderValue;
use removit_proto::{Download, DownloadPolicy, ResultUrl, Seed};

use super::input::Input;
use super::sequence::{assert_no_key, backoff, run_on, steps};
use super::support::endpoint;
use super::support::laws::{START, Sent, check_laws};

pub fn body(input: &[u8]) {
    let mut input = Input::new(input);
    let policy = policy(&mut input);
    let url = input.pick(&["https://cdn.example.com/a.png", "https://cdn.example.com:1/?x=y"]);
    let url = ResultUrl::check(url, &endpoint()).expect("a result's URL");
    let machine = Download::new(url, policy, Seed::new(input.byte().into()), START);
    let steps = steps(&mut input);
    let (mut machine, trace, now) =
        check_laws(machine, &steps, START, |machine, _| machine.clone());

    let in_a_row = u64::from(policy.max_redirects) + 1;
    let bound = u64::from(policy.retry.max_attempts.max(1)).saturating_mul(in_a_row);
    assert!(trace.sent.len() as u64 <= bound, "{} of {bound}", trace.sent.len());
    trace.sent.iter().for_each(check_request);

    if let Some(Ok(downloaded)) = run_on(&mut machine, now) {
        assert!(downloaded.len > 0, "an empty result is none");
        assert!(downloaded.url.as_str().starts_with("https://"));
    }
}

fn policy(input: &mut Input<'_>) -> DownloadPolicy {
    let mut policy = DownloadPolicy::default();
    if input.bool() {
        policy.max_redirects = input.pick(&[5, 0, 1, u32::MAX]);
        policy.retry.max_attempts = input.pick(&[5, 0, 1, 2, u32::MAX]);
        policy.retry.within = input.duration();
        policy.retry.backoff = backoff(input);
        policy.attempt_timeout = input.duration();
    }
    policy
}

fn check_request(sent: &Sent) {
    let request = &sent.request;
    assert_eq!(request.uri().scheme_str(), Some("https"));
    assert!(!request.uri().authority().expect("an authority").as_str().contains('@'));
    for name in ["x-api-key", "authorization", "cookie"] {
        assert!(!request.headers().contains_key(name), "{name} is sent with a download");
    }
    // Without the mark that hides a header's value.
    let shown: Vec<_> = request.headers().values().map(HeaderValue::as_bytes).collect();
    assert_no_key(&String::from_utf8_lossy(&shown.concat()));
    assert_no_key(&request.uri().to_string());
}
