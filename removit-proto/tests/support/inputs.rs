//! Random outcomes of requests.
#![allow(unreachable_pub, reason = "a module of several test programs")]

use proptest::prelude::*;
use removit_proto::{Outcome, Reach, TransportFailure};

use crate::support::{response, with_header};

pub fn outcomes() -> impl Strategy<Value = Outcome> {
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
            let mut outcome = Outcome::Response(response(status, body));
            if let Some(wait) = wait {
                outcome = with_header(outcome, "retry-after", wait);
            }
            match outcome {
                Outcome::Response(response) if !whole => Outcome::Partial(response),
                outcome => outcome,
            }
        });
    let redirects = prop::sample::select(vec!["/x", "https://b.example/", "file:///x"])
        .prop_map(|to| with_header(Outcome::Response(response(302, "")), "location", to));
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
    let starts: [&[u8]; 3] = [b"\x89PNG\r\n\x1a\n", b"{}", b""];
    let start = prop::sample::select(starts.to_vec());
    let stored =
        (0_u64..3, prop::option::of(0_u64..3), start).prop_map(|(len, announced, start)| {
            let mut head = http::Response::builder();
            if let Some(announced) = announced {
                head = head.header("content-length", announced);
            }
            Outcome::stored(head.body(()).unwrap(), len, start)
        });
    prop_oneof![6 => answers, 1 => redirects, 3 => failures.prop_map(Outcome::Failed), 1 => stored]
}
