//! One job's answer slows all of them: 429, 503, and an API that cannot be reached.

use std::time::Duration;

use removit_proto::simulator::{Canned, Config, Fault, Kind, RetryAfter, Rule, When};
use removit_proto::{Backoff, BatchEvent, BatchPolicy, Instant};

use super::world::{Way, World, most_in};
use crate::support::secs;

fn overloaded(kind: Kind, when: When, retry_after: Option<u64>) -> Config {
    let retry_after = retry_after.map(RetryAfter::Seconds);
    let rule = Rule::new(kind, when, Fault::Answer(Canned::RateLimited { retry_after }));
    Config::default().with(|config| config.script.push(rule))
}

/// One upload at a time, whose pauses are those of the batch alone.
fn one_by_one(policy: &mut BatchPolicy) {
    policy.uploads_at_once = 1;
    policy.upload.retry.max_attempts = 100;
    policy.upload.retry.backoff = Backoff::new(Duration::ZERO, Duration::ZERO);
}

/// The longest time in which nothing was sent.
fn longest_silence(world: &World) -> (Instant, Duration) {
    let sent = world.sent_for(|_| true);
    let gaps = sent.windows(2).map(|pair| (pair[0], pair[1] - pair[0]));
    gaps.max_by_key(|(_, gap)| *gap).expect("two requests")
}

#[test]
fn a_429_slows_all_uploads_for_as_long_as_it_asks() {
    let mut world = World::new(overloaded(Kind::Upload, When::Nth(5), Some(30)), |policy| {
        policy.downloads_at_once = 0;
    });
    world.add(40);
    assert_eq!(world.run().done, 40);
    assert_eq!(world.account().jobs.len(), 40);
    let (from, silence) = longest_silence(&world);
    assert!(silence >= secs(30), "{silence:?} from {from:?}");
}

#[test]
fn a_503_on_a_poll_slows_the_uploads_too() {
    let until = RetryAfter::Seconds(45);
    let busy = Fault::Answer(Canned::Unavailable { retry_after: Some(until) });
    let config = Config::default()
        .with(|config| config.script = vec![Rule::new(Kind::Status, When::Nth(3), busy)]);
    let mut world = World::new(config, |policy| policy.requests_per_second = 2);
    world.add(60);
    assert_eq!(world.run().done, 60);
    let uploads = world.uploads();
    let pause = uploads.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(pause >= secs(45), "{pause:?}");
}

#[test]
fn after_an_overload_one_request_at_a_time_probes() {
    let mut world = World::new(overloaded(Kind::Upload, When::First(6), None), |policy| {
        policy.uploads_at_once = 8;
        policy.requests_per_second = 1000;
        policy.upload.retry.max_attempts = 100;
    });
    world.latency = Duration::from_millis(100);
    world.store_for = Duration::ZERO;
    world.add(50);
    assert_eq!(world.run().done, 50);
    // Up to eight were under way when the first refusal came; those that met the
    // overload after it probed alone.
    let early: Vec<_> = world.uploads().into_iter().take(10).collect();
    let probes = &early[8..];
    assert_eq!(most_in(Duration::from_millis(50), probes), 1, "{early:?}");
}

#[test]
fn pauses_grow_while_the_overload_lasts() {
    let mut world = World::new(overloaded(Kind::Upload, When::First(7), None), one_by_one);
    world.add(2);
    assert_eq!(world.run().done, 2);
    let uploads = world.uploads();
    let gaps: Vec<_> = uploads.windows(2).map(|pair| pair[1] - pair[0]).take(7).collect();
    assert!(gaps[0] < secs(2), "{gaps:?}");
    assert!(gaps[6] > secs(14), "{gaps:?}");
}

#[test]
fn a_server_that_fails_says_nothing_about_the_load() {
    let failed = Fault::Answer(Canned::Html(http::StatusCode::INTERNAL_SERVER_ERROR));
    let busy = || Fault::Answer(Canned::RateLimited { retry_after: None });
    let config = Config::default().with(|config| {
        config.script = vec![
            Rule::new(Kind::Upload, When::First(4), busy()),
            Rule::new(Kind::Upload, When::Nth(5), failed),
            Rule::new(Kind::Upload, When::Nth(6), busy()),
        ];
    });
    let mut world = World::new(config, one_by_one);
    world.add(3);
    assert_eq!(world.run().ambiguous, 1);
    let uploads = world.uploads();
    let sixth = uploads[6] - uploads[5];
    assert!(sixth > secs(3), "the pauses grow on: {sixth:?} of {uploads:?}");
}

#[test]
fn one_failed_connection_slows_nobody_and_two_in_a_row_slow_all() {
    let slept = |unreached: usize| {
        let mut world = World::new(Config::default(), |policy| {
            policy.uploads_at_once = 1;
            policy.upload.retry.backoff = Backoff::new(Duration::ZERO, Duration::ZERO);
            policy.backoff = Backoff::new(secs(60), secs(60));
        });
        world.way = Box::new(
            move |number, _| if number < unreached { Way::Unreached } else { Way::Vendor },
        );
        world.add(1);
        assert_eq!(world.run().done, 1);
        longest_silence(&world).1
    };
    assert!(slept(1) < secs(10));
    assert!(slept(2) >= secs(30));
}

#[test]
fn an_outage_costs_few_jobs_their_upload() {
    let mut world = World::new(Config::default(), |_| {});
    let down_until = world.now + secs(600);
    let down = std::rc::Rc::new(std::cell::Cell::new(true));
    let is_down = std::rc::Rc::clone(&down);
    world.way = Box::new(move |_, _| if is_down.get() { Way::Unreached } else { Way::Vendor });
    world.add(500);
    assert_eq!(world.run_until(down_until), None);
    down.set(false);
    let counts = world.run();
    assert_eq!(counts.done + counts.not_accepted, 500);
    assert!(counts.not_accepted <= 10, "{counts:?}");
    assert_eq!(world.account().jobs.len(), counts.done);
}

#[test]
fn downloads_go_on_while_the_api_is_left_alone() {
    let mut config = overloaded(Kind::Upload, When::From(6), Some(3600));
    config.script.push(Rule::new(Kind::Result, When::Always, Fault::Delay(secs(20))));
    let mut world = World::new(config, |policy| policy.downloads_at_once = 1);
    world.add(5);
    world.run_until(world.now + secs(50));
    let saved = |world: &World| world.account().jobs.iter().filter(|j| j.downloads > 0).count();
    assert!(saved(&world) < 5);
    world.add(1);
    world.run_until(world.now + secs(600));
    assert_eq!((saved(&world), world.batch.counts().done), (5, 5));
}

#[test]
fn no_intent_is_told_while_the_api_is_left_alone() {
    let mut world = World::new(overloaded(Kind::Upload, When::Nth(1), Some(600)), |policy| {
        policy.uploads_at_once = 4;
    });
    world.add(1);
    world.run_until(world.now + secs(5));
    world.add(3);
    world.run_until(world.now + secs(500));
    let intents = |world: &World| {
        world.events.iter().filter(|(_, event)| matches!(event, BatchEvent::Intent { .. })).count()
    };
    assert_eq!(intents(&world), 1, "a crash in the pause leaves nothing ambiguous");
    assert_eq!(world.run().done, 4);
    assert_eq!(intents(&world), 5);
}
