//! What an `Upload` does with each answer and each failure.

use std::time::Duration;

use crate::support::{
    Bench, accepted, answer, at, endpoint, file_request, secs, url_request, with_header,
};
use bytes::Bytes;
use http::Response;
use removit_proto::{
    Accepted, AmbiguityCause, ApiErrorKind, GRACE, Instant, Outcome, Reach, Seed, Segment, Sink,
    TransportFailure, Upload, UploadError, UploadPolicy, UploadRequest, WakeReason,
};

fn upload_with(request: UploadRequest, policy: UploadPolicy) -> Bench<Upload> {
    Bench::new(Upload::new(endpoint(), request, policy, Seed::new(1), at(100)), at(100))
}

fn upload() -> Bench<Upload> {
    upload_with(url_request(), UploadPolicy::default())
}

fn resending() -> UploadPolicy {
    let mut policy = UploadPolicy::default();
    policy.resend_ambiguous = true;
    policy
}

/// One answer to the first attempt, and the end that it leads to at once.
fn end_after(outcome: Outcome) -> Result<Accepted, UploadError> {
    let mut bench = upload();
    bench.answered(secs(1), outcome);
    bench.done()
}

fn unavailable() -> Outcome {
    answer(503, r#"{"error":"maintenance"}"#)
}

#[test]
fn a_202_with_an_id_is_accepted() {
    assert_eq!(end_after(accepted()).unwrap().job_id().as_str(), "job-1");
}

#[test]
fn an_id_is_taken_from_a_202_that_is_cut_off() {
    let cut = Response::builder().status(202).body(Bytes::from(r#"{"job_id":"job-1","sta"#));
    let accepted = end_after(Outcome::Partial(cut.unwrap())).unwrap();
    assert!(accepted.is_salvaged());
    assert_eq!(accepted.job_id().as_str(), "job-1");
}

#[test]
fn a_202_without_an_id_is_ambiguous() {
    for body in ["", "{}", "<html>", r#"{"job_id":""}"#, r#"{"job_id":null}"#, r#"{"job_id":"a"#] {
        let end = end_after(answer(202, body));
        assert!(matches!(end, Err(UploadError::Ambiguous(_))), "{body}: {end:?}");
    }
}

#[test]
fn a_documented_refusal_ends_at_once_and_is_not_repeated() {
    for (status, kind) in [
        (401, ApiErrorKind::Unauthorized),
        (402, ApiErrorKind::InsufficientCredits),
        (422, ApiErrorKind::Validation),
    ] {
        match end_after(answer(status, "{}")) {
            Err(UploadError::Rejected(error)) => assert_eq!(error.kind(), kind),
            other => panic!("{status}: {other:?}"),
        }
    }
}

#[test]
fn a_redirect_is_rejected_and_not_followed() {
    let end = end_after(with_header(answer(307, ""), "location", "https://elsewhere.example/"));
    let Err(UploadError::Rejected(error)) = end else { panic!("{end:?}") };
    assert_eq!(error.kind(), ApiErrorKind::Redirected);
    assert!(error.to_string().contains("https://elsewhere.example/"), "{error}");
}

#[test]
fn an_answer_that_says_neither_yes_nor_no_is_ambiguous_and_sent_once() {
    for status in [500, 502, 503, 504] {
        let mut bench = upload();
        bench.answered(secs(1), answer(status, "<html>oops</html>"));
        let Err(UploadError::Ambiguous(ambiguity)) = bench.done() else { panic!("{status}") };
        assert!(matches!(ambiguity.cause(), AmbiguityCause::Answer(_)));
        assert_eq!(bench.machine.attempts(), 1);
    }
}

#[test]
fn a_connection_that_broke_after_the_body_went_out_is_ambiguous() {
    let end = end_after(Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset")));
    let Err(UploadError::Ambiguous(ambiguity)) = end else { panic!("{end:?}") };
    assert!(matches!(ambiguity.cause(), AmbiguityCause::Transport(_)));
}

#[test]
fn what_was_not_sent_is_sent_again_after_a_growing_pause() {
    let mut bench = upload();
    let mut pauses = Vec::new();
    for _ in 0..4 {
        bench.answered(secs(0), Outcome::Failed(TransportFailure::connect("refused")));
        assert_eq!(bench.sleep().reason, WakeReason::Backoff);
        pauses.push(bench.slept());
    }
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert!(pauses[0] >= secs(1) / 2 && pauses[3] <= secs(8), "{pauses:?}");
    bench.answered(secs(1), accepted());
    assert!(bench.done().is_ok());
}

#[test]
fn a_failure_that_no_repetition_mends_ends_the_upload_as_not_sent_at_once() {
    for failure in [TransportFailure::unreachable("expired"), TransportFailure::source("gone")] {
        assert_eq!(end_after(Outcome::Failed(failure.clone())), Err(UploadError::NotSent(failure)));
    }
}

#[test]
fn after_the_last_attempt_the_end_is_not_sent() {
    let mut bench = upload();
    for attempt in 1..=5 {
        bench.answered(secs(0), Outcome::Failed(TransportFailure::connect("refused")));
        if attempt < 5 {
            bench.slept();
        }
    }
    assert!(matches!(bench.done(), Err(UploadError::NotSent(_))));
    assert_eq!(bench.machine.attempts(), 5);
}

#[test]
fn a_photo_that_cannot_be_read_is_not_sent_and_not_repeated() {
    let end = end_after(Outcome::Failed(TransportFailure::source("it changed")));
    assert!(matches!(end, Err(UploadError::NotSent(TransportFailure::Source { .. }))));
}

#[test]
fn a_429_is_repeated_when_the_server_asked_for_it_and_not_before() {
    let mut bench = upload();
    bench.answered(secs(0), with_header(answer(429, ""), "retry-after", "20"));
    assert_eq!(bench.sleep().reason, WakeReason::RetryAfter);
    let slept = bench.slept();
    assert!(slept >= secs(20) && slept <= secs(22), "{slept:?}");
    bench.answered(secs(1), accepted());
    assert!(bench.done().is_ok());
}

#[test]
fn a_retry_after_as_a_date_counts_from_the_answers_own_date() {
    let mut bench = upload();
    let dated = with_header(unavailable(), "date", "Sun, 22 Nov 2026 10:00:00 GMT");
    bench.answered(secs(0), with_header(dated, "retry-after", "Sun, 22 Nov 2026 10:00:30 GMT"));
    let slept = bench.slept();
    assert!(slept >= secs(30) && slept <= secs(33), "{slept:?}");
}

#[test]
fn a_wait_beyond_the_time_for_retries_ends_at_once_with_the_servers_word() {
    let end = end_after(with_header(answer(429, ""), "retry-after", "86400"));
    let Err(UploadError::Rejected(error)) = end else { panic!("{end:?}") };
    assert_eq!(error.kind(), ApiErrorKind::RateLimited);
    assert_eq!(error.retry_after(), Some(secs(3600)));
}

#[test]
fn a_short_retry_after_does_not_shorten_the_backoff() {
    let mut bench = upload();
    bench.answered(secs(0), with_header(unavailable(), "retry-after", "0"));
    assert_eq!(bench.sleep().reason, WakeReason::Backoff);
    assert!(bench.slept() >= secs(1) / 2);
}

#[test]
fn a_wake_up_long_after_the_time_for_retries_ends_with_the_last_error() {
    let mut bench = upload();
    bench.answered(secs(0), unavailable());
    bench.now = at(100_000);
    assert!(matches!(bench.done(), Err(UploadError::Rejected(_))));
}

#[test]
fn an_attempt_that_nobody_finishes_is_ambiguous_a_grace_after_its_deadline() {
    let mut bench = upload();
    let attempt = bench.send();
    assert_eq!(attempt.deadline, at(160));
    assert_eq!(bench.sleep().reason, WakeReason::AttemptDeadline);
    assert_eq!(bench.slept(), secs(60) + GRACE);
    assert!(matches!(bench.done(), Err(UploadError::Ambiguous(_))));
}

#[test]
fn an_answer_counts_even_after_the_deadline_while_nobody_looked() {
    let mut bench = upload();
    bench.answered(secs(3600), accepted());
    assert!(bench.done().is_ok());
}

#[test]
fn a_longer_body_gets_more_time() {
    let len = 64 * 1024 * 100;
    let attempt = upload_with(file_request(len), UploadPolicy::default()).send();
    assert_eq!(attempt.deadline, at(100 + 60 + 100));
    assert!(attempt.request.body().segments().contains(&Segment::File { len }));
}

#[test]
fn every_attempt_sends_the_same_bytes() {
    let mut bench = upload_with(file_request(10), UploadPolicy::default());
    let first = bench.send();
    let failure = Outcome::Failed(TransportFailure::connect("refused"));
    removit_proto::Machine::handle(&mut bench.machine, at(100), first.id, failure);
    bench.slept();
    let second = bench.send();
    assert_ne!(first.id, second.id);
    assert_eq!(first.request.body(), second.request.body());
    assert_eq!(first.request.headers(), second.request.headers());
}

#[test]
fn an_ambiguous_upload_is_sent_again_only_where_the_caller_asked_for_it() {
    let mut bench = upload_with(url_request(), resending());
    bench.answered(secs(1), answer(502, ""));
    bench.slept();
    bench.answered(secs(1), accepted());
    assert_eq!(bench.done().unwrap().earlier_ambiguous(), 1);
}

#[test]
fn once_ambiguous_the_end_stays_ambiguous_whatever_comes_later() {
    for later in [answer(402, "{}"), Outcome::Failed(TransportFailure::source("gone"))] {
        let mut bench = upload_with(url_request(), resending());
        bench.answered(secs(1), answer(502, ""));
        bench.slept();
        bench.answered(secs(1), later);
        let Err(UploadError::Ambiguous(ambiguity)) = bench.done() else { panic!() };
        assert_eq!(ambiguity.attempts(), 1);
    }
}

#[test]
fn once_ambiguous_the_end_of_time_is_ambiguous_too() {
    let mut policy = resending();
    policy.retry.within = Duration::MAX;
    let mut bench = upload_with(url_request(), policy);
    bench.answered(secs(1), answer(502, ""));
    bench.now = Instant::FAR_FUTURE;
    for _ in 0..2 {
        assert!(matches!(bench.done(), Err(UploadError::Ambiguous(_))));
    }
}

#[test]
fn a_stored_upload_goes_on_where_it_was() {
    let mut bench = upload();
    bench.answered(secs(0), unavailable());
    let stored = serde_json::to_string(bench.machine.state()).unwrap();
    assert!(!stored.contains("sk-test-key"));

    let state = serde_json::from_str(&stored).unwrap();
    let mut restored = Bench::new(Upload::restore(endpoint(), state, bench.now), bench.now);
    assert_eq!(restored.slept(), bench.slept());
    restored.answered(secs(1), accepted());
    assert!(restored.done().is_ok());
}

#[test]
fn a_stored_attempt_that_is_reported_lost_is_ambiguous_at_once() {
    let mut bench = upload();
    let _sent = bench.send();
    let state = serde_json::to_string(bench.machine.state()).unwrap();
    let machine = Upload::restore(endpoint(), serde_json::from_str(&state).unwrap(), bench.now);
    let mut restored = Bench::new(machine, bench.now);
    let lost = restored.machine.in_flight().unwrap();
    let failure = TransportFailure::broken(Reach::MaybeSent, "the process ended");
    removit_proto::Machine::handle(&mut restored.machine, at(101), lost, Outcome::Failed(failure));
    assert!(matches!(restored.done(), Err(UploadError::Ambiguous(_))));
}

#[test]
fn an_error_says_what_it_means_for_the_money() {
    for (outcome, words) in [
        (answer(402, r#"{"error":"insufficient_credits"}"#), "no job was created"),
        (answer(500, ""), "a job may exist and be charged"),
        (Outcome::Failed(TransportFailure::source("gone")), "no job was created"),
    ] {
        let error = end_after(outcome).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn the_key_is_in_no_error_even_where_transport_or_server_echo_it() {
    for outcome in [
        answer(500, "sk-test-key"),
        answer(401, r#"{"message":"key sk-test-key is bad"}"#),
        with_header(answer(302, ""), "location", "https://x.example/?k=sk-test-key"),
        Outcome::Failed(TransportFailure::source("header sk-test-key")),
    ] {
        let error = end_after(outcome).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sk-test-key"), "{error:?}");
    }
}

#[test]
fn the_attempts_handed_out_are_counted() {
    let mut bench = upload();
    assert_eq!(bench.machine.attempts(), 0);
    bench.answered(secs(0), unavailable());
    bench.slept();
    let second = bench.send();
    assert_eq!((bench.machine.attempts(), bench.machine.in_flight()), (2, Some(second.id)));
}

#[test]
fn an_answer_is_read_up_to_a_mebibyte() {
    assert_eq!(upload().send().sink, Sink::Memory { limit: 1_048_576 });
}

#[test]
fn each_attempt_that_ended_in_doubt_counts() {
    let mut bench = upload_with(url_request(), resending());
    for _ in 0..4 {
        bench.answered(secs(1), answer(502, ""));
        bench.slept();
    }
    bench.answered(secs(1), answer(502, ""));
    let Err(UploadError::Ambiguous(ambiguity)) = bench.done() else { panic!() };
    assert_eq!(ambiguity.attempts(), 5);
}

#[test]
fn an_answer_in_doubt_that_asks_for_a_pause_gets_it_before_the_resend() {
    let mut bench = upload_with(url_request(), resending());
    bench.answered(secs(1), with_header(answer(500, ""), "retry-after", "20"));
    assert_eq!(bench.sleep().reason, WakeReason::RetryAfter);
    assert!(bench.slept() >= secs(20));
}
