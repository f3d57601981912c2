//! What jobs share: requests a second, uploads at once, and whose turn it is.

use std::time::Duration;

use removit_proto::simulator::Config;
use removit_proto::{Batch, BatchEvent, Schedule, Work};

use super::world::{World, mean_gap, most_in};
use crate::support::secs;

const SECOND: Duration = Duration::from_secs(1);

fn slow_vendor(pending_for: Duration) -> Config {
    Config::default().with(|config| config.pending_for = pending_for)
}

fn api_requests(world: &World) -> Vec<removit_proto::Instant> {
    world.sent_for(|work| !matches!(work, Work::Download { .. }))
}

#[test]
fn five_hundred_jobs_submitted_together_keep_to_the_budget() {
    let mut world = World::new(slow_vendor(secs(120)), |policy| {
        policy.requests_per_second = 50;
        policy.uploads_at_once = 32;
    });
    world.add(500);
    let counts = world.run();
    assert_eq!(counts.done, 500);
    assert!(most_in(SECOND, &api_requests(&world)) <= 50);
    // The vendor sees the same, as all requests take the same way.
    let mut seen: Vec<_> = world.account().jobs.iter().flat_map(|job| job.polls.clone()).collect();
    seen.extend(world.account().jobs.iter().map(|job| job.created_at));
    seen.sort();
    assert!(most_in(SECOND, &seen) <= 50);
}

#[test]
fn poll_gaps_of_five_hundred_jobs_are_within_a_factor_of_two() {
    for (per_second, uploads) in [(20, 8), (50, 32), (200, 100), (1000, 500)] {
        let mut world = World::new(slow_vendor(secs(180)), |policy| {
            policy.requests_per_second = per_second;
            policy.uploads_at_once = uploads;
            // All ask alike: what they learn of their ends would tell them apart.
            policy.poll.schedule = Schedule::ramp(secs(2), secs(5), secs(60));
        });
        world.add(500);
        assert_eq!(world.run().done, 500);
        let gaps: Vec<_> = world.account().jobs.iter().filter_map(mean_gap).collect();
        assert_eq!(gaps.len(), 500);
        let (least, most) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
        assert!(*most <= *least * 2, "{per_second} a second: from {least:?} to {most:?}");
    }
}

#[test]
fn while_the_budget_is_short_all_jobs_wait_about_as_long_for_a_look() {
    let mut world = World::new(slow_vendor(secs(100_000)), |policy| {
        policy.requests_per_second = 50;
        policy.uploads_at_once = 32;
    });
    world.add(500);
    let from = world.now + secs(120);
    assert_eq!(world.run_until(world.now + secs(300)), None);
    let mut gaps = Vec::new();
    for job in &world.account().jobs {
        let polls: Vec<_> = job.polls.iter().copied().filter(|at| *at > from).collect();
        gaps.extend(polls.windows(2).map(|pair| pair[1] - pair[0]));
    }
    let (least, most) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
    assert!(gaps.len() > 500 * 10 && *most <= *least * 2, "from {least:?} to {most:?}");
}

#[test]
fn first_looks_at_jobs_accepted_together_are_spread() {
    let mut world = World::new(slow_vendor(secs(60)), |policy| {
        policy.requests_per_second = 100_000;
        policy.uploads_at_once = 500;
    });
    world.add(500);
    world.run();
    let mut first: Vec<_> = world.account().jobs.iter().map(|job| job.polls[0]).collect();
    first.sort();
    let most = most_in(SECOND / 10, &first);
    assert!(most <= 50, "{most} of 500 in a tenth of a second");
}

#[test]
fn first_looks_at_jobs_of_an_earlier_run_are_spread() {
    let mut world = World::new(slow_vendor(secs(60)), |policy| {
        policy.requests_per_second = 100_000;
    });
    for number in 0..500 {
        world.batch.add_accepted(format!("job-{number}").parse().unwrap(), world.now);
    }
    world.run();
    let most = most_in(SECOND / 10, &world.polls());
    assert!(most <= 50, "{most} of 500 in a tenth of a second");
}

#[test]
fn no_more_uploads_are_under_way_than_the_limit() {
    let mut world = World::new(Config::default(), |policy| policy.uploads_at_once = 3);
    world.latency = secs(2);
    world.add(40);
    assert_eq!(world.run().done, 40);
    let mut under_way = 0_i64;
    for (_, event) in &world.events {
        match event {
            BatchEvent::Intent { .. } => under_way += 1,
            BatchEvent::Accepted { .. } => under_way -= 1,
            _ => {}
        }
        assert!((0..=3).contains(&under_way));
    }
}

#[test]
fn a_limit_of_zero_counts_as_one() {
    let mut world = World::new(Config::default(), |policy| {
        policy.uploads_at_once = 0;
        policy.requests_per_second = 0;
    });
    world.add(3);
    assert_eq!(world.run().done, 3);
}

#[test]
fn uploads_do_not_starve_behind_jobs_that_never_end() {
    let mut world = World::new(slow_vendor(secs(100_000)), |policy| {
        policy.requests_per_second = 4;
    });
    world.add(1_000);
    assert_eq!(world.run_until(world.now + secs(400)), None);
    let uploads = world.uploads().len();
    assert!((390..=420).contains(&uploads), "one of four: {uploads} of {}", world.sent.len());
}

#[test]
fn looks_do_not_starve_behind_a_catalogue_of_uploads() {
    let mut world = World::new(Config::default(), |policy| policy.requests_per_second = 10);
    world.add(500);
    assert_eq!(world.run().done, 500);
    for job in &world.account().jobs {
        let wait = job.polls[0] - job.created_at;
        assert!(wait < secs(10), "{wait:?}");
    }
}

#[test]
fn a_driver_of_one_request_at_a_time_gets_there_too() {
    let mut world = World::new(Config::default(), |policy| {
        policy.wait_until_stored = false;
        policy.requests_per_second = 1000;
    });
    world.add(20);
    let counts = drive_one_by_one(&mut world);
    assert_eq!(counts.done, 20);
    assert_eq!(world.account().jobs.len(), 20);
}

/// The loop that any machine can be driven with: it takes no events.
fn drive_one_by_one(world: &mut World) -> removit_proto::BatchCounts {
    use removit_proto::{Action, Machine};
    let batch: &mut Batch = &mut world.batch;
    loop {
        match batch.next_action(world.now) {
            Action::Send(attempt) => {
                let id = attempt.id;
                let attempted = world.vendor.attempt(world.now, attempt, crate::wire::PHOTO);
                world.now = attempted.at;
                batch.handle(world.now, id, attempted.outcome);
            }
            Action::SleepUntil(wakeup) => world.now = wakeup.at,
            Action::Done(counts) => return counts,
        }
    }
}
