//! Results: fetched beside the polling, refreshed where their URL has expired.

use http::StatusCode;
use removit_proto::simulator::{Canned, Config, Fate, Fault, Kind, Rule, When};
use removit_proto::{BatchEvent, BatchPolicy, DownloadError, JobEnd, Mode, Params, Schedule, Work};

use super::world::{Way, World};
use crate::support::{secs, url_request};

fn with_rule(when: When, fault: Fault) -> Config {
    Config::default().with(|config| config.script.push(Rule::new(Kind::Result, when, fault)))
}

fn refused(when: When, status: StatusCode) -> Config {
    with_rule(when, Fault::Answer(Canned::Bare { status, retry_after: None }))
}

/// A job with several results.
fn add_variations(world: &mut World) {
    world.batch.add(url_request().mode(Mode::Params(Params::set("shop"))));
}

fn downloads(world: &World) -> usize {
    world.sent_for(|work| matches!(work, Work::Download { .. })).len()
}

#[test]
fn every_result_of_every_job_is_fetched() {
    let mut world = World::new(Config::default(), |_| {});
    for _ in 0..5 {
        add_variations(&mut world);
    }
    assert_eq!(world.run().done, 5);
    let (mut named, mut fetched) = (0, 0);
    for (_, event) in &world.events {
        match event {
            BatchEvent::Finished { finished, .. } => named += finished.results().len(),
            BatchEvent::Result { end: Ok(_), .. } => fetched += 1,
            _ => {}
        }
    }
    assert!(named > 5);
    assert_eq!((fetched, downloads(&world)), (named, named));
}

#[test]
fn no_more_results_are_fetched_at_once_than_the_limit() {
    let mut world = World::new(Config::default(), |policy| {
        policy.downloads_at_once = 2;
        policy.requests_per_second = 1000;
    });
    // They stay under way until their deadline.
    world.way = Box::new(|_, work| match work {
        Work::Download { .. } => Way::NeverSent,
        _ => Way::Vendor,
    });
    world.add(20);
    world.run_until(world.now + secs(500));
    assert_eq!((downloads(&world), world.batch.counts().fetching), (2, 20));
}

#[test]
fn an_expired_url_is_refreshed_through_a_status_call() {
    for status in [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::GONE] {
        let mut world = World::new(refused(When::Nth(1), status), |_| {});
        world.add(1);
        assert_eq!(world.run().done, 1, "{status}");
        let job = &world.account().jobs[0];
        let finished = world.told(|event| matches!(event, BatchEvent::Finished { .. }));
        let after = job.polls.iter().filter(|at| **at > finished).count();
        assert_eq!((after, downloads(&world)), (1, 2), "{status}: one poll, and again");
        assert!(job.shortest_poll_gap().unwrap() >= Schedule::DEFAULT_FLOOR);
    }
}

#[test]
fn one_refresh_serves_all_results_of_a_job() {
    let expired = refused(When::First(4), StatusCode::FORBIDDEN);
    let mut world = World::new(expired, |policy| policy.downloads_at_once = 8);
    add_variations(&mut world);
    assert_eq!(world.run().done, 1);
    let finished = world.told(|event| matches!(event, BatchEvent::Finished { .. }));
    let polls = &world.account().jobs[0].polls;
    assert_eq!(polls.iter().filter(|at| **at > finished).count(), 1);
}

#[test]
fn a_result_that_is_refused_again_and_again_is_given_up_after_the_refreshes() {
    let always = refused(When::Always, StatusCode::FORBIDDEN);
    let mut world = World::new(always, |policy| policy.max_refreshes = 2);
    world.add(1);
    let counts = world.run();
    assert_eq!((counts.incomplete, downloads(&world)), (1, 3));
    let ends = world.ends();
    let Some(JobEnd::Incomplete { job_id, missing: 1 }) = ends.values().next() else {
        panic!("{ends:?}")
    };
    assert_eq!(job_id.as_str(), world.account().jobs[0].id);
    world.told(|event| {
        matches!(event, BatchEvent::Result { end: Err(DownloadError::Refused(_)), .. })
    });
}

#[test]
fn without_refreshes_an_expired_result_is_missing_at_once() {
    let always = refused(When::Always, StatusCode::GONE);
    let mut world = World::new(always, |policy| policy.max_refreshes = 0);
    world.add(1);
    assert_eq!((world.run().incomplete, downloads(&world)), (1, 1));
}

#[test]
fn a_status_call_that_is_refused_ends_the_results_that_wait_for_it() {
    let mut config = refused(When::Always, StatusCode::FORBIDDEN);
    let gone = Rule::new(Kind::Status, When::From(3), Fault::Answer(Canned::NotFound));
    config.script.push(gone);
    let mut world = World::new(config, |_| {});
    world.batch.add(url_request());
    let counts = world.run();
    assert_eq!(counts.incomplete + counts.not_done, 1);
    assert!(world.account().requests(Kind::Result) <= 2);
}

#[test]
fn a_broken_download_is_retried_as_by_itself() {
    let mut world = World::new(with_rule(When::First(2), Fault::CutBody { after: 3 }), |_| {});
    world.add(1);
    assert_eq!((world.run().done, downloads(&world)), (1, 3));
}

#[test]
fn a_redirect_is_followed_at_once() {
    let redirect = Canned::Redirect {
        status: StatusCode::FOUND,
        to: removit_proto::simulator::Target::OtherPath,
    };
    let mut world = World::new(with_rule(When::Nth(1), Fault::Answer(redirect)), |_| {});
    world.add(1);
    assert_eq!((world.run().done, downloads(&world)), (1, 2));
}

#[test]
fn a_url_that_must_not_be_fetched_is_none() {
    let fate = Fate::Addresses(vec!["file:///etc/passwd".to_owned()]);
    let rule = Rule::new(Kind::Upload, When::Always, Fault::Fate(fate));
    let mut world = World::new(Config::default().with(|config| config.script.push(rule)), |_| {});
    world.add(1);
    assert_eq!((world.run().incomplete, downloads(&world)), (1, 0));
    world.told(|event| {
        matches!(event, BatchEvent::Result { end: Err(DownloadError::UnsafeUrl(_)), .. })
    });
}

#[test]
fn with_a_limit_of_zero_nothing_is_fetched() {
    let mut world = World::new(Config::default(), |policy| policy.downloads_at_once = 0);
    world.add(3);
    assert_eq!((world.run().done, downloads(&world)), (3, 0));
}

#[test]
fn a_result_that_is_there_already_is_skipped() {
    let mut world = World::new(Config::default(), |policy: &mut BatchPolicy| {
        policy.wait_until_stored = false;
    });
    add_variations(&mut world);
    let mut results = 0;
    while results == 0 {
        world.run_until(world.now + std::time::Duration::from_millis(1));
        let finished = world.events.iter().find_map(|(_, event)| match event {
            BatchEvent::Finished { job, finished } => Some((*job, finished.results().len())),
            _ => None,
        });
        if let Some((job, len)) = finished {
            results = len;
            for result in 0..len {
                world.batch.skip(job, result);
                world.batch.skip(job, result); // a second time does nothing
            }
        }
    }
    assert_eq!(world.run().done, 1);
    assert_eq!(world.ends().len(), 1);
    assert!(!world.events.iter().any(|(_, event)| matches!(event, BatchEvent::Result { .. })));
}
