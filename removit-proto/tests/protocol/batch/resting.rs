//! Until when nothing leaves, and why; what a stop does to an upload under way.

use std::time::Duration;

use removit_proto::{
    Action, Attempt, Batch, BatchEvent, BatchPolicy, Instant, Machine, Outcome, Reach, Receipt,
    Seed, TransportFailure, WakeReason, Wakeup,
};

use crate::support::{answer, at, endpoint, secs, url_request, with_header};

fn batch(change: impl FnOnce(&mut BatchPolicy)) -> Batch {
    let mut policy = BatchPolicy::default();
    policy.wait_until_stored = false;
    change(&mut policy);
    Batch::new(endpoint(), policy, Seed::new(1))
}

fn busy_for(secs: u64) -> Outcome {
    with_header(answer(429, r#"{"error":"rate_limited"}"#), "retry-after", &secs.to_string())
}

#[track_caller]
fn sent(batch: &mut Batch, now: Instant) -> Attempt {
    while batch.next_event(now).is_some() {}
    match batch.next_action(now) {
        Action::Send(attempt) => attempt,
        other => panic!("{other:?}"),
    }
}

/// What it waits for, after every event was taken.
#[track_caller]
fn rests(batch: &mut Batch, now: Instant) -> (Instant, WakeReason) {
    while batch.next_event(now).is_some() {}
    match batch.next_action(now) {
        Action::SleepUntil(Wakeup { at, reason, .. }) => (at, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_photo_that_waits_for_the_end_of_a_pause_keeps_the_batch_open() {
    let mut batch = batch(|policy| {
        policy.uploads_at_once = 1;
        policy.upload.retry.max_attempts = 1;
    });
    batch.add(url_request());
    batch.add(url_request());
    let first = sent(&mut batch, at(100));
    batch.handle(at(100), first.id, busy_for(30));
    assert_eq!((batch.counts().not_accepted, batch.counts().open()), (1, 0));
    let (until, reason) = rests(&mut batch, at(100));
    assert!(until >= at(130) && until < at(134), "{until:?}");
    assert_eq!(reason, WakeReason::RetryAfter);
    let second = sent(&mut batch, until);
    assert_ne!(first.id, second.id);
}

#[test]
fn a_look_that_is_due_in_a_pause_leaves_at_its_end() {
    let mut batch = batch(|_| {});
    batch.add_accepted("job-1".parse().unwrap(), at(100));
    batch.add_accepted("job-2".parse().unwrap(), at(100));
    let mut now = at(100);
    let first = loop {
        match batch.next_action(now) {
            Action::Send(attempt) => break attempt,
            Action::SleepUntil(wakeup) => now = wakeup.at,
            Action::Done(counts) => panic!("{counts:?}"),
        }
    };
    batch.handle(now, first.id, busy_for(300));
    let (until, reason) = rests(&mut batch, now + secs(100));
    assert!(until >= now + secs(300) && until < now + secs(331), "{until:?}");
    assert_eq!(reason, WakeReason::RetryAfter);
    let second = sent(&mut batch, until);
    assert_ne!(first.id, second.id);
}

#[test]
fn a_receipt_that_is_owed_is_asked_for_again_within_a_second() {
    let mut batch = batch(|policy| {
        policy.uploads_at_once = 2;
        policy.wait_until_stored = true;
    });
    batch.add(url_request());
    batch.add(url_request());
    // Events come with the actions.
    let _ = batch.next_action(at(100));
    let mut receipts: Vec<Receipt> = Vec::new();
    while let Some(event) = batch.next_event(at(100)) {
        assert!(matches!(event, BatchEvent::Intent { .. }), "{event:?}");
        receipts.extend(event.receipt());
    }
    assert_eq!(receipts.len(), 2);
    batch.stored(receipts[0]);
    let first = sent(&mut batch, at(100));
    assert!(first.deadline > at(110));
    let soon = at(100) + Duration::from_secs(1);
    // The budget lets the next one out sooner than that.
    let now = at(100) + Duration::from_millis(900);
    let (until, reason) = rests(&mut batch, now);
    assert!(until > soon && until <= now + Duration::from_secs(1), "{until:?}");
    assert_eq!(reason, WakeReason::Receipt);
}

#[test]
fn after_a_stop_an_upload_that_did_not_arrive_waits_again() {
    let mut batch = batch(|_| {});
    batch.add(url_request());
    let attempt = sent(&mut batch, at(100));
    batch.stop_uploading();
    let refused = TransportFailure::connect("refused");
    batch.handle(at(101), attempt.id, Outcome::Failed(refused));
    assert_eq!((batch.counts().waiting, batch.counts().uploading), (1, 0));
    while batch.next_event(at(101)).is_some() {}
    assert!(matches!(batch.next_action(at(101)), Action::Done(_)));
}

#[test]
fn after_a_stop_an_ambiguous_upload_is_not_sent_again_though_that_was_asked_for() {
    let mut batch = batch(|policy| policy.upload.resend_ambiguous = true);
    batch.add(url_request());
    let attempt = sent(&mut batch, at(100));
    batch.stop_uploading();
    let broken = TransportFailure::broken(Reach::MaybeSent, "reset");
    batch.handle(at(101), attempt.id, Outcome::Failed(broken));
    assert_eq!((batch.counts().ambiguous, batch.counts().waiting), (1, 0));
    batch.resume_uploads();
    while batch.next_event(at(101)).is_some() {}
    assert!(matches!(batch.next_action(at(200)), Action::Done(_)));
}

#[test]
fn each_intent_says_which_attempt_it_is() {
    let mut batch = batch(|_| {});
    batch.add(url_request());
    let (mut now, mut attempts) = (at(100), Vec::new());
    while attempts.len() < 4 {
        let action = batch.next_action(now);
        while let Some(event) = batch.next_event(now) {
            if let BatchEvent::Intent { attempt, .. } = event {
                attempts.push(attempt);
            }
        }
        match action {
            Action::Send(attempt) => {
                let failure = TransportFailure::connect("refused");
                batch.handle(now, attempt.id, Outcome::Failed(failure));
            }
            Action::SleepUntil(wakeup) => now = wakeup.at,
            Action::Done(counts) => panic!("{counts:?}"),
        }
        if attempts.len() == 2 {
            // The job waits again, and its attempts still count.
            batch.stop_uploading();
            batch.resume_uploads();
        }
    }
    assert_eq!(attempts, [1, 2, 3, 4]);
}

/// Ten jobs whose looks are long due.
fn watched() -> Batch {
    let mut batch = batch(|_| {});
    for n in 0..10 {
        batch.add_accepted(format!("job-{n}").parse().unwrap(), at(100));
    }
    batch
}

#[test]
fn after_an_answer_the_pauses_begin_small_again() {
    let (mut batch, mut now) = (watched(), at(200));
    let overload = |batch: &mut Batch, now: Instant| {
        let attempt = sent(batch, now);
        batch.handle(now, attempt.id, answer(429, ""));
        rests(batch, now).0 - now
    };
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let pause = overload(&mut batch, now);
        pauses.push(pause);
        now = now + pause;
    }
    assert!(pauses[3] > secs(3), "{pauses:?}");
    let probe = sent(&mut batch, now);
    batch.handle(now, probe.id, answer(200, r#"{"state":"pending"}"#));
    let pause = overload(&mut batch, now + secs(1));
    assert!(pause <= secs(1), "{pause:?}");
}

#[test]
fn a_shorter_wish_does_not_shorten_a_pause() {
    let mut batch = watched();
    let (first, second) = (sent(&mut batch, at(200)), sent(&mut batch, at(201)));
    batch.handle(at(202), first.id, busy_for(60));
    batch.handle(at(203), second.id, busy_for(5));
    let (until, reason) = rests(&mut batch, at(203));
    assert!(until >= at(262), "{until:?}");
    assert_eq!(reason, WakeReason::RetryAfter);
}

#[test]
fn what_left_before_a_pause_does_not_lengthen_it_by_itself() {
    let mut batch = watched();
    let (first, second) = (sent(&mut batch, at(200)), sent(&mut batch, at(201)));
    batch.handle(at(202), first.id, answer(429, ""));
    let pause = rests(&mut batch, at(202));
    batch.handle(at(202), second.id, answer(429, ""));
    assert_eq!(rests(&mut batch, at(202)), pause);
}
