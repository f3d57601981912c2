//! What changed overnight is named.

use std::time::Duration;

use removit_proto::Outcome;
use removit_proto::contract::{Drift, Report};
use removit_proto::simulator::Config;

use crate::against::{check, check_double, policy, strict, with_body};

fn night(config: Config, change: impl Fn(String) -> String) -> Report {
    let change = |outcome| with_body(outcome, &change);
    check_double(config, policy(3), |_, outcome| match outcome {
        Outcome::Response(answer)
            if answer
                .headers()
                .get("content-type")
                .is_some_and(|kind| kind == "application/json") =>
        {
            change(Outcome::Response(answer))
        }
        other => other,
    })
    .report
}

fn drift(change: impl Fn(String) -> String) -> Vec<String> {
    let before = check(strict(), policy(3)).report;
    let now = night(strict(), change);
    now.drift_from(&before).iter().map(ToString::to_string).collect()
}

#[test]
fn two_nights_with_the_same_server_are_the_same() {
    assert_eq!(drift(|body| body), [""; 0]);
}

#[test]
fn a_new_state_is_named_and_breaks_a_rule() {
    let change = |body: String| body.replace(r#""state":"pending""#, r#""state":"napping""#);
    assert!(drift(change).contains(&"new in states: napping".to_owned()));
    assert_eq!(night(strict(), change).broken(), ["status-state"]);
}

#[test]
fn a_renamed_error_is_named_and_breaks_a_rule() {
    let change = |body: String| body.replace("not_found", "unknown_job");
    let drift = drift(change);
    assert!(drift.contains(&"new in errors: 404 unknown_job".to_owned()), "{drift:?}");
    assert!(drift.contains(&"gone from errors: 404 not_found".to_owned()), "{drift:?}");
    assert_eq!(night(strict(), change).broken(), ["not-found-body"]);
}

#[test]
fn another_host_of_results_is_named_though_it_breaks_no_rule() {
    let moved = strict().with(|config| config.results_base = "https://img.example.net".to_owned());
    let now = night(moved, |body| body);
    let before = check(strict(), policy(3)).report;
    let drift: Vec<_> = now.drift_from(&before).iter().map(ToString::to_string).collect();
    assert_eq!(
        drift,
        [
            "new in hosts of results: https://img.example.net",
            "gone from hosts of results: https://cdn.example.com"
        ]
    );
    assert_eq!(now.broken(), [""; 0]);
}

#[test]
fn new_fields_steps_messages_and_warnings_are_named() {
    for (from, to, named) in [
        (r#""progress":"#, r#""eta":12,"progress":"#, "new in fields of a status: eta: number"),
        ("pending_compose", "pending_paint", "new in steps: pending_paint"),
        ("job_id is required.", "Say which.", "new in messages: 422 job_id: Say which."),
    ] {
        let drift = drift(|body| body.replace(from, to));
        assert!(drift.contains(&named.to_owned()), "{named}: {drift:?}");
    }
}

#[test]
fn a_new_header_is_named() {
    let before = check(strict(), policy(0)).report;
    let now = check_double(strict(), policy(0), |_, outcome| match outcome {
        Outcome::Response(mut answer) => {
            answer.headers_mut().insert("x-rate-limit", "5".parse().unwrap());
            Outcome::Response(answer)
        }
        other => other,
    });
    let drift = now.report.drift_from(&before);
    assert!(drift.iter().any(|drift| drift.to_string() == "new in headers of a 404: x-rate-limit"));
}

#[test]
fn jobs_that_take_longer_are_told_and_are_no_change_of_words() {
    let before = check(strict(), policy(1)).report;
    let slow = strict().with(|config| config.pending_for = Duration::from_secs(60));
    let drift = check(slow, policy(1)).report.drift_from(&before);
    let slower: Vec<_> = drift.iter().filter(|drift| !drift.is_of_words()).collect();
    assert!(matches!(slower[..], [Drift::Slower { .. }]), "{drift:?}");
}

#[test]
fn a_run_that_paid_less_misses_nothing() {
    let before = check(strict(), policy(3)).report;
    assert_eq!(check(strict(), policy(0)).report.drift_from(&before), []);
}

#[test]
fn a_report_is_read_back_from_its_json() {
    let report = check(strict(), policy(2)).report;
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}
