//! A driver that drops its requests: nothing hangs, and nothing is paid twice.

use std::collections::BTreeSet;

use removit_proto::simulator::{Config, Kind};
use removit_proto::{Action, GRACE, Machine, Outcome, TransportFailure, WakeReason, Work};

use super::world::{Way, World};
use crate::support::{at, secs};

#[test]
fn a_forgotten_poll_and_a_forgotten_download_are_sent_again() {
    let mut world = World::new(Config::default(), |_| {});
    let mut seen = BTreeSet::new();
    world.way = Box::new(move |number, work| match work {
        Work::Upload(_) => Way::Vendor,
        _ if !seen.insert(work) => Way::Vendor,
        _ if number % 2 == 0 => Way::NeverSent,
        _ => Way::Forgotten,
    });
    world.add(20);
    let counts = world.run();
    assert_eq!(counts.done, 20);
    assert_eq!(world.account().jobs.len(), 20);
}

#[test]
fn a_forgotten_upload_is_ambiguous() {
    for forgotten in [true, false] {
        let mut world = World::new(Config::default(), |_| {});
        world.way = Box::new(move |number, work| match work {
            Work::Upload(_) if number < 3 && forgotten => Way::Forgotten,
            Work::Upload(_) if number < 3 => Way::NeverSent,
            _ => Way::Vendor,
        });
        world.add(8);
        let counts = world.run();
        assert_eq!((counts.ambiguous, counts.done), (3, 5));
        assert!(world.account().requests(Kind::Upload) <= 8, "none is sent again");
    }
}

#[test]
fn the_first_loss_is_a_wake_up() {
    let mut world = World::new(Config::default(), |policy| policy.wait_until_stored = false);
    world.batch.add_accepted("job-1".parse().unwrap(), at(0));
    let Action::Send(attempt) = world.batch.next_action(at(100)) else { panic!() };
    let Action::SleepUntil(wakeup) = world.batch.next_action(at(100)) else { panic!() };
    assert_eq!((wakeup.at, wakeup.reason), (attempt.deadline + GRACE, WakeReason::AttemptDeadline));
}

#[test]
fn an_outcome_after_its_loss_was_noticed_is_ignored() {
    let mut world = World::new(Config::default(), |policy| policy.wait_until_stored = false);
    world.batch.add_accepted("job-1".parse().unwrap(), at(0));
    let mut now = at(100);
    let Action::Send(attempt) = world.batch.next_action(now) else { panic!() };
    now = attempt.deadline + GRACE;
    let Action::SleepUntil(_) = world.batch.next_action(now) else { panic!() };
    assert_eq!(world.batch.work(attempt.id), None);
    let done = crate::support::done();
    world.batch.handle(now + secs(1), attempt.id, done.clone());
    assert_eq!(world.batch.counts().running, 1);
    // An id that was never given out neither panics nor counts.
    let other = attempt.id.to_string().replace("-1", "-4711").parse().unwrap();
    world.batch.handle(now, other, done);
    world.batch.handle(now, other, Outcome::Failed(TransportFailure::connect("no")));
    assert_eq!(world.batch.counts().running, 1);
}
