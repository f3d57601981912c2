//! A check costs what it may cost: credits, requests, and looks at a job.

use std::time::Duration;

use http::StatusCode;
use removit_proto::contract::{CheckPolicy, Ended, JobEnding};
use removit_proto::{Outcome, TransportFailure};

use crate::against::{check, check_double, drive, policy, scenario, strict};

#[test]
fn as_many_jobs_are_paid_for_as_are_allowed_and_no_more_than_are_of_use() {
    for (allowed, paid) in [(0, 0), (1, 1), (7, 7), (100, 18)] {
        let run = check(strict(), policy(allowed));
        assert_eq!(run.vendor.account().credits_spent, paid);
        assert_eq!(run.report.credits, paid);
    }
}

#[test]
fn a_lost_answer_counts_as_a_credit_and_is_not_sent_again() {
    let run = check(scenario("lost-answer"), policy(1));
    assert_eq!(run.vendor.account().credits_spent, 1);
    assert_eq!(run.report.credits, 1);
    assert_eq!(run.report.jobs[0].end, JobEnding::Ambiguous);
}

#[test]
fn no_job_is_looked_at_more_often_than_every_two_seconds() {
    for name in ["happy", "never-done", "flaky-polls", "slow-queue", "late-404"] {
        let run =
            check(scenario(name), policy(18).with(|policy| policy.poll_every = Duration::ZERO));
        for job in &run.vendor.account().jobs {
            let gap = job.shortest_poll_gap().unwrap();
            assert!(gap >= CheckPolicy::POLL_FLOOR, "{name}: {gap:?}");
        }
    }
}

#[test]
fn requests_keep_their_pace_and_their_number() {
    let pace = Duration::from_millis(250);
    let run = check(strict(), policy(18).with(|policy| policy.pace = pace));
    let gaps = run.sent.iter().zip(run.sent.iter().skip(1));
    assert!(gaps.into_iter().all(|((a, _), (b, _))| *b - *a >= pace));
    for most in [0, 1, 2, 3, 20, 60, 200] {
        let run = check(strict(), policy(3).with(|policy| policy.most_requests = most));
        assert!(run.report.requests <= most, "{} of {most}", run.report.requests);
        assert_eq!(run.sent.len() as u64, run.report.requests);
    }
}

#[test]
fn what_is_paid_for_is_followed_before_the_last_request_is_spent() {
    let run = check(strict(), policy(18).with(|policy| policy.most_requests = 60));
    assert_eq!(run.report.ended, Ended::RequestsSpent);
    assert!(!run.report.jobs.is_empty());
    assert!(run.report.jobs.iter().all(|job| job.end == JobEnding::Done), "{}", run.report);
}

#[test]
fn a_server_that_is_not_there_ends_the_check_soon() {
    let (report, sent, _) =
        drive(policy(18), |now, _| (now, Outcome::Failed(TransportFailure::connect("refused"))));
    assert_eq!(report.ended, Ended::Unreached("no connection".to_owned()));
    assert!(sent.len() <= 12, "{}", sent.len());
    let down = check_double(strict(), policy(18), |_, outcome| match outcome {
        Outcome::Response(mut answer) => {
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            Outcome::Response(answer)
        }
        other => other,
    });
    assert!(matches!(down.report.ended, Ended::Unreached(_)), "{}", down.report);
}

#[test]
fn the_same_seed_sends_the_same_requests() {
    let [one, other] = [0, 1].map(|_| check(strict(), policy(2)));
    assert_eq!(one.report, other.report);
    assert!(one.sent.iter().map(|(_, uri)| uri).eq(other.sent.iter().map(|(_, uri)| uri)));
    assert_eq!(one.took, other.took);
}
