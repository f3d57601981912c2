//! Jobs that come while the batch runs, and jobs of an earlier run.

use removit_proto::simulator::{Config, Kind};
use removit_proto::{Action, Batch, BatchPolicy, Instant, JobNumber, Machine, Seed};

use super::world::World;
use crate::support::{at, endpoint, secs, url_request};

#[test]
fn a_batch_is_shown_by_its_counts_and_without_the_key() {
    let mut world = World::new(Config::default(), |_| {});
    world.add(3);
    let shown = format!("{:?}", world.batch);
    assert!(shown.contains("waiting: 3") && !shown.contains("sk-batch-test"), "{shown}");
}

#[test]
fn jobs_may_be_added_while_the_batch_runs_and_after_it_was_done() {
    let mut world = World::new(Config::default(), |_| {});
    world.add(5);
    for _ in 0..5 {
        world.run_until(world.now + secs(2));
        world.add(5);
    }
    assert_eq!(world.run().done, 30);
    world.add(1);
    assert_eq!(world.run().done, 31);
    assert_eq!(world.account().jobs.len(), 31);
}

#[test]
fn numbers_follow_the_order_of_adding_whatever_is_added() {
    let mut batch = Batch::new(endpoint(), BatchPolicy::default(), Seed::new(1));
    let numbers = [
        batch.add(url_request()),
        batch.add_ambiguous(url_request(), 1),
        batch.add_accepted("job-1".parse().unwrap(), at(0)),
        batch.add(url_request()),
    ];
    assert_eq!(numbers.map(JobNumber::index), [0, 1, 2, 3]);
    let counts = batch.counts();
    assert_eq!((counts.waiting, counts.ambiguous, counts.running), (2, 1, 1));
    assert_eq!((counts.ended(), counts.open()), (1, 1));
}

#[test]
fn accepted_jobs_of_an_earlier_run_are_fetched_and_not_paid_again() {
    let mut world = World::new(Config::default(), |_| {});
    world.add(10);
    world.run_until(world.now + secs(2));
    world.batch.stop_uploading();
    let ids: Vec<_> = world.account().jobs.iter().map(|job| job.id.clone()).collect();
    assert!(!ids.is_empty());
    // The process dies here; the next one has the ids alone.
    let policy = BatchPolicy::default();
    let key = removit_proto::ApiKey::new("sk-batch-test").unwrap();
    let endpoint = removit_proto::Endpoint::new(crate::wire::API, key).unwrap();
    world.batch = Batch::new(endpoint, policy, Seed::new(8));
    for id in &ids {
        world.batch.add_accepted(id.parse().unwrap(), world.now);
    }
    assert_eq!(world.run().done, ids.len());
    assert_eq!(world.account().requests(Kind::Upload), ids.len() as u64);
    assert!(world.account().jobs.iter().all(|job| job.downloads == 1));
}

#[test]
fn a_batch_without_jobs_is_done() {
    let mut batch = Batch::new(endpoint(), BatchPolicy::default(), Seed::new(1));
    assert!(matches!(batch.next_action(at(0)), Action::Done(counts) if counts.ended() == 0));
}

#[test]
fn at_the_end_of_time_the_batch_is_done() {
    let mut batch = Batch::new(endpoint(), BatchPolicy::default(), Seed::new(1));
    batch.add(url_request());
    batch.add_accepted("job-1".parse().unwrap(), Instant::FAR_FUTURE);
    assert!(matches!(batch.next_action(Instant::FAR_FUTURE), Action::Done(_)));
}

#[test]
fn a_batch_may_move_between_threads() {
    fn may_move<T: Send + Sync>(_: &T) -> bool {
        true
    }
    assert!(may_move(&Batch::new(endpoint(), BatchPolicy::default(), Seed::new(1))));
}
