//! What stops the uploads: an empty account, a refused key, the operator.

use std::time::Duration;

use removit_proto::simulator::{Canned, Config, Fault, Kind, Rule, When};
use removit_proto::{
    Action, Batch, BatchEvent, BatchPolicy, JobEnd, Machine, Outcome, Reach, Seed, Stop,
    TransportFailure, Work,
};

use super::world::{Way, World};
use crate::support::{at, endpoint, secs, url_request};

fn credits(credits: u64) -> Config {
    Config::default().with(|config| config.credits = Some(credits))
}

#[test]
fn an_empty_account_stops_the_uploads_and_accepted_jobs_finish() {
    let mut world = World::new(credits(20), |policy| policy.uploads_at_once = 6);
    world.latency = secs(1);
    world.add(100);
    let counts = world.run();
    assert_eq!((counts.done, counts.waiting), (20, 80));
    assert!(matches!(world.batch.stopped(), Some(Stop::InsufficientCredits(_))));
    // Those in flight when the first 402 came, and none after.
    let stopped = world.told(|event| matches!(event, BatchEvent::UploadsStopped(_)));
    assert!(world.uploads().iter().all(|sent| *sent <= stopped));
    assert!(world.account().requests(Kind::Upload) <= 20 + 6);
    assert_eq!(world.ends().len(), 20, "a job that waits has not ended");
}

#[test]
fn after_a_top_up_the_rest_goes_through_each_once() {
    let mut world = World::new(credits(7), |_| {});
    world.add(30);
    assert_eq!(world.run().done, 7);
    world.vendor = {
        let mut vendor = crate::wire::vendor(Config::default());
        std::mem::swap(&mut vendor, &mut world.vendor);
        // The old account's jobs are all fetched; the new one has no limit.
        assert_eq!(vendor.account().jobs.len(), 7);
        crate::wire::vendor(Config::default())
    };
    world.batch.resume_uploads();
    assert!(world.batch.stopped().is_none());
    let counts = world.run();
    assert_eq!((counts.done, counts.waiting), (30, 0));
    assert_eq!(world.account().jobs.len(), 23);
}

#[test]
fn a_refused_key_stops_the_uploads() {
    let rule = Rule::new(Kind::Upload, When::From(4), Fault::Answer(Canned::KeyInvalid));
    let config = Config::default().with(|config| config.script.push(rule));
    let mut world = World::new(config, |policy| policy.uploads_at_once = 2);
    world.add(50);
    let counts = world.run();
    assert_eq!((counts.done, counts.waiting), (3, 47));
    assert!(matches!(world.batch.stopped(), Some(Stop::Unauthorized(_))));
    assert!(world.account().requests(Kind::Upload) <= 3 + 2);
}

#[test]
fn a_key_that_is_refused_to_a_poll_stops_the_uploads_too() {
    let rule = Rule::new(Kind::Status, When::Nth(1), Fault::Answer(Canned::KeyInvalid));
    let config = Config::default().with(|config| config.script.push(rule));
    let mut world = World::new(config, |policy| policy.requests_per_second = 1);
    world.add(50);
    let counts = world.run();
    assert!(counts.waiting > 40, "{counts:?}");
    assert_eq!(counts.not_done, 1, "its id is in the end");
    assert_eq!(counts.done + counts.not_done, world.account().jobs.len());
    assert!(world.ends().values().any(|end| matches!(end, JobEnd::NotDone(e) if world.account().job(e.job_id().as_str()).is_some())));
}

#[test]
fn a_way_that_no_repetition_mends_stops_the_uploads_and_the_rest_waits() {
    let mut world = World::new(Config::default(), |policy| policy.uploads_at_once = 2);
    world.way = Box::new(|_, _| Way::Unreachable);
    world.add(50);
    let counts = world.run();
    assert!(matches!(world.batch.stopped(), Some(Stop::Unreachable(_))));
    assert!(world.uploads().len() <= 2, "each of the others would have met the same");
    assert_eq!(counts.waiting, 50 - world.uploads().len());
    assert!(world.ends().values().all(|end| matches!(end, JobEnd::NotAccepted(_))), "{counts:?}");
}

#[test]
fn stopping_sends_no_further_upload_and_lets_accepted_jobs_finish() {
    let mut world = World::new(Config::default(), |_| {});
    world.add(200);
    world.run_until(world.now + secs(5));
    let before = world.uploads().len();
    assert!(before > 4);
    world.batch.stop_uploading();
    let counts = world.run();
    assert_eq!(world.uploads().len(), before);
    assert_eq!(counts.done, world.account().jobs.len());
    assert_eq!(counts.done + counts.waiting, 200);
    assert_eq!(world.batch.stopped(), Some(&Stop::Asked));
    let stops = |(_, event): &&(_, BatchEvent)| matches!(event, BatchEvent::UploadsStopped(_));
    assert_eq!(world.events.iter().filter(stops).count(), 1);
    world.batch.resume_uploads();
    assert_eq!(world.run().done, 200);
    assert_eq!(world.account().jobs.len(), 200);
}

#[test]
fn an_intent_that_comes_to_nothing_is_withdrawn() {
    let mut world = World::new(Config::default(), |policy| policy.uploads_at_once = 3);
    world.store_for = secs(60);
    world.add(10);
    world.run_until(world.now + secs(1));
    world.batch.stop_uploading();
    let counts = world.run();
    assert_eq!((counts.waiting, world.sent.len()), (10, 0));
    let numbers = |which: fn(&BatchEvent) -> bool| -> Vec<_> {
        let events = world.events.iter().filter(|(_, event)| which(event));
        let mut jobs: Vec<_> = events.filter_map(|(_, event)| event.job()).collect();
        jobs.sort();
        jobs
    };
    let intents = numbers(|event| matches!(event, BatchEvent::Intent { .. }));
    assert_eq!(intents.len(), 3);
    assert_eq!(numbers(|event| matches!(event, BatchEvent::Withdrawn { .. })), intents);
}

#[test]
fn an_intent_that_was_stored_before_a_stop_does_not_count_after_it() {
    let mut batch = Batch::new(endpoint(), BatchPolicy::default(), Seed::new(1));
    batch.add(url_request());
    let intent = |batch: &mut Batch| match batch.next_event(at(0)) {
        Some(BatchEvent::Intent { receipt, .. }) => receipt,
        other => panic!("expected an intent, got {other:?}"),
    };
    let receipt = intent(&mut batch);
    batch.stored(receipt);
    batch.stop_uploading();
    batch.resume_uploads();
    assert!(matches!(batch.next_event(at(0)), Some(BatchEvent::Withdrawn { .. })));
    assert!(matches!(batch.next_event(at(0)), Some(BatchEvent::UploadsStopped(_))));
    let second = intent(&mut batch);
    batch.stored(receipt);
    assert!(matches!(batch.next_action(at(0)), Action::SleepUntil(_)));
    batch.stored(second);
    assert!(matches!(batch.next_action(at(0)), Action::Send(_)));
}

#[test]
fn jobs_are_sent_in_their_order_also_after_a_stop() {
    let mut world = World::new(Config::default(), |policy| {
        policy.uploads_at_once = 3;
        policy.requests_per_second = 1000;
    });
    world.add(12);
    for _ in 0..4 {
        world.run_until(world.now + Duration::from_millis(1));
        world.batch.stop_uploading();
        world.batch.resume_uploads();
    }
    world.run();
    let sent: Vec<_> = world
        .sent
        .iter()
        .filter_map(|(_, work)| match work {
            Work::Upload(job) => Some(job.index()),
            _ => None,
        })
        .collect();
    assert_eq!(sent, (0..12).collect::<Vec<_>>());
}

#[test]
fn a_refused_job_waits_before_the_others() {
    let mut world = World::new(credits(0), |policy| policy.uploads_at_once = 1);
    world.add(3);
    world.run();
    world.vendor = crate::wire::vendor(Config::default());
    world.batch.resume_uploads();
    assert_eq!(world.run().done, 3);
    let order = world.sent.iter().filter(|(_, work)| matches!(work, Work::Upload(_)));
    let order: Vec<_> = order.map(|(_, work)| work.job().index()).collect();
    assert_eq!(order, [0, 0, 1, 2]);
}

#[test]
fn what_is_under_way_can_be_given_up_by_name() {
    let mut world = World::new(Config::default(), |policy| policy.uploads_at_once = 3);
    world.way = Box::new(|_, _| Way::NeverSent);
    world.add(10);
    world.run_until(world.now + secs(1));
    let under_way: Vec<_> = world.batch.under_way().collect();
    let sent: Vec<_> = world.sent.iter().map(|(_, work)| *work).collect();
    assert_eq!(under_way.iter().map(|(_, work)| *work).collect::<Vec<_>>(), sent, "in their order");
    assert_eq!(sent.len(), 3);
    assert!(under_way.iter().all(|(id, work)| world.batch.work(*id) == Some(*work)));
    world.batch.stop_uploading();
    for (id, _) in under_way {
        let failure = TransportFailure::broken(Reach::MaybeSent, "left");
        world.batch.handle(world.now, id, Outcome::Failed(failure));
    }
    assert_eq!(world.batch.under_way().count(), 0);
    assert_eq!((world.batch.counts().ambiguous, world.batch.counts().waiting), (3, 7));
}
