//! Which URL a result is fetched from once an earlier one has expired, by hand.

use std::time::Duration;

use removit_proto::{
    Action, Attempt, Batch, BatchEvent, BatchPolicy, Instant, JobNumber, Machine, Outcome, Seed,
    Work,
};

use crate::support::{answer, at, endpoint, secs};

/// A batch of one job that was accepted before, and a driver that answers by hand.
struct Hand {
    batch: Batch,
    job: JobNumber,
    now: Instant,
}

impl Hand {
    fn new(change: impl FnOnce(&mut BatchPolicy)) -> Self {
        let mut policy = BatchPolicy::default();
        policy.wait_until_stored = false;
        change(&mut policy);
        let mut batch = Batch::new(endpoint(), policy, Seed::new(1));
        let job = batch.add_accepted("job-1".parse().unwrap(), at(0));
        Self { batch, job, now: at(0) }
    }

    /// The next request, however long it takes.
    #[track_caller]
    fn send(&mut self) -> Attempt {
        for _ in 0..100 {
            match self.batch.next_action(self.now) {
                Action::Send(attempt) => return attempt,
                Action::SleepUntil(wakeup) => self.now = wakeup.at,
                Action::Done(counts) => panic!("done: {counts:?}"),
            }
        }
        panic!("nothing to send")
    }

    /// The next request, which is a poll, and its answer: done, with these URLs.
    #[track_caller]
    fn polled(&mut self, urls: &str) {
        let attempt = self.send();
        assert_eq!(self.batch.work(attempt.id), Some(Work::Poll(self.job)));
        let body = format!(r#"{{"state":"done","final_urls":{urls}}}"#);
        self.batch.handle(self.now, attempt.id, answer(200, &body));
    }

    /// The next request, which is a download: its place and its URL's path.
    #[track_caller]
    fn download(&mut self) -> (Attempt, usize, String) {
        let attempt = self.send();
        let Some(Work::Download { result, .. }) = self.batch.work(attempt.id) else {
            panic!("expected a download, got {attempt:?}")
        };
        let path = attempt.request.uri().path().to_owned();
        (attempt, result, path)
    }

    fn expired(&mut self, attempt: &Attempt) {
        self.batch.handle(self.now, attempt.id, answer(403, ""));
    }

    fn stored(&mut self, attempt: &Attempt) {
        let head = http::Response::new(());
        self.batch.handle(
            self.now,
            attempt.id,
            Outcome::stored(head, 9, b"\x89PNG\r\n\x1a\n".as_slice()),
        );
    }
}

const OLD: &str = r#"{"a":"https://cdn.example/old-a","b":"https://cdn.example/old-b"}"#;
/// In another order, as a server may have it.
const NEW: &str = r#"{"b":"https://cdn.example/new-b","a":"https://cdn.example/new-a"}"#;

#[test]
fn the_new_url_of_the_same_variation_is_fetched() {
    let mut hand = Hand::new(|policy| policy.downloads_at_once = 1);
    hand.polled(OLD);
    let (first, result, path) = hand.download();
    assert_eq!((result, path.as_str()), (0, "/old-a"));
    hand.expired(&first);
    let (second, result, path) = hand.download();
    assert_eq!((result, path.as_str()), (1, "/old-b"), "meanwhile the other is fetched");
    hand.stored(&second);
    hand.polled(NEW);
    let (third, result, path) = hand.download();
    assert_eq!((result, path.as_str()), (0, "/new-a"));
    hand.stored(&third);
    assert_eq!(hand.batch.counts().done, 1);
}

#[test]
fn a_url_that_expired_while_another_was_refreshed_needs_no_refresh_of_its_own() {
    let mut hand = Hand::new(|policy| policy.max_refreshes = 1);
    hand.polled(OLD);
    let (first, _, _) = hand.download();
    let (second, _, _) = hand.download();
    hand.expired(&first);
    hand.polled(NEW);
    let (again, result, path) = hand.download();
    assert_eq!((result, path.as_str()), (0, "/new-a"));
    hand.expired(&second);
    let (late, result, path) = hand.download();
    assert_eq!((result, path.as_str()), (1, "/new-b"));
    hand.stored(&again);
    hand.stored(&late);
    assert_eq!(hand.batch.counts().done, 1);
}

#[test]
fn a_variation_that_is_named_no_more_is_missing() {
    let mut hand = Hand::new(|_| {});
    hand.polled(OLD);
    let (first, _, _) = hand.download();
    let (second, _, _) = hand.download();
    hand.stored(&second);
    hand.expired(&first);
    hand.polled(r#"{"b":"https://cdn.example/new-b"}"#);
    assert_eq!(hand.batch.counts().incomplete, 1);
}

#[test]
fn a_result_that_is_refused_for_another_reason_costs_no_refresh() {
    for status in [400, 401, 405, 451] {
        let mut hand = Hand::new(|_| {});
        hand.polled(OLD);
        let (first, _, _) = hand.download();
        let (second, _, _) = hand.download();
        hand.stored(&second);
        hand.batch.handle(hand.now, first.id, answer(status, ""));
        assert_eq!(hand.batch.counts().incomplete, 1, "{status}");
    }
}

#[test]
fn a_refresh_waits_for_the_floor_between_two_polls() {
    let mut hand = Hand::new(|_| {});
    hand.polled(OLD);
    let before = hand.now;
    let (first, _, _) = hand.download();
    hand.expired(&first);
    let _ = hand.download();
    hand.polled(NEW);
    assert!(hand.now - before >= secs(2), "{:?}", hand.now - before);
}

#[test]
fn a_skipped_download_makes_room_for_the_next() {
    let mut hand = Hand::new(|policy| policy.downloads_at_once = 1);
    hand.polled(OLD);
    let (first, result, _) = hand.download();
    let began = hand.now;
    hand.batch.skip(hand.job, result);
    let (second, result, _) = hand.download();
    assert_eq!(result, 1);
    assert!(hand.now - began < Duration::from_secs(1));
    hand.stored(&second);
    hand.stored(&first); // too late, and of no use
    assert_eq!(hand.batch.counts().done, 1);
    let mut ended = 0;
    while let Some(event) = hand.batch.next_event(hand.now) {
        ended += usize::from(matches!(event, BatchEvent::Ended { .. }));
    }
    assert_eq!(ended, 1);
}
