//! Outcomes that come with the deadline, after it, and long after: what counts, until
//! when, and that an acceptance is never too late.

use std::time::Duration;

use crate::support::{Bench, answer, at, done, endpoint, pending, secs, url_request};
use removit_proto::{
    Accepted, Download, DownloadPolicy, GRACE, Instant, JobId, Machine, Outcome, PollError,
    PollPolicy, Poller, Reach, ResultUrl, Seed, TransportFailure, Upload, UploadError,
    UploadPolicy,
};

const SEED: Seed = Seed::new(0x9f3c_51e0_77aa_4b12_8d0e_66f1_c2b7_05d9);
const A_MOMENT: Duration = Duration::from_millis(4);

fn upload_with(change: impl FnOnce(&mut UploadPolicy)) -> Bench<Upload> {
    let mut policy = UploadPolicy::default();
    change(&mut policy);
    Bench::new(Upload::new(endpoint(), url_request(), policy, SEED, at(100)), at(100))
}

fn upload() -> Bench<Upload> {
    upload_with(|_| {})
}

fn resending() -> Bench<Upload> {
    upload_with(|policy| policy.resend_ambiguous = true)
}

fn poller(timeout: u64) -> Bench<Poller> {
    let mut policy = PollPolicy::default();
    policy.timeout = secs(timeout);
    let id = "job-1".parse().unwrap();
    Bench::new(Poller::resume(endpoint(), id, policy, SEED, at(100)), at(100))
}

fn job(id: &str) -> Outcome {
    answer(202, &format!(r#"{{"job_id":"{id}"}}"#))
}

fn broken() -> Outcome {
    Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset"))
}

fn unsent() -> Outcome {
    Outcome::Failed(TransportFailure::timed_out(Reach::NotSent, "no connection"))
}

fn ids(accepted: &Accepted) -> Vec<&str> {
    let further = accepted.further().iter();
    [accepted.job_id()].into_iter().chain(further).map(JobId::as_str).collect()
}

/// The last moment at which an outcome of the attempt under way counts.
fn just_in_time<M: Machine>(bench: &mut Bench<M>) -> Instant
where
    M::Output: std::fmt::Debug,
{
    Instant::from_origin(bench.sleep().at.since_origin() - Duration::from_nanos(1))
}

#[test]
fn a_driver_that_looks_first_at_the_deadline_loses_no_outcome() {
    for late in [Duration::ZERO, A_MOMENT, secs(4)] {
        let mut bench = upload();
        let attempt = bench.send();
        bench.now = attempt.deadline + late;
        bench.sleep();
        bench.machine.handle(bench.now, attempt.id, unsent());
        bench.sleep();
        assert!(bench.machine.in_flight().is_none(), "it waits to be sent again: {late:?}");
    }
}

#[test]
fn each_machine_waits_for_its_outcome_until_the_grace_is_over() {
    let mut upload = upload();
    let sent = upload.send();
    upload.now = just_in_time(&mut upload);
    assert_eq!(upload.now + Duration::from_nanos(1), sent.deadline + GRACE);
    upload.machine.handle(upload.now, sent.id, answer(422, ""));
    assert!(matches!(upload.done(), Err(UploadError::Rejected(_))));

    let mut poller = poller(600);
    let sent = poller.send();
    poller.now = just_in_time(&mut poller);
    assert_eq!(poller.now + Duration::from_nanos(1), sent.deadline + GRACE);
    poller.machine.handle(poller.now, sent.id, done());
    assert!(poller.done().is_ok());

    let url = ResultUrl::check("https://cdn.example.com/a.png", &endpoint()).unwrap();
    let download = Download::new(url, DownloadPolicy::default(), SEED, at(100));
    let mut download = Bench::new(download, at(100));
    let sent = download.send();
    download.now = just_in_time(&mut download);
    assert_eq!(download.now + Duration::from_nanos(1), sent.deadline + GRACE);
    download.machine.handle(download.now, sent.id, answer(404, ""));
    assert!(download.done().is_err());
}

#[test]
fn the_grace_covers_what_the_kit_allows_a_transport() {
    assert!(GRACE >= secs(4));
}

#[test]
fn a_late_acceptance_still_yields_the_job_of_an_upload_that_was_lost() {
    let mut bench = upload();
    let attempt = bench.send();
    bench.slept();
    assert!(matches!(bench.done(), Err(UploadError::Ambiguous(_))));
    bench.machine.handle(bench.now + secs(3600), attempt.id, job("job-1"));
    for _ in 0..2 {
        let accepted = bench.done().unwrap();
        assert_eq!((ids(&accepted), accepted.earlier_ambiguous()), (vec!["job-1"], 0));
    }
}

#[test]
fn a_late_acceptance_counts_whatever_the_upload_ended_as() {
    for end in [broken(), answer(500, ""), answer(202, "{}"), answer(422, ""), unsent()] {
        let mut bench = upload_with(|policy| policy.retry.max_attempts = 1);
        let id = bench.answered(secs(1), end.clone());
        assert!(bench.done().is_err(), "{end:?}");
        bench.machine.handle(bench.now, id, job("job-1"));
        assert_eq!(bench.done().unwrap().job_id().as_str(), "job-1", "{end:?}");
    }
}

#[test]
fn a_late_acceptance_in_part_counts_too() {
    let mut bench = upload();
    let id = bench.answered(secs(1), broken());
    let cut = crate::support::response(202, r#"{"job_id":"job-1","sta"#);
    bench.machine.handle(bench.now, id, Outcome::Partial(cut));
    assert!(bench.done().unwrap().is_salvaged());
}

#[test]
fn nothing_but_an_acceptance_counts_late() {
    for late in [answer(422, ""), answer(202, "{}"), answer(500, r#"{"job_id":"j"}"#), unsent()] {
        let mut bench = upload();
        let id = bench.answered(secs(1), broken());
        let before = bench.machine.state().clone();
        bench.machine.handle(bench.now, id, late.clone());
        assert_eq!(bench.machine.state(), &before, "{late:?}");
    }
}

#[test]
fn a_late_acceptance_while_it_waits_ends_the_upload_and_nothing_is_resent() {
    for first in [broken(), answer(429, "")] {
        let mut bench = resending();
        let id = bench.answered(secs(1), first);
        bench.sleep();
        bench.machine.handle(bench.now, id, job("job-1"));
        let accepted = bench.done().unwrap();
        assert_eq!((ids(&accepted), accepted.earlier_ambiguous()), (vec!["job-1"], 0));
        assert_eq!(bench.machine.attempts(), 1);
    }
}

/// Sent again, and the answer to the first attempt comes while the second is under
/// way.
fn accepted_while_resent() -> (Bench<Upload>, removit_proto::AttemptId) {
    let mut bench = resending();
    let first = bench.answered(secs(1), broken());
    bench.slept();
    let second = bench.send();
    bench.machine.handle(bench.now, first, job("job-1"));
    assert_eq!(bench.machine.accepted().unwrap().job_id().as_str(), "job-1", "known at once");
    bench.sleep();
    (bench, second.id)
}

#[test]
fn of_two_acceptances_both_ids_are_told() {
    let (mut bench, second) = accepted_while_resent();
    bench.machine.handle(bench.now, second, job("job-2"));
    let accepted = bench.done().unwrap();
    assert_eq!((ids(&accepted), accepted.earlier_ambiguous()), (vec!["job-1", "job-2"], 0));
}

#[test]
fn of_two_acceptances_in_the_order_of_sending_both_ids_are_told() {
    let mut bench = resending();
    let first = bench.answered(secs(1), broken());
    bench.slept();
    bench.answered(secs(1), job("job-2"));
    assert_eq!(bench.done().unwrap().earlier_ambiguous(), 1);
    for _ in 0..2 {
        bench.machine.handle(bench.now + secs(60), first, job("job-1"));
        let accepted = bench.done().unwrap();
        assert_eq!((ids(&accepted), accepted.earlier_ambiguous()), (vec!["job-2", "job-1"], 0));
    }
}

#[test]
fn an_attempt_that_fails_beside_a_late_acceptance_is_not_sent_again() {
    for (end, unknown) in [(broken(), 1), (answer(429, ""), 0), (unsent(), 0)] {
        let (mut bench, second) = accepted_while_resent();
        bench.machine.handle(bench.now, second, end);
        let accepted = bench.done().unwrap();
        assert_eq!((ids(&accepted), accepted.earlier_ambiguous()), (vec!["job-1"], unknown));
        assert_eq!(bench.machine.attempts(), 2);
    }
}

#[test]
fn a_resend_that_nobody_finishes_leaves_the_late_acceptance_and_its_own_doubt() {
    let (mut bench, _) = accepted_while_resent();
    bench.slept();
    let accepted = bench.done().unwrap();
    assert_eq!((ids(&accepted), accepted.earlier_ambiguous()), (vec!["job-1"], 1));
}

#[test]
fn an_upload_in_another_process_takes_a_late_acceptance() {
    let (bench, second) = accepted_while_resent();
    let stored = serde_json::to_string(bench.machine.state()).unwrap();
    let machine = Upload::restore(endpoint(), serde_json::from_str(&stored).unwrap(), bench.now);
    let mut bench = Bench::new(machine, bench.now);
    bench.machine.handle(bench.now, second.to_string().parse().unwrap(), job("job-2"));
    assert_eq!(ids(&bench.done().unwrap()), ["job-1", "job-2"]);
}

#[test]
fn an_acceptance_of_an_attempt_that_was_never_made_is_ignored() {
    let mut bench = upload();
    let id = bench.answered(secs(1), broken());
    let next = id.to_string().replace("-1", "-2").parse().unwrap();
    bench.machine.handle(bench.now, next, job("job-1"));
    assert!(bench.done().is_err());
}

#[test]
fn a_wait_is_over_at_most_the_grace_after_its_deadline_though_nobody_answers() {
    for timeout in [1, 6, 12, 60, 600] {
        let mut bench = poller(timeout);
        let end = at(100 + timeout) + GRACE;
        while !matches!(bench.machine.next_action(bench.now), removit_proto::Action::Done(_)) {
            bench.slept();
            assert!(bench.now <= end, "{timeout} s: {:?}", bench.now);
        }
        assert!(matches!(bench.done(), Err(PollError::TimedOut { .. })));
    }
}

/// A driver that ends each attempt at its deadline, as it should.
fn end_with_a_silent_server(timeout: u64, late: Duration) -> (Instant, u64) {
    let mut bench = poller(timeout);
    loop {
        match bench.machine.next_action(bench.now) {
            removit_proto::Action::Send(attempt) => {
                bench.now = attempt.deadline + late;
                let silence = TransportFailure::timed_out(Reach::MaybeSent, "silence");
                bench.machine.handle(bench.now, attempt.id, Outcome::Failed(silence));
            }
            removit_proto::Action::SleepUntil(wakeup) => bench.now = wakeup.at,
            removit_proto::Action::Done(_) => return (bench.now, bench.machine.polls()),
        }
    }
}

#[test]
fn a_wait_is_over_at_most_the_grace_after_its_deadline_though_a_server_drips() {
    for timeout in [1, 6, 12, 60] {
        for late in [Duration::ZERO, A_MOMENT, secs(4)] {
            let (end, _) = end_with_a_silent_server(timeout, late);
            assert!(end <= at(100 + timeout) + GRACE, "{timeout} s, {late:?} late: {end:?}");
        }
    }
}

#[test]
fn a_last_look_has_a_short_time_and_a_moment_for_its_outcome() {
    let mut bench = poller(60);
    bench.answered(secs(1), pending());
    bench.now = at(160);
    let last = bench.send();
    assert!(last.deadline > at(160) + secs(1), "enough for an answer");
    assert!(bench.sleep().at >= last.deadline + secs(4), "late outcomes count");
    assert!(bench.sleep().at <= at(160) + GRACE);
    bench.machine.handle(last.deadline + secs(4), last.id, done());
    bench.now = last.deadline + secs(4);
    assert!(bench.done().is_ok());
}

#[test]
fn a_wait_that_slept_past_its_end_still_looks_once() {
    let mut bench = poller(60);
    bench.answered(secs(1), pending());
    bench.now = at(100_000);
    let last = bench.send();
    assert!(last.deadline <= bench.now + GRACE);
    bench.machine.handle(bench.now + secs(1), last.id, done());
    assert!(bench.done().is_ok());
}

#[test]
fn a_poll_that_outlasts_the_time_of_the_last_look_was_the_last() {
    let mut bench = poller(60);
    bench.now = at(150);
    let sent = bench.send();
    assert_eq!(sent.deadline, at(160), "a poll ends with the wait");
    bench.now = at(169);
    bench.machine.handle(bench.now, sent.id, pending());
    let Err(PollError::TimedOut { latest: Some(latest), .. }) = bench.done() else { panic!() };
    assert_eq!(latest.progress(), Some(33));
}

#[test]
fn one_look_without_a_wait_has_the_time_of_any_poll() {
    let id = "job-1".parse().unwrap();
    let poller = Poller::resume(endpoint(), id, PollPolicy::one_look(), SEED, at(100));
    let mut bench = Bench::new(poller, at(100));
    let look = bench.send();
    assert_eq!(look.deadline, at(130));
    assert_eq!(bench.sleep().at, at(130) + GRACE);
}
