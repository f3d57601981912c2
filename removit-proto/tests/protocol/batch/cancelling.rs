//! One job given up: what was not sent is not sent, what was accepted is left with its
//! id, and the others go on.

use removit_proto::simulator::{Canned, Config, Fault, Kind, Rule, When};
use removit_proto::{
    Action, Batch, BatchEvent, BatchPolicy, JobEnd, JobNumber, Machine, Outcome, Reach, Seed,
    TransportFailure, UploadError, Work,
};

use super::world::{Way, World};
use crate::support::{accepted, at, done, endpoint, pending, secs, url_request};

fn left(end: &JobEnd) -> bool {
    matches!(end, JobEnd::Cancelled { job_id: Some(_) })
}

/// The way broke after the last byte.
fn lost() -> TransportFailure {
    TransportFailure::broken(Reach::MaybeSent, "cut")
}

fn unsent(end: &JobEnd) -> bool {
    matches!(end, JobEnd::Cancelled { job_id: None })
}

fn world(change: impl FnOnce(&mut BatchPolicy)) -> World {
    World::new(Config::default(), change)
}

/// A batch of one job, driven by hand; every receipt comes back at once.
struct One {
    batch: Batch,
    job: JobNumber,
    now: removit_proto::Instant,
    told: Vec<BatchEvent>,
}

impl One {
    fn new(change: impl FnOnce(&mut BatchPolicy)) -> Self {
        let mut policy = BatchPolicy::default();
        change(&mut policy);
        let mut batch = Batch::new(endpoint(), policy, Seed::new(3));
        let job = batch.add(url_request());
        Self { batch, job, now: at(100), told: Vec::new() }
    }

    fn take(&mut self) {
        while let Some(event) = self.batch.next_event(self.now) {
            if let Some(receipt) = event.receipt() {
                assert_eq!(Some(receipt.job()), event.job());
                self.batch.stored(receipt);
            }
            self.told.push(event);
        }
    }

    fn sent(&mut self) -> removit_proto::AttemptId {
        for _ in 0..1000 {
            self.take();
            match self.batch.next_action(self.now) {
                Action::Send(attempt) => return attempt.id,
                Action::SleepUntil(wakeup) => self.now = wakeup.at,
                Action::Done(counts) => panic!("{counts:?}"),
            }
        }
        panic!("nothing is sent")
    }

    fn handle(&mut self, id: removit_proto::AttemptId, outcome: Outcome) {
        self.batch.handle(self.now, id, outcome);
        self.take();
    }

    fn cancel(&mut self) {
        self.batch.cancel(self.job);
        self.take();
    }

    fn end(&self) -> &JobEnd {
        match self.told.last() {
            Some(BatchEvent::Ended { end, .. }) => end,
            other => panic!("expected an end, got {other:?}"),
        }
    }

    #[track_caller]
    fn is_over(&mut self) {
        assert!(matches!(self.batch.next_action(self.now), Action::Done(_)));
    }
}

#[test]
fn a_job_that_waits_is_not_sent_and_the_others_are() {
    let mut world = world(|policy| policy.uploads_at_once = 1);
    world.add(10);
    let given_up = world.batch.add(url_request());
    world.add(10);
    world.batch.cancel(given_up);
    let counts = world.run();
    assert_eq!((counts.done, counts.cancelled, counts.ended()), (20, 1, 21));
    assert_eq!(world.account().jobs.len(), 20);
    assert!(unsent(&world.ends()[&given_up]));
}

#[test]
fn an_intent_that_is_stored_afterwards_is_not_followed() {
    let mut world = world(|_| {});
    world.store_for = secs(5);
    let job = world.batch.add(url_request());
    world.run_until(world.now + secs(1));
    world.batch.cancel(job);
    let counts = world.run();
    assert_eq!((counts.cancelled, world.sent.len()), (1, 0));
    assert!(unsent(&world.ends()[&job]));
}

#[test]
fn an_upload_under_way_is_awaited_and_its_job_left_with_its_id() {
    let mut one = One::new(|_| {});
    let id = one.sent();
    one.cancel();
    assert!(matches!(one.batch.next_action(one.now), Action::SleepUntil(_)), "it is awaited");
    one.handle(id, accepted());
    assert!(one.told.iter().any(|event| matches!(event, BatchEvent::Accepted { .. })));
    assert!(left(one.end()), "{:?}", one.end());
    one.is_over();
}

#[test]
fn an_upload_under_way_that_was_not_processed_is_not_sent_again() {
    let mut one = One::new(|_| {});
    let id = one.sent();
    one.cancel();
    one.handle(id, Outcome::Failed(TransportFailure::connect("refused")));
    assert!(matches!(one.end(), JobEnd::NotAccepted(UploadError::NotSent(_))), "{:?}", one.end());
    one.is_over();
}

#[test]
fn an_upload_under_way_that_is_lost_is_ambiguous_and_its_late_job_is_left() {
    for resend in [false, true] {
        let mut one = One::new(|policy| policy.upload.resend_ambiguous = resend);
        let id = one.sent();
        one.cancel();
        one.handle(id, Outcome::Failed(lost()));
        let is_ambiguous = matches!(one.end(), JobEnd::NotAccepted(UploadError::Ambiguous(_)));
        assert!(is_ambiguous, "{:?}", one.end());
        one.is_over();
        one.handle(id, accepted());
        assert!(left(one.end()), "{:?}", one.end());
        one.is_over();
        assert_eq!(one.batch.counts().cancelled, 1);
    }
}

#[test]
fn a_job_that_is_ambiguous_already_is_left_when_its_acceptance_comes() {
    let mut one = One::new(|_| {});
    let id = one.sent();
    one.handle(id, Outcome::Failed(lost()));
    one.cancel();
    one.handle(id, accepted());
    assert!(left(one.end()), "{:?}", one.end());
    one.is_over();
}

#[test]
fn a_job_that_pauses_before_another_attempt_is_not_sent_again() {
    let mut one = One::new(|_| {});
    let id = one.sent();
    one.handle(id, Outcome::Failed(TransportFailure::connect("refused")));
    assert!(matches!(one.told.last(), Some(BatchEvent::NotAccepted { .. })));
    one.cancel();
    assert!(unsent(one.end()), "{:?}", one.end());
    one.is_over();
}

#[test]
fn a_job_that_pauses_after_an_ambiguous_attempt_ends_as_ambiguous() {
    let mut one = One::new(|policy| policy.upload.resend_ambiguous = true);
    let first = one.sent();
    one.handle(first, Outcome::Failed(lost()));
    one.cancel();
    let is_ambiguous = matches!(one.end(), JobEnd::NotAccepted(UploadError::Ambiguous(_)));
    assert!(is_ambiguous, "{:?}", one.end());
    one.is_over();
}

#[test]
fn an_accepted_job_is_asked_for_no_more() {
    let mut one = One::new(|_| {});
    let id = one.sent();
    one.handle(id, accepted());
    let poll = one.sent();
    assert!(matches!(one.batch.work(poll), Some(Work::Poll(_))));
    one.handle(poll, pending());
    one.cancel();
    assert!(left(one.end()), "{:?}", one.end());
    one.is_over();
}

#[test]
fn an_answer_to_a_poll_that_was_under_way_changes_nothing() {
    let mut one = One::new(|_| {});
    let id = one.sent();
    one.handle(id, accepted());
    let poll = one.sent();
    one.cancel();
    let told = one.told.len();
    one.handle(poll, done());
    assert_eq!(one.told.len(), told);
    one.is_over();
}

#[test]
fn an_acceptance_whose_receipt_is_out_may_be_given_up() {
    let mut world = world(|_| {});
    let job = world.batch.add(url_request());
    world.store_for = secs(1);
    world.run_until(world.now + secs(2));
    assert!(world.events.iter().any(|(_, event)| matches!(event, BatchEvent::Accepted { .. })));
    world.batch.cancel(job);
    let counts = world.run();
    assert_eq!((counts.cancelled, world.polls().len()), (1, 0));
    assert!(left(&world.ends()[&job]));
}

#[test]
fn a_job_of_an_earlier_batch_is_left_unasked() {
    let mut world = world(|_| {});
    let job = world.batch.add_accepted("job-9".parse().unwrap(), world.now);
    world.batch.cancel(job);
    assert_eq!(world.run().cancelled, 1);
    assert_eq!(world.sent.len(), 0);
    let id = "job-9".parse().unwrap();
    assert_eq!(world.ends()[&job], JobEnd::Cancelled { job_id: Some(id) });
}

#[test]
fn a_job_whose_results_are_being_fetched_makes_room_for_others() {
    // The first result never comes.
    let rule = Rule::new(Kind::Result, When::Nth(1), Fault::Delay(secs(100_000)));
    let config = Config::default().with(|config| config.script.push(rule));
    let mut world = World::new(config, |policy| {
        policy.downloads_at_once = 1;
        policy.download.silence = secs(100_000);
    });
    world.add(3);
    world.run_until(world.now + secs(50));
    let fetched = world.sent.iter().find_map(|(_, work)| match work {
        Work::Download { job, .. } => Some(*job),
        _ => None,
    });
    let fetched = fetched.expect("a result that is being fetched");
    assert_eq!(world.batch.counts().done, 0);
    world.batch.cancel(fetched);
    let before = world.now;
    let counts = world.run();
    assert_eq!((counts.done, counts.cancelled), (2, 1));
    assert!(
        world.told(|event| matches!(event, BatchEvent::Ended { end: JobEnd::Done { .. }, .. }))
            < before + secs(60)
    );
    assert!(left(&world.ends()[&fetched]));
}

#[test]
fn what_is_over_stays_as_it_ended() {
    let rule = Rule::new(Kind::Upload, When::Nth(2), Fault::Answer(Canned::KeyInvalid));
    let config = Config::default().with(|config| config.script.push(rule));
    let mut world = World::new(config, |policy| policy.uploads_at_once = 1);
    world.add(2);
    let counts = world.run();
    let told = world.events.len();
    let over: Vec<_> = world.ends().into_keys().collect();
    over.into_iter().for_each(|job| world.batch.cancel(job));
    assert_eq!(world.run(), counts);
    assert_eq!(world.events.len(), told);
}

#[test]
fn one_that_waits_after_a_stop_can_be_given_up() {
    let mut world = world(|policy| policy.uploads_at_once = 1);
    world.way = Box::new(|_, _| Way::Unreachable);
    world.add(3);
    world.run();
    let ends = world.ends();
    let jobs: Vec<_> = world.events.iter().filter_map(|(_, event)| event.job()).collect();
    assert!(!jobs.is_empty() && ends.len() == 1);
    let waiting = world.batch.add(url_request());
    world.batch.cancel(waiting);
    world.batch.resume_uploads();
    world.way = Box::new(|_, _| Way::Vendor);
    let counts = world.run();
    assert_eq!((counts.done, counts.cancelled), (2, 1));
}
