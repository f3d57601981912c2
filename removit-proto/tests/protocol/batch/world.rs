//! A driver that keeps many requests under way, the vendor, and the time that
//! passes for both.
#![allow(unreachable_pub, reason = "the modules of one test program")]

use std::collections::BTreeMap;
use std::time::Duration;

use removit_proto::simulator::{Account, Config, Job, Simulator};
use removit_proto::{
    Action, ApiKey, Attempt, AttemptId, Batch, BatchCounts, BatchEvent, BatchPolicy, Endpoint,
    Instant, JobEnd, JobNumber, Machine, Outcome, Receipt, Seed, TransportFailure, Work,
};

use crate::support::url_request;
use crate::wire;

pub struct World {
    pub vendor: Simulator,
    pub batch: Batch,
    pub now: Instant,
    /// Each request that was sent, in order.
    pub sent: Vec<(Instant, Work)>,
    /// Each event that was told, in order.
    pub events: Vec<(Instant, BatchEvent)>,
    /// The way of a request to the vendor.
    pub latency: Duration,
    /// How long it takes to store an event.
    pub store_for: Duration,
    /// What becomes of an attempt; the usual is [`Way::Vendor`].
    pub way: Box<dyn FnMut(usize, Work) -> Way>,
    inbox: BTreeMap<(Instant, usize), Moment>,
    moments: usize,
}

pub enum Way {
    /// It reaches the vendor.
    Vendor,
    /// No connection is made.
    Unreached,
    /// No connection is made, and none ever will be.
    Unreachable,
    /// It reaches the vendor, and the driver forgets about it.
    Forgotten,
    /// The driver forgets about it before it is sent.
    NeverSent,
}

enum Moment {
    Arrives(Attempt, bool),
    Ends(AttemptId, Outcome),
    Stored(Receipt),
}

impl World {
    pub fn new(config: Config, change: impl FnOnce(&mut BatchPolicy)) -> Self {
        let mut policy = BatchPolicy::default();
        change(&mut policy);
        let endpoint = Endpoint::new(wire::API, ApiKey::new("sk-batch-test").unwrap()).unwrap();
        Self {
            vendor: wire::vendor(config),
            batch: Batch::new(endpoint, policy, Seed::new(7)),
            now: wire::start(),
            sent: Vec::new(),
            events: Vec::new(),
            latency: Duration::from_millis(40),
            store_for: Duration::from_millis(3),
            way: Box::new(|_, _| Way::Vendor),
            inbox: BTreeMap::new(),
            moments: 0,
        }
    }

    pub fn add(&mut self, jobs: usize) {
        for _ in 0..jobs {
            self.batch.add(url_request());
        }
    }

    /// Drives the batch until it is done.
    pub fn run(&mut self) -> BatchCounts {
        let end = Instant::FAR_FUTURE;
        self.run_until(end).expect("done before the end of time")
    }

    /// Drives the batch until it is done, or until a moment.
    pub fn run_until(&mut self, end: Instant) -> Option<BatchCounts> {
        for _ in 0..10_000_000 {
            while let Some(event) = self.batch.next_event(self.now) {
                if let Some(receipt) = event.receipt() {
                    self.later(self.store_for, Moment::Stored(receipt));
                }
                self.events.push((self.now, event));
            }
            match self.batch.next_action(self.now) {
                Action::Send(attempt) => self.send(attempt),
                Action::SleepUntil(wakeup) => {
                    assert!(wakeup.at > self.now, "law 2: a wake-up lies ahead");
                    let next = self.inbox.first_key_value().map(|((at, _), _)| *at);
                    let next = next.map_or(wakeup.at, |at| at.min(wakeup.at));
                    if next > end {
                        self.now = end;
                        return None;
                    }
                    self.now = self.now.max(next);
                    self.receive();
                }
                Action::Done(counts) => return Some(counts),
            }
        }
        panic!("never done");
    }

    fn send(&mut self, attempt: Attempt) {
        assert!(attempt.deadline > self.now, "law 2: a deadline lies ahead");
        let work = self.batch.work(attempt.id).expect("an attempt that is under way");
        let id = attempt.id;
        match (self.way)(self.sent.len(), work) {
            Way::Vendor => self.later(self.latency, Moment::Arrives(attempt, true)),
            Way::Forgotten => self.later(self.latency, Moment::Arrives(attempt, false)),
            Way::NeverSent => {}
            Way::Unreachable => {
                let failure = TransportFailure::unreachable("expired");
                self.later(self.latency, Moment::Ends(id, Outcome::Failed(failure)));
            }
            Way::Unreached => {
                let failure = TransportFailure::connect("refused");
                self.later(self.latency, Moment::Ends(id, Outcome::Failed(failure)));
            }
        }
        self.sent.push((self.now, work));
    }

    fn later(&mut self, wait: Duration, moment: Moment) {
        self.moments += 1;
        self.inbox.insert((self.now + wait, self.moments), moment);
    }

    fn receive(&mut self) {
        while let Some(entry) = self.inbox.first_entry() {
            if entry.key().0 > self.now {
                return;
            }
            match entry.remove() {
                Moment::Stored(receipt) => self.batch.stored(receipt),
                Moment::Ends(id, outcome) => self.batch.handle(self.now, id, outcome),
                Moment::Arrives(attempt, is_awaited) => {
                    let id = attempt.id;
                    let attempted = self.vendor.attempt(self.now, attempt, wire::PHOTO);
                    if is_awaited {
                        let later = attempted.at - self.now;
                        self.later(later, Moment::Ends(id, attempted.outcome));
                    }
                }
            }
        }
    }

    pub fn account(&self) -> &Account {
        self.vendor.account()
    }

    pub fn uploads(&self) -> Vec<Instant> {
        self.sent_for(|work| matches!(work, Work::Upload(_)))
    }

    pub fn polls(&self) -> Vec<Instant> {
        self.sent_for(|work| matches!(work, Work::Poll(_)))
    }

    pub fn sent_for(&self, which: impl Fn(Work) -> bool) -> Vec<Instant> {
        self.sent.iter().filter(|(_, work)| which(*work)).map(|(at, _)| *at).collect()
    }

    /// How each job that is over ended.
    pub fn ends(&self) -> BTreeMap<JobNumber, JobEnd> {
        let mut ends = BTreeMap::new();
        for (_, event) in &self.events {
            if let BatchEvent::Ended { job, end } = event {
                let before = ends.insert(*job, end.clone());
                assert!(before.is_none(), "a job ends once: {job:?}");
            }
        }
        ends
    }

    /// When the event that `which` picks was told first.
    #[track_caller]
    pub fn told(&self, which: impl Fn(&BatchEvent) -> bool) -> Instant {
        self.events.iter().find(|(_, event)| which(event)).expect("such an event").0
    }
}

/// The most entries that any second has, wherever it begins.
pub fn most_in(window: Duration, moments: &[Instant]) -> usize {
    let within = |i: usize| {
        moments.iter().skip(i).take_while(|moment| **moment - moments[i] < window).count()
    };
    (0..moments.len()).map(within).max().unwrap_or(0)
}

/// The mean time between two polls of a job.
pub fn mean_gap(job: &Job) -> Option<Duration> {
    let gaps = u32::try_from(job.polls.len()).unwrap().checked_sub(1)?;
    (*job.polls.last()? - *job.polls.first()?).checked_div(gaps)
}
