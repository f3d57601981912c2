//! Uploads that may have made a job: reported, or sent again where that is asked for.

use removit_proto::simulator::{Config, Fault, Kind, Rule, Scenario, When};
use removit_proto::{
    Action, Batch, BatchEvent, BatchPolicy, JobEnd, Machine, Seed, UploadError, Work,
};

use super::world::World;
use crate::support::{answer, at, endpoint, secs, url_request};

fn answers_are_lost(when: When) -> Config {
    let rule = Rule::new(Kind::Upload, when, Fault::DropAfterWork);
    Config::default().with(|config| config.script.push(rule))
}

#[test]
fn an_ambiguous_upload_is_reported_and_not_sent_again() {
    let mut world = World::new(answers_are_lost(When::Nth(2)), |_| {});
    world.add(5);
    let counts = world.run();
    assert_eq!((counts.done, counts.ambiguous), (4, 1));
    assert_eq!(world.account().requests(Kind::Upload), 5);
    let ends = world.ends();
    let ambiguous = ends.values().filter(
        |end| matches!(end, JobEnd::NotAccepted(UploadError::Ambiguous(a)) if a.attempts() == 1),
    );
    assert_eq!(ambiguous.count(), 1);
}

#[test]
fn an_ambiguous_upload_is_sent_again_where_that_is_asked_for() {
    let mut world = World::new(answers_are_lost(When::Nth(2)), |policy| {
        policy.upload.resend_ambiguous = true;
    });
    world.add(5);
    let counts = world.run();
    assert_eq!((counts.done, counts.ambiguous), (5, 0));
    assert_eq!(world.account().jobs.len(), 6, "one was paid for twice");
    let doubled = world.events.iter().filter(|(_, event)| {
        matches!(event, BatchEvent::Accepted { accepted, .. } if accepted.earlier_ambiguous() == 1)
    });
    assert_eq!(doubled.count(), 1, "and that is told");
    let told = world.told(|event| {
        matches!(event, BatchEvent::NotAccepted { error: UploadError::Ambiguous(_), .. })
    });
    assert!(told < world.now);
}

#[test]
fn a_job_with_an_open_intent_is_reported_at_once() {
    let mut world = World::new(Config::default(), |_| {});
    world.batch.add_ambiguous(url_request(), 2);
    world.add(1);
    let counts = world.run();
    assert_eq!((counts.done, counts.ambiguous), (1, 1));
    assert_eq!(world.account().requests(Kind::Upload), 1);
    let ends = world.ends();
    let Some(JobEnd::NotAccepted(UploadError::Ambiguous(ambiguity))) = ends.values().next() else {
        panic!("{ends:?}")
    };
    assert_eq!(ambiguity.attempts(), 2);
    let told = ends.values().next().map(|end| format!("{end:?}")).unwrap();
    assert!(told.contains("earlier run"), "{told}");
}

#[test]
fn a_job_with_an_open_intent_is_sent_again_where_that_is_asked_for() {
    let mut world = World::new(Config::default(), |policy| {
        policy.upload.resend_ambiguous = true;
    });
    world.batch.add_ambiguous(url_request(), 2);
    assert_eq!(world.run().done, 1);
    let told = world.events.iter().find_map(|(_, event)| match event {
        BatchEvent::Accepted { accepted, .. } => Some(accepted.earlier_ambiguous()),
        _ => None,
    });
    assert_eq!(told, Some(2), "up to two further jobs may exist");
}

#[test]
fn an_ambiguous_job_that_is_rejected_later_stays_ambiguous() {
    let no_credits = Scenario::by_name("no-credits").unwrap();
    let mut world = World::new(no_credits.apply(Config::default()), |policy| {
        policy.upload.resend_ambiguous = true;
    });
    world.batch.add_ambiguous(url_request(), 1);
    world.add(3);
    let counts = world.run();
    assert_eq!((counts.ambiguous, counts.waiting), (1, 3), "and 402 stops the others");
    assert!(world.batch.stopped().is_some());
}

#[test]
fn an_upload_that_waits_to_be_resent_ends_as_ambiguous_when_uploads_stop() {
    let mut world = World::new(answers_are_lost(When::Always), |policy| {
        policy.upload.resend_ambiguous = true;
        policy.upload.retry.backoff = removit_proto::Backoff::new(secs(60), secs(60));
    });
    world.add(1);
    assert_eq!(world.run_until(world.now + secs(20)), None);
    assert_eq!(world.account().requests(Kind::Upload), 1);
    world.batch.stop_uploading();
    let counts = world.run();
    assert_eq!((counts.ambiguous, counts.waiting), (1, 0));
    assert_eq!(world.account().requests(Kind::Upload), 1);
}

#[test]
fn an_upload_that_gives_up_when_its_turn_comes_makes_room_at_once() {
    let mut policy = BatchPolicy::default();
    policy.wait_until_stored = false;
    policy.uploads_at_once = 1;
    policy.upload.resend_ambiguous = true;
    let mut batch = Batch::new(endpoint(), policy, Seed::new(1));
    batch.add(url_request());
    let second = batch.add(url_request());
    let Action::Send(attempt) = batch.next_action(at(0)) else { panic!() };
    batch.handle(at(0), attempt.id, answer(500, ""));
    // The driver slept past the two hours in which it may be sent again.
    let Action::Send(attempt) = batch.next_action(at(10_000)) else { panic!() };
    assert_eq!(batch.work(attempt.id), Some(Work::Upload(second)));
    assert_eq!(batch.counts().ambiguous, 1);
}
