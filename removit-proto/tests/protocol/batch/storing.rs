//! Nothing goes on before it is stored: intents before uploads, acceptances
//! before polls.

use removit_proto::simulator::{Config, Kind};
use removit_proto::{
    Action, Batch, BatchEvent, BatchPolicy, JobNumber, Machine, Receipt, Seed, WakeReason, Work,
};

use super::world::World;
use crate::support::{self, accepted, at, endpoint, secs, url_request};

fn batch_of(jobs: usize) -> Batch {
    let mut batch = Batch::new(endpoint(), BatchPolicy::default(), Seed::new(1));
    for _ in 0..jobs {
        batch.add(url_request());
    }
    batch
}

#[track_caller]
fn intent(batch: &mut Batch, now: u64) -> Receipt {
    match batch.next_event(at(now)) {
        Some(BatchEvent::Intent { receipt, .. }) => receipt,
        other => panic!("expected an intent, got {other:?}"),
    }
}

#[track_caller]
fn assert_waits_for_receipt(batch: &mut Batch, now: u64) {
    match batch.next_action(at(now)) {
        Action::SleepUntil(wakeup) => assert_eq!(wakeup.reason, WakeReason::Receipt),
        other => panic!("expected to wait for a receipt, got {other:?}"),
    }
}

#[test]
fn no_upload_is_sent_before_its_intent_is_stored() {
    let mut batch = batch_of(1);
    let receipt = intent(&mut batch, 0);
    for now in [0, 1, 5_000] {
        assert_waits_for_receipt(&mut batch, now);
    }
    batch.stored(receipt);
    let Action::Send(attempt) = batch.next_action(at(5_000)) else { panic!() };
    assert_eq!(attempt.request.method(), "POST");
}

#[test]
fn no_job_is_polled_before_its_acceptance_is_stored() {
    let mut batch = batch_of(1);
    let earlier = intent(&mut batch, 0);
    batch.stored(earlier);
    let Action::Send(attempt) = batch.next_action(at(0)) else { panic!() };
    batch.handle(at(1), attempt.id, accepted());
    let Some(BatchEvent::Accepted { job, accepted, receipt }) = batch.next_event(at(1)) else {
        panic!()
    };
    assert_eq!((job.index(), accepted.job_id().as_str()), (0, "job-1"));
    assert_eq!(batch.job_id(job).unwrap().as_str(), "job-1");
    batch.stored(earlier); // the intent's receipt says nothing about the acceptance
    for now in [1, 2, 3_000] {
        assert_waits_for_receipt(&mut batch, now);
    }
    batch.stored(receipt);
    // The wait counts from the acceptance, so that the look is long due.
    let Action::Send(attempt) = batch.next_action(at(500)) else { panic!() };
    assert_eq!(batch.work(attempt.id), Some(Work::Poll(job)));
}

#[test]
fn each_further_attempt_has_an_intent_of_its_own() {
    let mut batch = batch_of(1);
    let receipt = intent(&mut batch, 0);
    batch.stored(receipt);
    let Action::Send(attempt) = batch.next_action(at(0)) else { panic!() };
    batch.handle(at(1), attempt.id, support::answer(429, ""));
    assert!(matches!(batch.next_event(at(1)), Some(BatchEvent::NotAccepted { .. })));
    // The first receipt says nothing about the second attempt.
    let Some(BatchEvent::Intent { attempt: 2, receipt: second, .. }) = batch.next_event(at(60))
    else {
        panic!()
    };
    batch.stored(receipt);
    assert_waits_for_receipt(&mut batch, 60);
    batch.stored(second);
    assert!(matches!(batch.next_action(at(60)), Action::Send(_)));
}

#[test]
fn a_receipt_counts_once_and_only_for_its_own_event() {
    let mut batch = batch_of(2);
    let (first, second) = (intent(&mut batch, 0), intent(&mut batch, 0));
    for _ in 0..3 {
        batch.stored(first);
    }
    let Action::Send(attempt) = batch.next_action(at(0)) else { panic!() };
    assert_eq!(batch.work(attempt.id).map(Work::job), Some(first_job()));
    batch.stored(first);
    batch.handle(at(1), attempt.id, accepted());
    batch.stored(first); // stale by now
    assert!(batch.next_event(at(1)).is_some());
    // The other upload's intent and this acceptance: both still wait.
    assert_waits_for_receipt(&mut batch, 1);
    batch.stored(second);
    assert!(matches!(batch.next_action(at(1)), Action::Send(_)));
}

fn first_job() -> JobNumber {
    batch_of(0).add(url_request())
}

#[test]
fn untaken_events_wake_the_driver_soon() {
    let mut batch = batch_of(1);
    let Action::SleepUntil(wakeup) = batch.next_action(at(9)) else { panic!() };
    assert_eq!(wakeup.reason, WakeReason::Receipt);
    assert!(wakeup.at - at(9) < secs(1));
}

#[test]
fn every_attempt_follows_its_intent_and_every_poll_its_acceptance() {
    let mut world = World::new(Config::default(), |_| {});
    world.store_for = secs(3);
    world.add(30);
    assert_eq!(world.run().done, 30);
    for (sent, work) in &world.sent {
        let told = world.told(|event| {
            event.job() == Some(work.job())
                && match work {
                    Work::Upload(_) => matches!(event, BatchEvent::Intent { .. }),
                    _ => matches!(event, BatchEvent::Accepted { .. }),
                }
        });
        assert!(*sent - told >= secs(3), "{work:?}");
    }
    assert_eq!(world.account().requests(Kind::Upload), 30);
}

#[test]
fn a_driver_that_stores_nothing_may_say_so() {
    let mut policy = BatchPolicy::default();
    policy.wait_until_stored = false;
    let mut batch = Batch::new(endpoint(), policy, Seed::new(1));
    batch.add(url_request());
    assert!(matches!(batch.next_action(at(0)), Action::Send(_)));
}

#[test]
fn statuses_that_nobody_takes_do_not_pile_up() {
    let mut policy = BatchPolicy::default();
    policy.wait_until_stored = false;
    let mut batch = Batch::new(endpoint(), policy, Seed::new(1));
    batch.add_accepted("job-1".parse().unwrap(), at(0));
    let mut now = at(0);
    let mut polls = 0;
    while polls < 50 {
        match batch.next_action(now) {
            Action::Send(attempt) => {
                polls += 1;
                let body = format!(r#"{{"state":"pending","progress":{polls}}}"#);
                batch.handle(now, attempt.id, support::answer(200, &body));
            }
            Action::SleepUntil(wakeup) => now = wakeup.at,
            Action::Done(counts) => panic!("{counts:?}"),
        }
    }
    let Some(BatchEvent::Status { status, .. }) = batch.next_event(now) else { panic!() };
    assert_eq!(status.progress(), Some(50), "the newest one");
    assert_eq!(batch.next_event(now), None);
}
