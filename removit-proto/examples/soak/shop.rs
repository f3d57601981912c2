//! A catalogue in one batch, through the same storm: a driver with many requests under
//! way, a journal, and a process that dies now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use removit_proto::simulator::{Config, Job, Origin, Simulator, Source};
use removit_proto::{
    Accepted, Action, ApiKey, Attempt, AttemptId, Batch, BatchCounts, BatchEvent, BatchPolicy,
    Endpoint, GRACE, Instant, JobEnd, JobId, JobNumber, Machine, Outcome, PollError, Reach,
    Receipt, Schedule, Seed, TransportFailure, UploadError, UploadRequest, Work,
};

use crate::dice::Dice;
use crate::faults;
use crate::manners::Manners;
use crate::order::API;
use crate::tally::Tally;

const PHOTOS: u64 = 60;
/// A catalogue for so many worlds of single jobs.
pub(crate) const EVERY: u64 = 10;
const STORM: Duration = Duration::from_secs(600);
/// So often an operator starts the next process at most.
const RUNS: u32 = 60;

/// What a journal says of one photo.
#[derive(Debug, Default)]
struct Photo {
    /// Attempts of which nobody knows whether they made a job, by process.
    doubts: BTreeSet<(u32, u32)>,
    ids: Vec<JobId>,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Done,
    Incomplete,
    Failed,
    NotAccepted,
    Ambiguous,
    /// A whole wait in calm weather brought no end.
    GaveUp,
}

enum Moment {
    Arrives(Box<Attempt>),
    Ends(AttemptId, Box<Outcome>),
    Stored(JobNumber, Receipt, bool),
}

struct Shop {
    vendor: Simulator,
    batch: Batch,
    policy: BatchPolicy,
    manners: Manners,
    photos: Vec<Photo>,
    /// The uploads of this process.
    uploads: BTreeSet<AttemptId>,
    /// The ids that were handed over, in time or late.
    handed: BTreeSet<JobId>,
    /// Which photo each job of this process is.
    jobs: Vec<usize>,
    now: Instant,
    calm: Instant,
    run: u32,
    run_began: Instant,
    dice: Dice,
    tally: Tally,
    inbox: BTreeMap<(Instant, u64), Moment>,
    moments: u64,
    seed: u64,
}

/// One catalogue to its end, and the audit.
pub(crate) fn run(number: u64) -> Tally {
    let mut shop = Shop::new(number);
    while shop.photos.iter().any(|photo| photo.end.is_none()) {
        shop.begin();
        assert!(shop.run <= RUNS, "never over: {:?}", shop.photos);
        shop.drive();
    }
    shop.audit();
    shop.tally
}

fn photo_url(photo: usize) -> String {
    format!("https://photos.example/shop/{photo}.jpg")
}

fn endpoint() -> Endpoint {
    Endpoint::new(API, ApiKey::new("sk-soak-shop").expect("a key")).expect("loopback")
}

impl Shop {
    fn new(number: u64) -> Self {
        let mut dice = Dice::new(number ^ 0x73_686f_7000);
        let per_mille = u16::try_from(1 + dice.below(8)).unwrap_or(1);
        let script = faults::script(per_mille, 0).into_iter().map(|(_, rule)| rule).collect();
        let config = Config::default().with(|config| {
            config.seed = Seed::new(u128::from(dice.bits()));
            config.visible_after = dice.millis(4000);
            config.script = script;
        });
        let mut vendor = Simulator::new(config);
        vendor.set_bases(API, "http://127.0.0.1:2");
        let mut policy = BatchPolicy::default();
        policy.requests_per_second = u32::try_from(2 + dice.below(30)).unwrap_or(2);
        policy.uploads_at_once = usize::try_from(1 + dice.below(8)).unwrap_or(1);
        policy.poll.timeout = Duration::from_secs(120);
        policy.download.attempt_timeout = Duration::from_secs(60);
        policy.upload.resend_ambiguous = dice.chance(300);
        let now = Instant::from_origin(Duration::from_secs(1_790_000_000));
        let photos = (0..PHOTOS).map(|_| Photo::default()).collect();
        Self {
            vendor,
            batch: Batch::new(endpoint(), policy, Seed::new(0)),
            policy,
            manners: Manners::new(&policy),
            photos,
            uploads: BTreeSet::new(),
            handed: BTreeSet::new(),
            jobs: Vec::new(),
            now,
            calm: now + STORM,
            run: 0,
            run_began: now,
            seed: dice.bits(),
            dice,
            tally: Tally::default(),
            inbox: BTreeMap::new(),
            moments: 0,
        }
    }

    /// A process begins, and goes on from the journal.
    fn begin(&mut self) {
        self.run += 1;
        self.run_began = self.now;
        // What was under way may still arrive; nobody waits for the answers.
        self.inbox.retain(|_, moment| matches!(moment, Moment::Arrives(_)));
        let seed = (u128::from(self.seed) << 64) | u128::from(self.run);
        self.batch = Batch::new(endpoint(), self.policy, Seed::new(seed));
        self.manners = Manners::new(&self.policy);
        self.jobs.clear();
        self.uploads.clear();
        let (now, batch) = (self.now, &mut self.batch);
        for (index, photo) in self.photos.iter().enumerate() {
            if photo.end.is_some() {
                continue;
            }
            let url = photo_url(index).parse().expect("a URL");
            let request = UploadRequest::from_url(url);
            let _ = match (photo.ids.first(), photo.doubts.len()) {
                (Some(id), _) => batch.add_accepted(id.clone(), now),
                (None, 0) => batch.add(request),
                (None, doubts) => {
                    batch.add_ambiguous(request, u32::try_from(doubts).unwrap_or(u32::MAX))
                }
            };
            self.jobs.push(index);
        }
    }

    fn drive(&mut self) {
        for _ in 0..1_000_000 {
            if self.now >= self.calm && !self.vendor.hits().is_empty() {
                self.vendor.set_script(Vec::new());
            }
            while let Some(event) = self.batch.next_event(self.now) {
                self.enter(&event);
            }
            if self.strikes("shop: crash", 1) {
                return;
            }
            match self.batch.next_action(self.now) {
                Action::Send(attempt) => self.send(attempt),
                Action::SleepUntil(wakeup) => {
                    assert!(wakeup.at > self.now, "law 2: a wake-up lies ahead");
                    let next = self.inbox.first_key_value().map(|((at, _), _)| *at);
                    let next = next.map_or(wakeup.at, |at| at.min(wakeup.at));
                    self.now = self.now.max(next);
                    // A driver that looks before it hands over.
                    if self.dice.chance(500) {
                        let _ = self.batch.next_event(self.now).map(|event| self.enter(&event));
                    }
                    self.receive();
                }
                Action::Done(counts) => return self.rest(counts),
            }
        }
        panic!("livelock");
    }

    /// The batch is done; what is late by now still comes.
    fn rest(&mut self, counts: BatchCounts) {
        assert_eq!(counts.waiting + counts.ended(), self.jobs.len(), "every job is somewhere");
        while let Some(((at, _), _)) = self.inbox.first_key_value() {
            self.now = self.now.max(*at);
            self.receive();
            let mut came = false;
            while let Some(event) = self.batch.next_event(self.now) {
                came |= matches!(event, BatchEvent::Accepted { .. });
                self.enter(&event);
            }
            if came {
                self.note("shop: accepted after the end of its batch");
                return self.drive();
            }
        }
        if self.batch.stopped().is_some() {
            self.note("shop: stopped by 401 or 402");
        }
    }

    fn enter(&mut self, event: &BatchEvent) {
        self.manners.told(event);
        let (now, run, is_calm) = (self.now, self.run, self.run_began >= self.calm);
        let Some(job) = event.job() else { return };
        let photo = self.jobs[job.index()];
        if let Some(receipt) = event.receipt() {
            let is_intent = matches!(event, BatchEvent::Intent { .. });
            let soon = self.dice.millis(50);
            self.plan(now + soon, Moment::Stored(job, receipt, is_intent));
        }
        let photo = &mut self.photos[photo];
        match event {
            BatchEvent::Intent { attempt, .. } => {
                // A crash before it is stored, and nothing was sent: no doubt.
                photo.doubts.insert((run, *attempt));
            }
            BatchEvent::Accepted { accepted, receipt, .. } => {
                photo.doubts.remove(&(run, receipt.attempt()));
                assert!(!photo.ids.contains(accepted.job_id()), "an id is told once");
                photo.ids.push(accepted.job_id().clone());
                photo.end = None;
            }
            BatchEvent::Withdrawn { .. } => photo.settle_newest(run),
            BatchEvent::NotAccepted { error, .. } => photo.not_accepted(run, error),
            BatchEvent::Ended { end, .. } => photo.over(run, is_calm, end),
            _ => {}
        }
    }

    fn send(&mut self, attempt: Attempt) {
        let work = self.batch.work(attempt.id).expect("an attempt under way");
        self.manners.lost(|id| self.batch.work(id).is_some());
        self.manners.sent(self.now, attempt.id, work);
        if matches!(work, Work::Upload(_)) {
            self.uploads.insert(attempt.id);
        }
        self.tally.exchanges += 1;
        let (id, deadline) = (attempt.id, attempt.deadline);
        let soon = self.now + Duration::from_millis(20) + self.dice.millis(300);
        if self.strikes("shop: no connection", 10) {
            let failure = TransportFailure::connect("storm");
            return self.end(soon, id, Outcome::Failed(failure));
        }
        if self.strikes("shop: request lost", 5) {
            let late = self.dice.millis(4000);
            let failure = TransportFailure::timed_out(Reach::MaybeSent, "storm");
            return self.end(deadline + late, id, Outcome::Failed(failure));
        }
        if self.strikes("shop: a request that nobody hears of", 5) {
            return;
        }
        self.plan(soon, Moment::Arrives(Box::new(attempt)));
    }

    fn arrive(&mut self, mut attempt: Attempt) {
        let (id, deadline) = (attempt.id, attempt.deadline);
        attempt.deadline = Instant::FAR_FUTURE;
        self.tally.arrived += 1;
        let attempted = self.vendor.attempt(self.now, attempt, &[]);
        let at = attempted.at.min(deadline.max(self.now)) + self.dice.millis(100);
        if self.strikes("shop: answer lost", 10) {
            let failure = TransportFailure::broken(Reach::MaybeSent, "storm");
            return self.end(at, id, Outcome::Failed(failure));
        }
        if self.strikes("shop: answer just after the deadline", 10) {
            let late = deadline + Duration::from_millis(1) + self.dice.millis(4000);
            return self.end(late.max(at), id, attempted.outcome);
        }
        if self.strikes("shop: answer late", 10) {
            let late = deadline + GRACE + self.dice.millis(300_000);
            return self.end(late.max(at), id, attempted.outcome);
        }
        self.end(at, id, attempted.outcome);
    }

    fn receive(&mut self) {
        while let Some(entry) = self.inbox.first_entry() {
            if entry.key().0 > self.now {
                return;
            }
            match entry.remove() {
                Moment::Arrives(attempt) => self.arrive(*attempt),
                Moment::Ends(id, outcome) => {
                    let is_in_time = self.batch.work(id).is_some();
                    self.manners.lost(|id| self.batch.work(id).is_some());
                    self.manners.ended(self.now, id, &outcome, is_in_time);
                    if let (true, Some(accepted)) = (self.uploads.contains(&id), id_in(&outcome)) {
                        self.handed.insert(accepted.job_id().clone());
                    }
                    self.batch.handle(self.now, id, *outcome);
                }
                Moment::Stored(job, receipt, is_intent) => {
                    self.batch.stored(receipt);
                    self.manners.stored(job, receipt, is_intent);
                }
            }
        }
    }

    fn end(&mut self, at: Instant, id: AttemptId, outcome: Outcome) {
        self.plan(at, Moment::Ends(id, Box::new(outcome)));
    }

    fn plan(&mut self, at: Instant, moment: Moment) {
        self.moments += 1;
        self.inbox.insert((at, self.moments), moment);
    }

    fn note(&mut self, name: &str) {
        *self.tally.happened.entry(name.to_owned()).or_default() += 1;
    }

    fn strikes(&mut self, name: &str, per_mille: u64) -> bool {
        let strikes = self.now < self.calm && self.dice.chance(per_mille);
        if strikes {
            self.note(name);
        }
        strikes
    }

    /// The vendor's account against the journal.
    fn audit(&mut self) {
        let account = self.vendor.account();
        assert!(!account.key_seen_at(Origin::Results), "the key went to another origin");
        let mut made: BTreeMap<&str, Vec<&Job>> = BTreeMap::new();
        for job in &account.jobs {
            let Source::FileUrl(url) = &job.order.source else { panic!("a photo by URL") };
            made.entry(url).or_default().push(job);
            let gap = job.shortest_poll_gap();
            // Their ways differ by a third of a second, and a new process looks at once.
            let floor = Schedule::DEFAULT_FLOOR - Duration::from_millis(320);
            assert!(self.run > 1 || gap.is_none_or(|gap| gap >= floor), "{gap:?}");
        }
        for (index, photo) in self.photos.iter().enumerate() {
            let jobs = made.remove(photo_url(index).as_str()).unwrap_or_default();
            let is_known = |job: &&&Job| photo.ids.iter().any(|id| id.as_str() == job.id);
            let nameless = jobs.len() - jobs.iter().filter(is_known).count();
            assert!(nameless <= photo.doubts.len(), "leaked: {photo:?} {jobs:?}");
            let may_double = self.policy.upload.resend_ambiguous;
            assert!(may_double || jobs.len() <= 1, "made twice unasked: {photo:?} {jobs:?}");
            let all_made = photo.ids.iter().all(|id| jobs.iter().any(|job| job.id == id.as_str()));
            assert!(all_made, "an id of nobody's: {photo:?} {jobs:?}");
            let end = photo.end.map(|end| format!("shop: {end:?}")).unwrap_or_default();
            *self.tally.ended.entry(end).or_default() += 1;
        }
        assert!(made.is_empty(), "jobs that nobody ordered: {made:?}");
        let told: BTreeSet<_> = self.photos.iter().flat_map(|photo| &photo.ids).collect();
        assert!(self.handed.iter().all(|id| told.contains(id)), "handed over, and not told");
        self.tally.photos += PHOTOS;
        self.tally.catalogues += 1;
    }
}

fn id_in(outcome: &Outcome) -> Option<Accepted> {
    match outcome {
        Outcome::Response(answer) | Outcome::Partial(answer) => Accepted::decode(answer),
        _ => None,
    }
}

impl Photo {
    fn settle_newest(&mut self, run: u32) {
        let newest = self.doubts.iter().rfind(|(of, _)| *of == run).copied();
        newest.map(|newest| self.doubts.remove(&newest));
    }

    fn not_accepted(&mut self, run: u32, error: &UploadError) {
        if !matches!(error, UploadError::Ambiguous(_)) {
            self.settle_newest(run);
        }
    }

    fn over(&mut self, run: u32, is_calm: bool, end: &JobEnd) {
        self.end = match end {
            JobEnd::Done { .. } => Some(End::Done),
            JobEnd::Incomplete { .. } => Some(End::Incomplete),
            JobEnd::NotDone(PollError::Failed(_) | PollError::NoResult(_)) => Some(End::Failed),
            // The next process asks again.
            JobEnd::NotDone(_) => is_calm.then_some(End::GaveUp),
            JobEnd::NotAccepted(error) => {
                self.not_accepted(run, error);
                let is_ambiguous = matches!(error, UploadError::Ambiguous(_));
                Some(if is_ambiguous { End::Ambiguous } else { End::NotAccepted })
            }
            other => panic!("an end without a law: {other:?}"),
        };
    }
}
