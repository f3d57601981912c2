//! The laws of all machines, for the batch: over random orders of inputs and
//! jumps in time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use removit_proto::{
    Accepted, Action, Attempt, AttemptId, Batch, BatchCounts, BatchEvent, BatchPolicy, Instant,
    JobEnd, JobNumber, Machine, Outcome, Receipt, Schedule, Seed, UploadError, Work,
};

use super::world::most_in;
use crate::support::laws::shifted;
use crate::support::{endpoint, file_request};
use removit_proto::strategies::outcome;

/// One input to the batch, or something that happens around it.
#[derive(Clone, Debug)]
enum Step {
    Add,
    AddAccepted,
    AddAmbiguous,
    TakeEvents,
    /// The receipt so many before the newest one comes back.
    Stored(usize),
    Look,
    /// Time passes, or jumps back.
    Pass(i64),
    /// To the wake-up, and a little before or after it.
    Wake(i64),
    /// An outcome for the attempt so many before the newest one.
    Answer(Outcome, usize),
    Skip(usize),
    /// The job so many after the first is given up.
    Cancel(usize),
    Stop,
    Resume,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let jumps = vec![1, 500, 2_000, 60_000, 10_000_000, -1, -5_000];
    let step = prop_oneof![
        2 => Just(Step::Add),
        1 => Just(Step::AddAccepted),
        1 => Just(Step::AddAmbiguous),
        6 => Just(Step::TakeEvents),
        6 => (0_usize..3).prop_map(Step::Stored),
        4 => Just(Step::Look),
        2 => prop::sample::select(jumps).prop_map(Step::Pass),
        6 => prop::sample::select(vec![-1, 0, 1]).prop_map(Step::Wake),
        9 => (outcome(), 0_usize..4).prop_map(|(outcome, back)| Step::Answer(outcome, back)),
        1 => (0_usize..3).prop_map(Step::Skip),
        1 => (0_usize..6).prop_map(Step::Cancel),
        1 => Just(Step::Stop),
        1 => Just(Step::Resume),
    ];
    prop::collection::vec(step, 0..120)
}

fn policies() -> impl Strategy<Value = BatchPolicy> {
    let shared = (1_usize..4, prop::sample::select(vec![1, 5, 1000]), 0_usize..3);
    (shared, any::<bool>(), any::<bool>()).prop_map(|(shared, resend, store)| {
        let mut policy = BatchPolicy::default();
        (policy.uploads_at_once, policy.requests_per_second, policy.downloads_at_once) = shared;
        policy.upload.resend_ambiguous = resend;
        policy.wait_until_stored = store;
        policy
    })
}

const START: Instant = Instant::from_origin(Duration::from_secs(1_000_000));

/// One attempt, and whether it is known not to have been processed.
#[derive(Debug)]
struct Sent {
    at: Instant,
    id: AttemptId,
    work: Work,
    unprocessed: bool,
}

/// A receipt that was told, and whether it came back.
#[derive(Debug)]
struct Told {
    receipt: Receipt,
    job: JobNumber,
    is_intent: bool,
    is_stored: bool,
}

/// The batch, and what the laws are checked against.
struct Run {
    batch: Batch,
    policy: BatchPolicy,
    now: Instant,
    wakeup: Instant,
    all: Vec<JobNumber>,
    sent: Vec<Sent>,
    boundaries: BTreeMap<String, JobNumber>,
    receipts: Vec<Told>,
    accepted_before: BTreeSet<JobNumber>,
    /// And whether as ambiguous.
    ended: BTreeMap<JobNumber, bool>,
    went_back: bool,
}

impl Run {
    fn new(policy: BatchPolicy, seed: u128) -> Self {
        Self {
            batch: Batch::new(endpoint(), policy, Seed::new(seed)),
            policy,
            now: START,
            wakeup: START,
            all: Vec::new(),
            sent: Vec::new(),
            boundaries: BTreeMap::new(),
            receipts: Vec::new(),
            accepted_before: BTreeSet::new(),
            ended: BTreeMap::new(),
            went_back: false,
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Add => {
                let job = self.batch.add(file_request(10));
                self.added(job);
            }
            Step::AddAccepted => {
                let job = self.batch.add_accepted("job-1".parse().unwrap(), self.now);
                self.added(job);
                self.accepted_before.insert(job);
            }
            Step::AddAmbiguous => {
                let job = self.batch.add_ambiguous(file_request(10), 1);
                self.added(job);
            }
            Step::TakeEvents => self.take_events(),
            Step::Stored(back) => self.store(*back),
            Step::Look => {}
            Step::Pass(millis) => {
                self.went_back |= *millis < 0;
                self.now = shifted(self.now, *millis);
            }
            Step::Wake(millis) => self.now = shifted(self.wakeup.max(self.now), *millis),
            Step::Answer(outcome, back) => self.answer(outcome, *back),
            Step::Skip(back) => {
                if let Some(Sent { work: Work::Download { job, result }, .. }) = self.newest(*back)
                {
                    let (job, result) = (*job, *result);
                    self.batch.skip(job, result);
                }
            }
            Step::Cancel(number) => {
                if let Some(job) = self.all.get(*number) {
                    self.batch.cancel(*job);
                }
            }
            Step::Stop => self.batch.stop_uploading(),
            Step::Resume => self.batch.resume_uploads(),
        }
    }

    fn added(&mut self, job: JobNumber) {
        assert_eq!(job.index(), self.all.len());
        self.all.push(job);
    }

    fn newest(&self, back: usize) -> Option<&Sent> {
        self.sent.get(self.sent.len().checked_sub(1 + back)?)
    }

    fn take_events(&mut self) {
        while let Some(event) = self.batch.next_event(self.now) {
            if let BatchEvent::Accepted { job, .. } = event {
                // Never too late: it goes on, and ends anew.
                if self.ended.get(&job) == Some(&true) {
                    self.ended.remove(&job);
                }
            } else {
                // How a second attempt ended is told though the job that the first made is over.
                let is_of_resend = matches!(event, BatchEvent::NotAccepted { job, .. } if self.uploads_of(job) > 1);
                let of_over =
                    event.job().filter(|job| !is_of_resend && self.ended.contains_key(job));
                assert_eq!(of_over, None, "nothing is told of a job that is over: {event:?}");
            }
            if let (Some(receipt), Some(job)) = (event.receipt(), event.job()) {
                let is_intent = matches!(event, BatchEvent::Intent { .. });
                self.receipts.push(Told { receipt, job, is_intent, is_stored: false });
            }
            if let BatchEvent::Ended { job, end } = event {
                let is_ambiguous = matches!(end, JobEnd::NotAccepted(UploadError::Ambiguous(_)));
                self.ended.insert(job, is_ambiguous);
            }
        }
    }

    fn uploads_of(&self, job: JobNumber) -> usize {
        self.sent.iter().filter(|sent| sent.work == Work::Upload(job)).count()
    }

    fn store(&mut self, back: usize) {
        let Some(index) = self.receipts.len().checked_sub(1 + back) else { return };
        self.receipts[index].is_stored = true;
        self.batch.stored(self.receipts[index].receipt);
    }

    fn answer(&mut self, outcome: &Outcome, back: usize) {
        let Some(Sent { id, .. }) = self.newest(back) else { return };
        let (id, counts) = (*id, self.batch.counts());
        let was_under_way = self.batch.work(id).is_some();
        self.batch.handle(self.now, id, outcome.clone());
        assert_eq!(self.batch.work(id), None);
        let index = self.sent.len() - 1 - back;
        if !was_under_way {
            let is_upload = matches!(self.sent[index].work, Work::Upload(_));
            let is_late = is_upload && is_acceptance(outcome);
            let ignored = counts == self.batch.counts();
            assert!(ignored || is_late, "law 3: an old attempt is ignored");
            return;
        }
        self.sent[index].unprocessed = match outcome {
            Outcome::Failed(failure) => failure.is_not_sent(),
            Outcome::Response(answer) | Outcome::Partial(answer) => {
                let status = answer.status().as_u16();
                (300..500).contains(&status) || status == 503
            }
            _ => false,
        };
    }

    /// Does what the batch says until it says to wait, and checks it.
    fn look(&mut self) -> Option<BatchCounts> {
        for _ in 0..10_000 {
            match self.batch.next_action(self.now) {
                Action::Send(attempt) => self.check(&attempt),
                Action::SleepUntil(wakeup) => {
                    assert!(wakeup.at > self.now, "law 2: a wake-up lies ahead");
                    self.wakeup = wakeup.at;
                    let Action::SleepUntil(again) = self.batch.next_action(self.now) else {
                        panic!("law 1: a further call changes nothing")
                    };
                    assert_eq!(wakeup, again);
                    return None;
                }
                Action::Done(counts) => {
                    let again = self.batch.next_action(self.now);
                    assert!(matches!(again, Action::Done(again) if again == counts), "law 1");
                    return Some(counts);
                }
            }
        }
        panic!("requests without end");
    }

    fn check(&mut self, attempt: &Attempt) {
        assert!(attempt.deadline > self.now, "law 2: a deadline lies ahead");
        assert!(self.sent.iter().all(|sent| sent.id != attempt.id), "an id names one attempt");
        let work = self.batch.work(attempt.id).expect("an attempt under way");
        let job = work.job();
        let mut earlier = self.sent.iter().filter(|sent| sent.work == work);
        match work {
            Work::Upload(_) => {
                let resend = self.policy.upload.resend_ambiguous;
                assert!(resend || earlier.clone().all(|sent| sent.unprocessed), "law 5");
                let stored = self.stored(job, true);
                assert!(earlier.count() < stored, "an intent for each attempt");
                let boundary = attempt.request.headers()["content-type"].to_str().unwrap();
                let same = self.boundaries.insert(boundary.to_owned(), job);
                assert!(same.is_none_or(|same| same == job), "a boundary is one job's");
            }
            Work::Poll(_) => {
                let accepted = self.accepted_before.contains(&job) || self.stored(job, false) > 0;
                assert!(accepted, "no poll before the acceptance is stored");
                let last = earlier.next_back().map(|sent| sent.at);
                let gap = last.map(|last| self.now - last);
                assert!(gap.is_none_or(|gap| gap >= Schedule::DEFAULT_FLOOR), "law 6: {gap:?}");
            }
            _ => {}
        }
        self.sent.push(Sent { at: self.now, id: attempt.id, work, unprocessed: false });
    }

    /// How many receipts of a job came back.
    fn stored(&self, job: JobNumber, is_intent: bool) -> usize {
        if !self.policy.wait_until_stored {
            return usize::MAX;
        }
        let of_job = |told: &&Told| told.job == job && told.is_intent == is_intent;
        self.receipts.iter().filter(of_job).filter(|told| told.is_stored).count()
    }

    /// Lets time pass, with every request lost; law 4 says that it gets there.
    fn finish(&mut self) -> BatchCounts {
        for _ in 0..100_000 {
            self.take_events();
            for index in 0..self.receipts.len() {
                self.store(index);
            }
            self.receipts.clear();
            if let Some(counts) = self.look() {
                self.take_events();
                return counts;
            }
            self.now = self.wakeup;
        }
        panic!("law 4: never done");
    }
}

fn is_acceptance(outcome: &Outcome) -> bool {
    let (Outcome::Response(answer) | Outcome::Partial(answer)) = outcome else { return false };
    Accepted::decode(answer).is_some()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_batch_keeps_the_laws(steps in steps(), policy in policies(), seed in any::<u128>()) {
        let mut run = Run::new(policy, seed);
        for step in &steps {
            run.take(step);
            let _ = run.look();
        }
        let api = run.sent.iter().filter(|sent| !matches!(sent.work, Work::Download { .. }));
        let api: Vec<_> = api.map(|sent| sent.at).collect();
        let most = most_in(Duration::from_secs(1), &api);
        prop_assert!(run.went_back || most <= policy.requests_per_second as usize, "{most}");
        let uploads = run.sent.len();
        run.policy.wait_until_stored = false; // the receipts were checked until here
        let counts = run.finish();
        prop_assert!(run.sent.len() >= uploads);
        prop_assert_eq!(counts.waiting + counts.ended(), run.all.len());
        prop_assert_eq!(counts.ended(), run.ended.len());
        prop_assert!(counts.waiting == 0 || run.batch.stopped().is_some());
    }

    #[test]
    fn the_same_seed_and_inputs_give_the_same_actions(
        steps in steps(),
        policy in policies(),
        seed in any::<u128>(),
    ) {
        let run = || {
            let mut run = Run::new(policy, seed);
            for step in &steps {
                run.take(step);
                let _ = run.look();
            }
            format!("{:?} {:?} {:?}", run.sent, run.wakeup, run.batch)
        };
        prop_assert_eq!(run(), run());
    }
}
