//! Which looks at a job are told.

use removit_proto::{
    Action, Batch, BatchEvent, BatchPolicy, Instant, JobEnd, Machine, Outcome, PollError, Seed,
    TransportFailure,
};

use crate::support::{answer, at, endpoint};

/// Waits for the next poll, answers it, and counts the statuses that are told.
fn poll(batch: &mut Batch, now: &mut Instant, outcome: Outcome) -> usize {
    let attempt = loop {
        match batch.next_action(*now) {
            Action::Send(attempt) => break attempt,
            Action::SleepUntil(wakeup) => *now = wakeup.at,
            Action::Done(counts) => panic!("done: {counts:?}"),
        }
    };
    batch.handle(*now, attempt.id, outcome);
    let mut told = 0;
    while let Some(event) = batch.next_event(*now) {
        told += usize::from(matches!(event, BatchEvent::Status { .. }));
    }
    told
}

#[test]
fn a_look_that_brought_a_status_is_told_and_one_that_failed_is_not() {
    let mut policy = BatchPolicy::default();
    policy.wait_until_stored = false;
    let mut batch = Batch::new(endpoint(), policy, Seed::new(1));
    batch.add_accepted("job-1".parse().unwrap(), at(0));
    let mut now = at(0);
    let pending = || answer(200, r#"{"state":"pending","progress":33}"#);
    let broken = Outcome::Failed(TransportFailure::connect("down"));
    assert_eq!(poll(&mut batch, &mut now, pending()), 1);
    assert_eq!(poll(&mut batch, &mut now, answer(500, "")), 0);
    assert_eq!(poll(&mut batch, &mut now, broken), 0);
    assert_eq!(poll(&mut batch, &mut now, pending()), 1);
}

#[test]
fn a_job_whose_time_is_over_ends_with_the_newest_status_though_later_looks_failed() {
    let mut policy = BatchPolicy::default();
    policy.wait_until_stored = false;
    let timeout = policy.poll.timeout;
    let mut batch = Batch::new(endpoint(), policy, Seed::new(1));
    batch.add_accepted("job-1".parse().unwrap(), at(0));
    let mut now = at(0);
    let body = r#"{"state":"pending","status":"pending_compose","progress":33,"note":"x"}"#;
    assert_eq!(poll(&mut batch, &mut now, answer(200, body)), 1);
    let mut failed = 0;
    let end = loop {
        match batch.next_action(now) {
            Action::Send(attempt) => {
                failed += 1;
                batch.handle(now, attempt.id, answer(500, ""));
            }
            Action::SleepUntil(wakeup) => now = wakeup.at,
            Action::Done(_) => panic!("no end was told"),
        }
        if let Some(BatchEvent::Ended { end, .. }) = batch.next_event(now) {
            break end;
        }
    };
    let JobEnd::NotDone(PollError::TimedOut { job_id, latest, trouble }) = end else {
        panic!("{end:?}")
    };
    let latest = latest.expect("a status was there");
    assert_eq!((latest.body(), latest.step()), (body, Some("pending_compose")));
    assert_eq!((latest.progress(), latest.job_id()), (Some(33), &job_id));
    assert!(trouble.is_some() && failed > 3, "{trouble:?} {failed}");
    assert!(now - at(0) >= timeout, "{now:?}");
}
