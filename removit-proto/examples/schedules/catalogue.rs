//! A catalogue, watched by a real `Batch` in virtual time: what its jobs cost, and what
//! its budget allows.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Response;
use removit_proto::{
    Action, ApiKey, AttemptId, Batch, BatchEvent, BatchPolicy, Endpoint, Instant, Machine, Outcome,
    Seed, UploadRequest, Work,
};

use crate::progress::Shape;
use crate::wait::{Watched, body};

/// How the photos of a catalogue come, and how they are watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shop {
    pub(crate) learns: bool,
    /// One photo comes after so long.
    pub(crate) every: Duration,
    pub(crate) requests_per_second: u32,
}

/// The photos of one run.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// In the order in which they came.
    pub(crate) jobs: Vec<Watched>,
    /// When the end of each was seen, since the first upload, in order.
    pub(crate) seen: Vec<Duration>,
}

impl Shop {
    /// Photos that come one by one, and no budget.
    pub(crate) const fn unhurried(learns: bool) -> Self {
        Self { learns, every: Duration::from_secs(1), requests_per_second: u32::MAX }
    }

    /// All photos at once, and ten requests a second for them.
    pub(crate) const fn on_a_budget(learns: bool) -> Self {
        Self { learns, every: Duration::ZERO, requests_per_second: 10 }
    }

    /// Watches jobs that take so long until all are seen to be done.
    pub(crate) fn watch(self, durations: &[Duration], shape: Shape) -> Catalogue {
        let mut run = Run::of(self, durations, shape);
        while run.step() {}
        Catalogue { jobs: run.watched(), seen: run.seen() }
    }

    fn batch(self) -> Batch {
        let endpoint = Endpoint::production(ApiKey::new("no-key").expect("a key"));
        let mut policy = BatchPolicy::default();
        policy.requests_per_second = self.requests_per_second;
        policy.downloads_at_once = 0;
        policy.wait_until_stored = false;
        policy.learn = self.learns;
        Batch::new(endpoint, policy, Seed::new(1))
    }
}

struct Run<'a> {
    shop: Shop,
    durations: &'a [Duration],
    shape: Shape,
    batch: Batch,
    start: Instant,
    now: Instant,
    /// How many photos came.
    came: usize,
    jobs: BTreeMap<usize, Seen>,
}

#[derive(Clone, Copy)]
struct Seen {
    accepted: Instant,
    requests: u64,
    ended: Option<Instant>,
}

impl<'a> Run<'a> {
    fn of(shop: Shop, durations: &'a [Duration], shape: Shape) -> Self {
        let start = Instant::from_origin(Duration::from_secs(1_796_000_000));
        let (batch, jobs) = (shop.batch(), BTreeMap::new());
        Self { shop, durations, shape, batch, start, now: start, came: 0, jobs }
    }

    /// `false` once all is over.
    fn step(&mut self) -> bool {
        while self.next_comes().is_some_and(|at| at <= self.now) {
            let url = "https://example.com/a.png".parse().expect("a URL");
            self.batch.add(UploadRequest::from_url(url));
            self.came += 1;
        }
        while let Some(event) = self.batch.next_event(self.now) {
            if let BatchEvent::Finished { job, .. } = event {
                let seen = self.jobs.get_mut(&job.index()).expect("a job that was accepted");
                seen.ended = Some(self.now);
            }
        }
        match (self.batch.next_action(self.now), self.next_comes()) {
            (Action::Send(attempt), _) => self.answer(attempt.id),
            (Action::SleepUntil(wakeup), Some(next)) => self.now = wakeup.at.min(next),
            (Action::SleepUntil(wakeup), None) => self.now = wakeup.at,
            (Action::Done(_), Some(next)) => self.now = next,
            (Action::Done(_), None) => return false,
        }
        true
    }

    fn next_comes(&self) -> Option<Instant> {
        let came = u32::try_from(self.came).expect("not so many");
        (self.came < self.durations.len()).then(|| self.start + self.shop.every * came)
    }

    /// Answers come at once.
    fn answer(&mut self, attempt: AttemptId) {
        let now = self.now;
        let answer = match self.batch.work(attempt) {
            Some(Work::Upload(job)) => {
                self.jobs.insert(job.index(), Seen { accepted: now, requests: 0, ended: None });
                let body = format!(r#"{{"job_id":"j-{}"}}"#, job.index());
                Response::builder().status(202).body(body.into()).expect("an answer")
            }
            Some(Work::Poll(job)) => {
                let seen = self.jobs.get_mut(&job.index()).expect("a job that was accepted");
                seen.requests += 1;
                let duration = self.durations[job.index()];
                Response::new(body(now - seen.accepted, duration, self.shape).into())
            }
            _ => unreachable!("no result is fetched"),
        };
        self.batch.handle(now, attempt, Outcome::Response(answer));
    }

    fn seen(&self) -> Vec<Duration> {
        let mut seen: Vec<_> =
            self.jobs.values().filter_map(|job| Some(job.ended? - self.start)).collect();
        seen.sort();
        seen
    }

    fn watched(&self) -> Vec<Watched> {
        let watched = |(seen, duration): (&Seen, &Duration)| {
            let took = seen.ended.expect("its end was seen") - seen.accepted;
            Watched { requests: seen.requests, delay: took - *duration }
        };
        self.jobs.values().zip(self.durations).map(watched).collect()
    }
}
