//! Each scenario of the simulator is found as what it is.

use std::collections::BTreeSet;

use removit_proto::contract::Conclusion::{Broken, Kept, KeyRefused, NoCredits, TimedOut};
use removit_proto::contract::{Conclusion, JobEnding, Report};
use removit_proto::simulator::Scenario;

use crate::against::{check, policy, scenario};

/// What a scenario is found as: what it comes to, which rules it breaks, what got
/// in the way, and how jobs end.
type Found = (
    &'static str,
    Conclusion,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const FOUND: &[Found] = &[
    ("happy", Kept, &[], &[], &["done"]),
    ("slow-queue", Kept, &[], &[], &["done"]),
    ("key-refused", KeyRefused, &[], &[], &[]),
    ("no-credits", NoCredits, &[], &[], &["no credits"]),
    (
        "validation",
        Broken,
        &["upload-202", "key-missing", "key-invalid", "details-name-only", "details-name-field"],
        &[],
        &["refused"],
    ),
    (
        "job-unknown",
        Broken,
        &["key-missing", "key-invalid", "validation-422", "job-visible"],
        &[],
        &["out of sight"],
    ),
    ("rate-limited", Kept, &[], &["an answer of 429"], &["done"]),
    ("unavailable", Kept, &[], &["an answer of 503"], &["done"]),
    ("unavailable-until", Kept, &[], &["an answer of 503"], &["done"]),
    (
        "unavailable-bare",
        Broken,
        &["unavailable-body"],
        &["an answer of 503"],
        &["done", "the answer was lost"],
    ),
    ("html-error", Kept, &[], &["an answer of 502"], &["done", "the answer was lost"]),
    ("lost-answer", Kept, &[], &["the connection broke"], &["done", "the answer was lost"]),
    ("lost-before-create", Kept, &[], &["the connection broke"], &["done", "the answer was lost"]),
    ("hang-up", Kept, &[], &["the connection broke"], &["done", "the answer was lost"]),
    ("early-refusal", Broken, &["key-x-api-key", "unauthorized-message"], &[], &["refused"]),
    ("hidden-success", Kept, &[], &["an answer of 500"], &["done", "the answer was lost"]),
    ("noisy-accept", Broken, &["body-json"], &[], &["done"]),
    ("cut-accept", Broken, &["body-json"], &[], &["done"]),
    ("nameless-accept", Broken, &["accepted-job-id"], &[], &["the answer was lost"]),
    ("unreadable-accept", Broken, &["body-json"], &[], &["the answer was lost"]),
    ("cut-gzip-accept", Broken, &["body-json"], &[], &["done"]),
    ("late-accept", Kept, &[], &["no answer in time"], &["done", "the answer was lost"]),
    ("compressed-answers", Broken, &["body-json"], &[], &["out of sight"]),
    ("noisy-answers", Broken, &["body-json"], &[], &["out of sight"]),
    ("number-ids", Broken, &["accepted-job-id", "status-job-id"], &[], &["done"]),
    ("odd-ids", Kept, &[], &[], &["done"]),
    ("other-words", Broken, &["status-state"], &[], &["done"]),
    ("odd-addresses", Kept, &[], &[], &["done"]),
    ("failed-job", Kept, &[], &[], &["failed for good"]),
    ("never-done", TimedOut, &[], &[], &["not done in time"]),
    ("no-result", Broken, &["done-has-result"], &[], &["done"]),
    ("other-delivery", Broken, &["delivery-url-map", "delivery-final-url"], &[], &["done"]),
    ("odd-bodies", Broken, &["status-state", "progress-range"], &[], &["done"]),
    ("late-404", Kept, &[], &[], &["done"]),
    (
        "flaky-polls",
        Broken,
        &["body-json"],
        &["an answer of 502", "the connection broke"],
        &["done"],
    ),
    ("redirect-upload", Broken, &["no-redirect"], &[], &["refused"]),
    ("redirect-download", Kept, &[], &[], &["done"]),
    ("redirect-loop", Broken, &["result-there"], &[], &["done"]),
    ("raw-redirect", Kept, &[], &[], &["done"]),
    ("gzip-result", Broken, &["result-image"], &[], &["done"]),
    ("once-gzip-result", Broken, &["result-image"], &[], &["done"]),
    ("cut-download", Broken, &["result-there"], &["an answer was cut off"], &["done"]),
    ("broken-download", Kept, &[], &["an answer was cut off"], &["done"]),
    ("broken-no-range", Kept, &[], &["an answer was cut off"], &["done"]),
    ("broken-remade", Kept, &[], &["an answer was cut off"], &["done"]),
    ("silent-download", Kept, &[], &["an answer was cut off"], &["done"]),
    ("html-result", Broken, &["result-image"], &[], &["done"]),
    ("json-result", Broken, &["result-image"], &[], &["done"]),
    ("accepted-result", Broken, &["result-there"], &[], &["done"]),
    ("empty-result", Broken, &["result-there"], &[], &["done"]),
    ("never-an-image", Broken, &["result-image"], &[], &["done"]),
    ("unasked-part", Broken, &["result-there"], &[], &["done"]),
    ("other-format", Broken, &["result-format"], &[], &["done"]),
    ("expired-result", Broken, &["result-there"], &[], &["done"]),
    ("unknown-state", Broken, &["status-state"], &[], &["done"]),
    ("hostile-names", Broken, &["variation-name"], &[], &["done"]),
    ("hostile-urls", Broken, &["result-url"], &[], &["done"]),
];

fn ends(report: &Report) -> BTreeSet<String> {
    let end = |end: &JobEnding| match end {
        JobEnding::Failed(_) => "failed for good".to_owned(),
        other => other.to_string(),
    };
    report.jobs.iter().map(|job| end(&job.end)).collect()
}

#[test]
fn each_scenario_is_found_as_what_it_is() {
    let mut wrong = Vec::new();
    for (name, conclusion, broken, troubles, ended) in FOUND {
        let report = check(scenario(name), policy(4)).report;
        let found: BTreeSet<_> = report.broken().into_iter().collect();
        let met: Vec<_> = report.troubles.keys().map(String::as_str).collect();
        let ends = ends(&report);
        let as_meant = report.conclusion() == *conclusion
            && found == broken.iter().copied().collect()
            && met == *troubles
            && ends.len() == ended.len()
            && ended.iter().all(|begin| ends.iter().any(|end| end.starts_with(begin)));
        if !as_meant {
            wrong.push(format!("{name}: {:?} {found:?} {met:?} {ends:?}", report.conclusion()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_scenario_is_looked_at() {
    let known = FOUND.iter().map(|(name, ..)| *name);
    let known: BTreeSet<_> = known.collect();
    let all = Scenario::ALL.iter().map(Scenario::name);
    let missing: Vec<_> = all.filter(|name| !known.contains(name)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn how_a_failed_job_looks_is_kept_for_the_next_reader() {
    let report = check(scenario("failed-job"), policy(1)).report;
    let looks = &report.seen.facts["looks of a failed job"];
    assert!(looks.contains("state: failed"), "{looks:?}");
    assert!(report.to_string().contains("failed for good"), "{report}");
}
