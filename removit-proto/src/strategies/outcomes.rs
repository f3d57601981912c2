//! What comes of attempts.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response};
use proptest::prelude::*;

use super::answers::answer;
use crate::{Outcome, Reach, TransportFailure};

/// Any outcome, whatever was asked: answers of every meaning whole and cut off,
/// redirects, failures with either reach, and stored results.
pub fn outcome() -> impl Strategy<Value = Outcome> {
    let bodies = prop::sample::select(vec![
        "",
        "<html>",
        "{}",
        r#"{"job_id":"job-1","status":"queued"}"#,
        r#"{"state":"pending","progress":50}"#,
        r#"{"state":"done","final_url":"https://cdn.example.com/a.png"}"#,
        r#"{"state":"done"}"#,
        r#"{"state":"failed"}"#,
        r#"{"error":"x"}"#,
    ]);
    let statuses = prop::sample::select(vec![
        200_u16, 202, 204, 302, 400, 401, 402, 404, 408, 422, 429, 500, 502, 503, 504,
    ]);
    let retry_after = prop::option::of(prop::sample::select(vec!["0", "3", "999999", "x"]));
    let answers =
        (statuses, bodies, retry_after, any::<bool>()).prop_map(|(status, body, wait, whole)| {
            let mut answer = answer(status, body);
            if let Some(wait) = wait {
                insert(&mut answer, RETRY_AFTER, wait);
            }
            if whole { Outcome::Response(answer) } else { Outcome::Partial(answer) }
        });
    let redirects = prop::sample::select(vec!["/x", "https://b.example/", "file:///x"]);
    let redirects = redirects.prop_map(|to| {
        let mut answer = answer(302, "");
        insert(&mut answer, LOCATION, to);
        Outcome::Response(answer)
    });
    let reach = prop::sample::select(vec![Reach::NotSent, Reach::MaybeSent]);
    let failures = reach.prop_flat_map(|reach| {
        prop::sample::select(vec![
            TransportFailure::connect("c"),
            TransportFailure::broken(reach, "b"),
            TransportFailure::timed_out(reach, "t"),
            TransportFailure::source("s"),
            TransportFailure::sink("k"),
            TransportFailure::TooLarge { limit: 1 },
        ])
    });
    let starts = prop::sample::select(vec![&b"\x89PNG\r\n\x1a\n"[..], b"<html>", b"{}", b""]);
    let lens = (0_u64..3, prop::option::of(0_u64..3));
    let stored = (lens, starts).prop_map(|((len, announced), start)| {
        let mut head = Response::new(());
        if let Some(announced) = announced {
            head.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(announced));
        }
        Outcome::stored(head, len, start)
    });
    prop_oneof![6 => answers, 1 => redirects, 3 => failures.prop_map(Outcome::Failed), 1 => stored]
}

/// Outcomes one after the other, none to twelve of them.
pub fn outcomes() -> impl Strategy<Value = Vec<Outcome>> {
    prop::collection::vec(outcome(), 0..=12)
}

fn insert(answer: &mut Response<Bytes>, name: HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
}
