//! What a `Poller` does with each answer, and when it looks.

use std::time::Duration;

use crate::support::{Bench, answer, at, done, endpoint, pending, response, secs, with_header};
use bytes::Bytes;
use http::Response;
use removit_proto::{
    Accepted, Action, ApiErrorKind, Finished, GRACE, JobStatus, Machine, Outcome, PollError,
    PollPolicy, PollTrouble, Poller, Reach, Schedule, Seed, State, StatusUnreadable,
    TransportFailure, WakeReason,
};

fn policy() -> PollPolicy {
    PollPolicy::default()
}

fn watch_with(policy: PollPolicy) -> Bench<Poller> {
    let accepted = Accepted::decode(&response(202, r#"{"job_id":"job-1"}"#)).unwrap();
    Bench::new(Poller::new(endpoint(), &accepted, policy, Seed::new(1), at(100)), at(100))
}

fn watch() -> Bench<Poller> {
    watch_with(policy())
}

fn resume_with(policy: PollPolicy) -> Bench<Poller> {
    let job_id = "job-1".parse().unwrap();
    Bench::new(Poller::resume(endpoint(), job_id, policy, Seed::new(1), at(100)), at(100))
}

fn resume() -> Bench<Poller> {
    resume_with(policy())
}

fn end_after(outcome: Outcome) -> Result<Finished, PollError> {
    let mut bench = resume();
    bench.answered(secs(1), outcome);
    bench.done()
}

fn broken() -> Outcome {
    Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset"))
}

#[test]
fn a_fresh_job_is_first_looked_at_after_the_first_interval() {
    let mut bench = watch();
    assert_eq!(bench.sleep().reason, WakeReason::PollInterval);
    let slept = bench.slept();
    assert!(slept >= secs(2) && slept <= secs(4), "{slept:?}");
    assert!(bench.send().request.uri().path().ends_with("/api/v1/status"));
}

#[test]
fn a_resumed_job_is_looked_at_at_once() {
    assert_eq!(resume().send().request.uri().query(), Some("job_id=job-1"));
}

#[test]
fn a_job_that_is_done_hands_over_its_results() {
    let finished = end_after(done()).unwrap();
    assert_eq!(finished.results()[0].url(), "https://cdn.example.com/results/clipping.webp");
    assert_eq!(finished.job_id().as_str(), "job-1");
}

#[test]
fn a_job_that_is_done_without_a_result_is_no_success() {
    for body in [
        r#"{"state":"done"}"#,
        r#"{"state":"done","final_url":null,"final_urls":[]}"#,
        r#"{"state":"done","final_url":"","final_urls":{}}"#,
        r#"{"status":"DONE"}"#,
    ] {
        let end = end_after(answer(200, body));
        let Err(PollError::NoResult(status)) = end else { panic!("{body}: {end:?}") };
        assert_eq!(status.job_id().as_str(), "job-1");
        assert_eq!(status.body(), body);
    }
}

#[test]
fn every_word_for_a_failed_job_ends_the_wait_in_any_case() {
    for word in ["failed", "error", "cancelled", "canceled", "rejected", "expired", "FAILED"] {
        for body in [format!(r#"{{"state":"{word}"}}"#), format!(r#"{{"status":"{word}"}}"#)] {
            let end = end_after(answer(200, &body));
            let Err(PollError::Failed(status)) = end else { panic!("{body}: {end:?}") };
            assert_eq!(status.body(), body);
        }
    }
}

#[test]
fn state_decides_and_status_informs() {
    let mut bench = resume();
    bench.answered(secs(1), answer(200, r#"{"state":"pending","status":"failed"}"#));
    bench.sleep();
    let latest = bench.machine.latest().unwrap();
    assert_eq!((latest.state(), latest.step()), (&State::Pending, Some("failed")));
}

#[test]
fn a_failed_status_decides_where_the_state_cannot() {
    for body in [
        r#"{"state":"strange","status":"failed"}"#,
        r#"{"state":"done","status":"failed"}"#,
        r#"{"state":null,"status":"expired"}"#,
    ] {
        let end = end_after(answer(200, body));
        assert!(matches!(end, Err(PollError::Failed(_))), "{body}: {end:?}");
    }
}

#[test]
fn an_unknown_state_is_waited_for_and_reported() {
    let mut bench = resume();
    bench.answered(secs(1), answer(200, r#"{"state":"Moonlit","status":"x"}"#));
    bench.sleep();
    assert_eq!(bench.machine.latest().unwrap().state(), &State::Unknown("Moonlit".to_owned()));
}

#[test]
fn an_unknown_step_is_a_step_that_keeps_its_text() {
    let mut bench = resume();
    bench.answered(secs(1), answer(200, r#"{"status":"polishing"}"#));
    bench.sleep();
    let latest = bench.machine.latest().unwrap();
    assert_eq!((latest.state(), latest.step()), (&State::Pending, Some("polishing")));
}

#[test]
fn a_refusal_ends_the_wait_with_the_jobs_id() {
    for (status, kind) in [
        (401, ApiErrorKind::Unauthorized),
        (404, ApiErrorKind::NotFound),
        (422, ApiErrorKind::Validation),
        (403, ApiErrorKind::Refused),
    ] {
        let end = end_after(answer(status, ""));
        let Err(PollError::Refused { job_id, error }) = end else { panic!("{status}: {end:?}") };
        assert_eq!((job_id.as_str(), error.kind()), ("job-1", kind));
    }
}

#[test]
fn a_404_within_ten_seconds_of_the_acceptance_is_looked_at_again() {
    let mut bench = watch();
    bench.slept();
    bench.answered(secs(1), answer(404, r#"{"error":"not_found"}"#));
    bench.slept();
    bench.answered(secs(1), done());
    assert!(bench.done().is_ok());
}

#[test]
fn a_404_later_than_ten_seconds_after_the_acceptance_is_final() {
    let mut bench = watch();
    bench.now = at(111);
    bench.answered(secs(0), answer(404, ""));
    assert!(matches!(bench.done(), Err(PollError::Refused { .. })));
}

#[test]
fn what_costs_time_only_is_looked_at_again() {
    let too_long =
        Response::new(Bytes::from_static(br#"{"state":"done","final_url":"https://a/""#));
    for outcome in [
        answer(301, ""),
        answer(408, ""),
        answer(425, ""),
        answer(429, ""),
        answer(500, ""),
        answer(502, "<html>"),
        answer(503, ""),
        answer(504, ""),
        answer(200, "<html>"),
        answer(200, "{}"),
        answer(204, ""),
        Outcome::Partial(too_long),
        broken(),
        Outcome::Failed(TransportFailure::connect("refused")),
    ] {
        let mut bench = resume();
        bench.answered(secs(1), outcome.clone());
        assert!(bench.slept() >= secs(2), "{outcome:?}");
        assert!(bench.machine.trouble().is_some(), "{outcome:?}");
        bench.answered(secs(1), done());
        assert!(bench.done().is_ok(), "{outcome:?}");
    }
}

#[test]
fn a_failure_that_no_look_mends_ends_the_wait_at_once_and_keeps_the_id() {
    let mut bench = resume();
    let failure = TransportFailure::unreachable("the certificate expired");
    bench.answered(secs(1), Outcome::Failed(failure.clone()));
    let Err(error @ PollError::Unreachable { .. }) = bench.done() else { panic!("it goes on") };
    assert_eq!(error.job_id().as_str(), "job-1");
    assert!(error.to_string().contains(&failure.to_string()), "{error}");
}

#[test]
fn an_answer_about_another_job_is_not_believed() {
    let mut bench = resume();
    bench.answered(
        secs(1),
        answer(200, r#"{"job_id":"job-2","state":"done","final_url":"https://a"}"#),
    );
    bench.sleep();
    assert!(matches!(bench.machine.trouble(), Some(PollTrouble::Unreadable { .. })));
    assert!(bench.machine.latest().is_none());
}

#[test]
fn the_id_may_come_back_in_another_case() {
    let body = r#"{"job_id":"JOB-1","state":"done","final_url":"https://a/x.png"}"#;
    assert!(end_after(answer(200, body)).is_ok());
}

#[test]
fn retry_after_is_honoured_on_429_and_503() {
    for status in [429, 503] {
        let mut bench = resume();
        bench.answered(secs(0), with_header(answer(status, ""), "retry-after", "40"));
        assert_eq!(bench.sleep().reason, WakeReason::RetryAfter);
        assert!(bench.slept() >= secs(40), "{status}");
    }
    let mut bench = resume();
    bench.answered(secs(0), with_header(answer(500, ""), "retry-after", "40"));
    assert!(bench.slept() < secs(10));
}

#[test]
fn pauses_after_failed_polls_grow_and_a_good_poll_resets_them() {
    let mut bench = resume();
    let mut pauses = Vec::new();
    for _ in 0..6 {
        bench.answered(secs(0), broken());
        pauses.push(bench.slept());
    }
    assert!(pauses[5] > secs(10), "{pauses:?}");
    bench.answered(secs(0), pending());
    assert!(bench.slept() <= secs(6));
}

#[test]
fn the_vendors_intervals_grow_from_two_to_five_seconds() {
    let mut bench = watch();
    let mut gaps = Vec::new();
    for _ in 0..40 {
        gaps.push(bench.slept());
        bench.answered(Duration::ZERO, answer(200, r#"{"state":"pending"}"#));
    }
    assert!(gaps.iter().all(|gap| *gap >= secs(2) && *gap <= secs(6)), "{gaps:?}");
    assert!(gaps[1] < secs(3) && gaps[39] > secs(4), "{gaps:?}");
}

#[test]
fn at_the_deadline_there_is_one_last_look_and_it_may_succeed() {
    let mut policy = policy();
    policy.timeout = secs(60);
    let mut bench = resume_with(policy);
    let mut looks = 0;
    while bench.now < at(160) {
        bench.answered(Duration::ZERO, pending());
        bench.slept();
        looks += 1;
    }
    assert!(looks > 10);
    assert_eq!(bench.now, at(160), "the last look comes at the deadline itself");
    bench.answered(secs(1), done());
    assert!(bench.done().is_ok());
}

#[test]
fn after_the_last_look_the_wait_is_over_and_the_id_and_status_are_kept() {
    let mut policy = policy();
    policy.timeout = secs(60);
    let mut bench = resume_with(policy);
    bench.answered(secs(1), pending());
    bench.now = at(500);
    bench.answered(secs(1), broken());
    let Err(error) = bench.done() else { panic!("still not done") };
    assert_eq!(error.job_id().as_str(), "job-1");
    assert_eq!(error.latest().unwrap().progress(), Some(33));
    assert!(matches!(error, PollError::TimedOut { trouble: Some(_), .. }));
}

#[test]
fn the_newest_status_is_there_when_the_time_is_over() {
    let mut policy = policy();
    policy.timeout = Duration::ZERO;
    let mut bench = resume_with(policy);
    bench.answered(secs(1), pending());
    let Err(PollError::TimedOut { latest: Some(latest), trouble: None, .. }) = bench.done() else {
        panic!()
    };
    assert_eq!(latest.progress(), Some(33));
}

#[test]
fn one_look_is_one_look() {
    let look = |outcome| -> Result<JobStatus, PollError> {
        let mut bench = resume_with(PollPolicy::one_look());
        bench.answered(secs(1), outcome);
        assert_eq!(bench.machine.polls(), 1);
        bench.done().map(JobStatus::from).or_else(PollError::into_status)
    };
    assert_eq!(look(pending()).unwrap().state(), &State::Pending);
    assert_eq!(look(done()).unwrap().state(), &State::Done);
    assert_eq!(look(answer(200, r#"{"state":"failed"}"#)).unwrap().state(), &State::Failed);
    assert!(look(answer(503, "")).is_err());
    assert!(look(answer(404, "")).is_err());
}

#[test]
fn a_hasty_wait_polls_as_often_as_its_policy_says_and_no_more() {
    for (timeout, most) in [(9_500, 5), (8_500, 5), (3_000, 2), (1_000, 2), (0, 1)] {
        let mut policy = policy();
        policy.timeout = Duration::from_millis(timeout);
        policy.schedule = Schedule::fixed(Duration::ZERO);
        assert_eq!(policy.most_polls(), most, "{timeout} ms");
        let mut bench = resume_with(policy);
        while !matches!(bench.machine.next_action(bench.now), Action::Done(_)) {
            match bench.machine.in_flight() {
                Some(id) => bench.machine.handle(bench.now, id, pending()),
                None => drop(bench.slept()),
            }
        }
        assert_eq!(bench.machine.polls(), most, "{timeout} ms");
    }
}

#[test]
fn a_poll_that_nobody_finishes_is_sent_again() {
    let mut bench = resume();
    let lost = bench.send();
    assert_eq!(bench.slept(), secs(30) + GRACE);
    bench.slept();
    let again = bench.send();
    assert_ne!(lost.id, again.id);
    bench.machine.handle(bench.now, lost.id, done());
    assert_eq!(bench.sleep().reason, WakeReason::AttemptDeadline, "the old answer is ignored");
    bench.machine.handle(bench.now, again.id, done());
    assert!(bench.done().is_ok());
}

#[test]
fn a_schedule_without_a_floor_looks_again_at_once() {
    let mut policy = policy();
    policy.schedule = Schedule::fixed(Duration::ZERO).with_floor(Duration::ZERO);
    let mut bench = watch_with(policy);
    for _ in 0..100 {
        bench.answered(Duration::ZERO, pending());
    }
    assert_eq!(bench.now, at(100));
    assert_eq!(bench.machine.polls(), 100);
}

#[test]
fn a_refusal_counts_even_where_its_body_is_cut_off() {
    let cut = response(401, r#"{"error":"unauth"#);
    let end = end_after(Outcome::Partial(cut));
    assert!(matches!(end, Err(PollError::Refused { .. })), "{end:?}");
}

#[test]
fn a_status_that_is_cut_off_is_told_as_such() {
    let mut bench = resume();
    bench.answered(secs(1), Outcome::Partial(response(200, r#"{"state":"done","fin"#)));
    bench.sleep();
    let why = match bench.machine.trouble() {
        Some(PollTrouble::Unreadable { why, .. }) => *why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why, StatusUnreadable::CutOff);
}

/// The ages at which a job that takes so many seconds is looked at until it is done.
fn ages_of_looks(took: u64, percent: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut bench = watch();
    let mut ages = Vec::new();
    loop {
        bench.slept();
        let age = (bench.now - at(100)).as_secs_f64();
        ages.push(age);
        if age >= took as f64 {
            return ages;
        }
        let percent = percent(age / took as f64) as u8;
        let body = format!(r#"{{"state":"pending","progress":{percent}}}"#);
        bench.answered(Duration::ZERO, answer(200, &body));
    }
}

#[test]
fn honest_progress_aims_the_last_look_at_the_end_and_saves_those_before() {
    for took in [13, 40, 97, 333] {
        let ages = ages_of_looks(took, |part| part * 100.0);
        let delay = ages[ages.len() - 1] - took as f64;
        assert!(ages.len() <= 12 && delay < 2.0, "{took}: {ages:?}");
    }
}

#[test]
fn progress_that_misleads_costs_no_more_looks_than_none() {
    for took in [40, 97, 333] {
        let absent = ages_of_looks(took, |_| 0.0).len();
        let shapes: [fn(f64) -> f64; 4] = [
            |part| part.powf(0.6) * 100.0,
            |part| part.powf(1.8) * 100.0,
            |_| 33.0,
            |part| (part * 200.0).min(90.0),
        ];
        for shape in shapes {
            let ages = ages_of_looks(took, shape);
            let delay = ages[ages.len() - 1] - took as f64;
            assert!(ages.len() <= absent + 1 && delay <= 6.0, "{took}: {ages:?}");
        }
    }
}

#[test]
fn what_looks_showed_is_stored_and_a_restored_poller_aims_as_well() {
    let mut bench = watch();
    for percent in [12, 23, 34] {
        bench.slept();
        let body = format!(r#"{{"state":"pending","progress":{percent}}}"#);
        bench.answered(Duration::ZERO, answer(200, &body));
    }
    let stored = serde_json::to_string(bench.machine.state()).unwrap();
    let machine = Poller::restore(endpoint(), serde_json::from_str(&stored).unwrap(), bench.now);
    let mut restored = Bench::new(machine, bench.now);
    for bench in [&mut bench, &mut restored] {
        bench.slept();
        let body = r#"{"state":"pending","progress":46}"#;
        bench.answered(Duration::ZERO, answer(200, body));
    }
    assert_eq!(bench.slept(), restored.slept());
}

#[test]
fn a_stored_poller_goes_on_where_it_was() {
    let mut bench = watch();
    bench.slept();
    bench.answered(secs(1), pending());
    let stored = serde_json::to_string(bench.machine.state()).unwrap();
    assert!(!stored.contains("sk-test-key"));
    let machine = Poller::restore(endpoint(), serde_json::from_str(&stored).unwrap(), bench.now);
    let mut restored = Bench::new(machine, bench.now);
    assert_eq!(restored.machine.latest(), bench.machine.latest());
    assert_eq!(restored.slept(), bench.slept());
    restored.answered(secs(1), done());
    assert!(restored.done().is_ok());
}

#[test]
fn a_stored_end_that_contradicts_itself_is_refused() {
    let mut bench = resume();
    bench.answered(secs(1), done());
    let stored = serde_json::to_string(bench.machine.state()).unwrap();
    let forged = stored.replace("\"state\":\"Done\"", "\"state\":\"Pending\"");
    assert_ne!(stored, forged);
    assert!(serde_json::from_str::<removit_proto::PollerState>(&forged).is_err());
}

#[test]
fn odd_but_legal_bodies_are_understood() {
    let body = r#"{"job_id":"job-1","status":"done","state":"Done","progress":"100.0",
        "final_urls":{"b":"https://a/b.png","a":"https://a/a.png","n":null,"e":""},
        "warnings":[],"ignored_variations":{"1":"x"},"more":{"unknown":[1,2]}}"#;
    let finished = end_after(answer(200, body)).unwrap();
    let names: Vec<_> = finished.results().iter().filter_map(|r| r.variation()).collect();
    assert_eq!(names, ["b", "a"]);
    assert_eq!(finished.status().progress(), Some(100));
    assert!(finished.status().warnings().is_empty());
    assert_eq!(finished.status().ignored_variations(), ["x"]);
}

#[test]
fn a_look_that_leaves_just_the_floor_before_the_deadline_is_not_yet_the_last() {
    let first = watch().sleep().at;
    let mut policy = policy();
    policy.timeout = first - at(100) + policy.schedule.floor();
    let mut bench = watch_with(policy);
    assert_eq!(bench.sleep().at, first);
    bench.slept();
    bench.answered(secs(0), pending());
    assert_eq!(bench.sleep().at, at(100) + policy.timeout);
}

#[test]
fn the_polls_handed_out_are_counted_and_named_apart() {
    let mut bench = resume();
    assert_eq!(bench.machine.polls(), 0);
    let first = bench.send();
    bench.machine.handle(bench.now, first.id, broken());
    bench.slept();
    let second = bench.send();
    assert_ne!(first.id, second.id);
    assert_eq!((bench.machine.polls(), bench.machine.in_flight()), (2, Some(second.id)));
}

#[test]
fn a_key_that_a_status_echoes_is_in_no_end_of_the_wait() {
    let pending = r#"{"state":"pending","status":"pending_sk-test-key"}"#;
    let failed = r#"{"state":"failed","status":"failed sk-test-key","why":"sk-test-key"}"#;
    let empty = r#"{"state":"done","status":"sk-test-key"}"#;
    for body in [pending, failed, empty] {
        let mut bench = resume_with(PollPolicy::one_look());
        bench.answered(secs(1), answer(200, body));
        let error = bench.done().unwrap_err();
        let stored = serde_json::to_string(bench.machine.state()).unwrap();
        let shown = format!("{error} {error:?} {stored} {}", error.latest().unwrap().body());
        assert!(!shown.contains("sk-test-key") && shown.contains("***"), "{shown}");
    }
}

#[test]
fn a_good_poll_sets_the_count_of_failures_back() {
    let mut bench = resume();
    for _ in 0..5 {
        bench.answered(secs(0), broken());
        bench.slept();
    }
    bench.answered(secs(0), pending());
    bench.slept();
    bench.answered(secs(0), broken());
    assert!(bench.slept() <= secs(6), "pauses begin anew");
}

#[test]
fn a_good_poll_takes_the_trouble_away() {
    let mut policy = policy();
    policy.timeout = secs(60);
    let mut bench = resume_with(policy);
    bench.answered(secs(1), broken());
    assert!(bench.machine.trouble().is_some());
    bench.slept();
    bench.answered(secs(1), pending());
    assert!(bench.machine.trouble().is_none());
    bench.now = at(500);
    bench.answered(secs(1), pending());
    assert!(matches!(bench.done(), Err(PollError::TimedOut { trouble: None, .. })));
}

#[test]
fn a_last_look_just_after_a_late_poll_keeps_the_floor() {
    let mut policy = policy();
    policy.timeout = secs(60);
    let mut bench = resume_with(policy);
    bench.answered(secs(0), pending());
    // The driver woke late: a second before the wait is over.
    bench.now = at(159);
    bench.answered(secs(0), pending());
    assert_eq!(bench.sleep().at, at(159) + policy.schedule.floor());
}
