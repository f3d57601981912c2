//! Acceptances that come late: told, stored, polled and fetched, whatever became of
//! their uploads meanwhile.

use removit_proto::{
    Action, Attempt, AttemptId, Backoff, Batch, BatchEvent, BatchPolicy, GRACE, Instant, JobEnd,
    JobNumber, Machine, Outcome, Reach, Receipt, Seed, TransportFailure, UploadError, Work,
};

use crate::support::{answer, at, endpoint, secs, url_request};

/// A batch with a driver that stores at once, and what it was told.
struct Bench {
    batch: Batch,
    now: Instant,
    told: Vec<BatchEvent>,
}

impl Bench {
    fn new(change: impl FnOnce(&mut BatchPolicy)) -> Self {
        let mut policy = BatchPolicy::default();
        policy.downloads_at_once = 0;
        change(&mut policy);
        let seed = Seed::new(0x1b60_a4d2_09ef_4c35_b7f8_3e19_5ac4_d270);
        let mut batch = Batch::new(endpoint(), policy, seed);
        batch.add(url_request());
        Self { batch, now: at(100), told: Vec::new() }
    }

    fn resending() -> Self {
        Self::new(|policy| policy.upload.resend_ambiguous = true)
    }

    fn take(&mut self) {
        while let Some(event) = self.batch.next_event(self.now) {
            if let Some(receipt) = event.receipt() {
                self.batch.stored(receipt);
            }
            self.told.push(event);
        }
    }

    /// The next request, whenever it is.
    #[track_caller]
    fn sent(&mut self) -> Attempt {
        for _ in 0..1000 {
            self.take();
            match self.batch.next_action(self.now) {
                Action::Send(attempt) => return attempt,
                Action::SleepUntil(wakeup) => self.now = wakeup.at,
                Action::Done(counts) => panic!("{counts:?}"),
            }
        }
        panic!("nothing is sent")
    }

    fn handle(&mut self, id: AttemptId, outcome: Outcome) {
        self.batch.handle(self.now, id, outcome);
    }

    /// The first upload, and that it is ambiguous.
    fn ambiguous(&mut self) -> AttemptId {
        let id = self.sent().id;
        self.handle(id, broken());
        self.take();
        id
    }

    /// Polls as done whatever is polled, until all is over.
    fn run(&mut self) -> removit_proto::BatchCounts {
        loop {
            self.take();
            match self.batch.next_action(self.now) {
                Action::Send(attempt) => {
                    assert!(matches!(self.batch.work(attempt.id), Some(Work::Poll(_))));
                    self.handle(attempt.id, done());
                }
                Action::SleepUntil(wakeup) => self.now = wakeup.at,
                Action::Done(counts) => return counts,
            }
        }
    }

    /// The ids that were told, with their attempts and doubts.
    fn accepted(&self) -> Vec<(&str, u32, u32)> {
        let told = self.told.iter().filter_map(|event| match event {
            BatchEvent::Accepted { accepted, receipt, .. } => {
                let id = accepted.job_id().as_str();
                Some((id, receipt.attempt(), accepted.earlier_ambiguous()))
            }
            _ => None,
        });
        told.collect()
    }

    fn ends(&self) -> Vec<&JobEnd> {
        self.told
            .iter()
            .filter_map(|event| match event {
                BatchEvent::Ended { end, .. } => Some(end),
                _ => None,
            })
            .collect()
    }
}

fn broken() -> Outcome {
    Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset"))
}

fn job(id: &str) -> Outcome {
    answer(202, &format!(r#"{{"job_id":"{id}"}}"#))
}

fn done() -> Outcome {
    answer(200, r#"{"state":"done","final_url":"https://cdn.example.com/a.png"}"#)
}

fn is_done(end: &JobEnd) -> bool {
    matches!(end, JobEnd::Done { .. })
}

fn is_ambiguous(end: &JobEnd) -> bool {
    matches!(end, JobEnd::NotAccepted(UploadError::Ambiguous(_)))
}

#[test]
fn a_late_acceptance_of_a_job_that_ended_ambiguous_is_told_polled_and_fetched() {
    let mut bench = Bench::new(|_| {});
    let id = bench.ambiguous();
    assert_eq!(bench.run().ambiguous, 1);
    bench.handle(id, job("job-1"));
    let counts = bench.batch.counts();
    assert_eq!((counts.ambiguous, counts.running), (0, 1));
    let counts = bench.run();
    assert_eq!((counts.ambiguous, counts.done, counts.ended()), (0, 1, 1));
    assert_eq!(bench.accepted(), [("job-1", 1, 0)]);
    let ends = bench.ends();
    assert!(ends.len() == 2 && is_ambiguous(ends[0]) && is_done(ends[1]), "{ends:?}");
}

#[test]
fn a_late_acceptance_of_a_lost_upload_counts_and_the_answer_before_it_in_time() {
    for late in [false, true] {
        let mut bench = Bench::new(|_| {});
        let attempt = bench.sent();
        bench.now = attempt.deadline + if late { GRACE } else { secs(4) };
        bench.take();
        let _ = bench.batch.next_action(bench.now);
        bench.take();
        assert_eq!(bench.batch.counts().ambiguous, usize::from(late));
        bench.handle(attempt.id, job("job-1"));
        assert_eq!(bench.run().done, 1);
        assert_eq!(bench.ends().iter().filter(|end| is_ambiguous(end)).count(), usize::from(late));
    }
}

#[test]
fn no_job_of_a_late_acceptance_is_polled_before_that_is_stored() {
    let mut bench = Bench::new(|_| {});
    let id = bench.ambiguous();
    assert_eq!(bench.run().ambiguous, 1);
    bench.handle(id, job("job-1"));
    let Some(BatchEvent::Accepted { receipt, .. }) = bench.batch.next_event(bench.now) else {
        panic!()
    };
    for later in [0, 60, 600] {
        let action = bench.batch.next_action(bench.now + secs(later));
        assert!(matches!(action, Action::SleepUntil(_)), "{action:?}");
    }
    bench.batch.stored(receipt);
    assert_eq!(bench.run().done, 1);
}

#[test]
fn a_late_acceptance_in_the_pause_before_a_resend_ends_the_pause() {
    let mut bench = Bench::resending();
    let id = bench.ambiguous();
    let _ = bench.batch.next_action(bench.now);
    bench.handle(id, job("job-1"));
    assert_eq!(bench.run().done, 1);
    assert_eq!(bench.accepted(), [("job-1", 1, 0)]);
    let withdrawn = |event: &BatchEvent| matches!(event, BatchEvent::Withdrawn { .. });
    assert!(!bench.told.iter().any(withdrawn), "no intent was told");
}

#[test]
fn a_late_acceptance_withdraws_the_intent_of_a_resend() {
    for is_stored in [false, true] {
        let mut bench = Bench::resending();
        let id = bench.ambiguous();
        let Action::SleepUntil(wakeup) = bench.batch.next_action(bench.now) else { panic!() };
        bench.now = wakeup.at;
        let Some(BatchEvent::Intent { attempt: 2, receipt, .. }) =
            bench.batch.next_event(bench.now)
        else {
            panic!()
        };
        if is_stored {
            bench.batch.stored(receipt);
        }
        bench.handle(id, job("job-1"));
        bench.take();
        bench.batch.stored(receipt);
        let told = &bench.told[bench.told.len() - 2..];
        assert!(matches!(told[0], BatchEvent::Withdrawn { .. }), "{told:?}");
        assert!(matches!(told[1], BatchEvent::Accepted { .. }), "{told:?}");
        assert_eq!(bench.run().done, 1);
    }
}

/// Sent again, and the answer to the first attempt comes while the second is under
/// way.
fn accepted_while_resent() -> (Bench, AttemptId) {
    let mut bench = Bench::resending();
    let first = bench.ambiguous();
    let second = bench.sent().id;
    bench.handle(first, job("job-1"));
    bench.take();
    assert_eq!(bench.accepted(), [("job-1", 1, 0)]);
    (bench, second)
}

#[test]
fn of_two_acceptances_both_ids_are_told_with_receipts_and_the_first_goes_on() {
    let (mut bench, second) = accepted_while_resent();
    bench.handle(second, job("job-2"));
    let counts = bench.run();
    assert_eq!((counts.done, counts.ended()), (1, 1));
    assert_eq!(bench.accepted(), [("job-1", 1, 0), ("job-2", 2, 0)]);
    let end = bench.ends();
    assert!(matches!(end[..], [JobEnd::Done { job_id }] if job_id.as_str() == "job-1"), "{end:?}");
}

#[test]
fn the_batch_is_not_done_while_a_resend_is_under_way() {
    let (mut bench, second) = accepted_while_resent();
    for _ in 0..100 {
        bench.take();
        match bench.batch.next_action(bench.now) {
            Action::Send(attempt) => bench.handle(attempt.id, done()),
            Action::SleepUntil(wakeup) => {
                if bench.batch.counts().done == 1 {
                    break;
                }
                bench.now = wakeup.at;
            }
            Action::Done(counts) => panic!("{counts:?}"),
        }
    }
    assert_eq!(bench.batch.under_way().count(), 1);
    bench.handle(second, job("job-2"));
    assert_eq!(bench.run().done, 1);
    assert_eq!(bench.accepted().len(), 2);
}

#[test]
fn a_resend_that_was_not_accepted_is_told_as_that() {
    for (end, is_ambiguous) in [(broken(), true), (answer(422, ""), false), (job(""), true)] {
        let (mut bench, second) = accepted_while_resent();
        bench.handle(second, end);
        bench.take();
        let Some(BatchEvent::NotAccepted { error, .. }) = bench.told.last() else {
            panic!("{:?}", bench.told)
        };
        assert_eq!(matches!(error, UploadError::Ambiguous(_)), is_ambiguous, "{error:?}");
        assert_eq!(bench.run().done, 1);
        // And its own acceptance may be late as well.
        if is_ambiguous {
            bench.handle(second, job("job-2"));
            assert_eq!(bench.run().done, 1);
            assert_eq!(bench.accepted(), [("job-1", 1, 0), ("job-2", 2, 0)]);
        }
    }
}

#[test]
fn a_lost_resend_beside_a_late_acceptance_is_told_and_ends_the_batch() {
    let (mut bench, _) = accepted_while_resent();
    assert_eq!(bench.run().done, 1);
    let told = |event: &&BatchEvent| matches!(event, BatchEvent::NotAccepted { .. });
    assert_eq!(bench.told.iter().filter(told).count(), 2);
    assert_eq!(bench.batch.under_way().count(), 0);
}

#[test]
fn a_late_acceptance_after_a_resend_was_accepted_is_a_second_job() {
    let mut bench = Bench::resending();
    let first = bench.ambiguous();
    let second = bench.sent().id;
    bench.handle(second, job("job-2"));
    assert_eq!(bench.run().done, 1);
    bench.handle(first, job("job-1"));
    let counts = bench.run();
    assert_eq!((counts.done, counts.ended()), (1, 1));
    assert_eq!(bench.accepted(), [("job-2", 2, 1), ("job-1", 1, 0)]);
}

#[test]
fn a_late_acceptance_of_a_photo_that_waits_again_is_not_sent_again() {
    let mut bench = Bench::new(|policy| {
        policy.upload.resend_ambiguous = true;
        policy.upload.retry.backoff = Backoff::new(secs(60), secs(60));
    });
    let first = bench.ambiguous();
    let second = bench.sent().id;
    // 402: the job would wait again, but an attempt of it is ambiguous.
    bench.handle(second, answer(402, r#"{"error":"insufficient_credits"}"#));
    bench.take();
    bench.batch.resume_uploads();
    bench.handle(first, job("job-1"));
    let counts = bench.run();
    assert_eq!((counts.done, counts.waiting, counts.ended()), (1, 0, 1));
    assert_eq!(bench.accepted(), [("job-1", 1, 0)]);
}

#[test]
fn a_late_acceptance_of_another_batch_is_ignored() {
    let mut bench = Bench::new(|_| {});
    let id = bench.ambiguous();
    let mut others = Bench::new(|_| {});
    others.batch = Batch::new(endpoint(), BatchPolicy::default(), Seed::new(5));
    others.batch.add(url_request());
    let _ = others.ambiguous();
    others.handle(id, job("job-1"));
    assert_eq!(others.batch.counts().ambiguous, 1);
    assert_eq!(others.accepted(), []);
}

#[test]
fn a_receipt_says_which_attempt_it_is_of() {
    let mut bench = Bench::resending();
    let _ = bench.ambiguous();
    let _ = bench.sent();
    let attempts = bench.told.iter().filter_map(BatchEvent::receipt).map(|r: Receipt| r.attempt());
    assert_eq!(attempts.collect::<Vec<_>>(), [1, 2]);
    let jobs = bench.told.iter().filter_map(BatchEvent::job).map(JobNumber::index);
    assert!(jobs.into_iter().all(|index| index == 0));
}

#[test]
fn a_watched_job_ends_at_most_the_grace_after_its_time_though_its_last_look_is_lost() {
    let mut bench = Bench::new(|policy| policy.poll.timeout = secs(12));
    let id = bench.sent().id;
    bench.handle(id, job("job-1"));
    let accepted = bench.now;
    while bench.batch.counts().not_done == 0 {
        bench.take();
        match bench.batch.next_action(bench.now) {
            // Up to the deadline the server answers; the last look is lost.
            Action::Send(poll) if bench.now < accepted + secs(12) => {
                bench.handle(poll.id, answer(200, r#"{"state":"pending"}"#));
            }
            Action::SleepUntil(wakeup) => bench.now = wakeup.at,
            _ => {}
        }
        assert!(bench.now <= accepted + secs(12) + GRACE, "{:?}", bench.now);
    }
}
