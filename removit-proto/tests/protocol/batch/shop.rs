//! A shop whose photos come one by one: its batch, the time that passes, and jobs that
//! take as long as they are told to. Answers come at once.
#![allow(unreachable_pub, reason = "the modules of one test program")]

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use removit_proto::{
    Action, Batch, BatchEvent, BatchPolicy, Instant, Machine, Outcome, Seed, UploadRequest, Work,
};

use crate::support::{answer, at, endpoint, url_request};

/// The part of a job that is over, to what its progress is said to be.
pub type Progress = fn(f64) -> Option<u8>;

pub struct Shop {
    pub batch: Batch,
    pub progress: Progress,
    /// What is asked of each job.
    pub request: fn(usize) -> UploadRequest,
    now: Instant,
}

/// What was seen of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its age at each look.
    pub looks: Vec<Duration>,
    /// From its end until that was seen.
    pub delay: Duration,
}

impl Shop {
    pub fn new(change: impl FnOnce(&mut BatchPolicy)) -> Self {
        let mut policy = BatchPolicy::default();
        policy.requests_per_second = 1000;
        policy.downloads_at_once = 0;
        policy.wait_until_stored = false;
        change(&mut policy);
        let batch = Batch::new(endpoint(), policy, Seed::new(7));
        Self { batch, progress: |_| None, request: |_| url_request(), now: at(1_796_000_000) }
    }

    /// Watches jobs that take so long, of which one comes each second.
    pub fn watch(&mut self, durations: &[Duration]) -> Vec<Seen> {
        let start = self.now;
        let comes_at = |job: usize| start + Duration::from_secs(job.try_into().unwrap());
        let mut numbers = BTreeMap::new();
        let mut accepted = BTreeMap::new();
        let mut seen = vec![Seen { looks: Vec::new(), delay: Duration::ZERO }; durations.len()];
        let mut came = 0;
        loop {
            while came < durations.len() && comes_at(came) <= self.now {
                numbers.insert(self.batch.add((self.request)(came)), came);
                came += 1;
            }
            while let Some(event) = self.batch.next_event(self.now) {
                if let BatchEvent::Finished { job, .. } = event {
                    let job = numbers[&job];
                    seen[job].delay = self.now - accepted[&job] - durations[job];
                }
            }
            let next = (came < durations.len()).then(|| comes_at(came));
            let attempt = match (self.batch.next_action(self.now), next) {
                (Action::Send(attempt), _) => attempt,
                (Action::SleepUntil(wakeup), next) => {
                    self.now = next.map_or(wakeup.at, |next| next.min(wakeup.at));
                    continue;
                }
                (Action::Done(_), Some(next)) => {
                    self.now = next;
                    continue;
                }
                (Action::Done(_), None) => return seen,
            };
            let outcome = match self.batch.work(attempt.id).unwrap() {
                Work::Upload(job) => {
                    accepted.insert(numbers[&job], self.now);
                    answer(202, &format!(r#"{{"job_id":"job-{}"}}"#, job.index()))
                }
                work => {
                    let job = numbers[&work.job()];
                    let age = self.now - accepted[&job];
                    seen[job].looks.push(age);
                    self.status(age, durations[job])
                }
            };
            self.batch.handle(self.now, attempt.id, outcome);
        }
    }

    fn status(&self, age: Duration, duration: Duration) -> Outcome {
        if age >= duration {
            return answer(200, r#"{"state":"done","final_url":"https://cdn.example.com/a.png"}"#);
        }
        match (self.progress)(age.as_secs_f64() / duration.as_secs_f64()) {
            Some(percent) => answer(200, &format!(r#"{{"state":"pending","progress":{percent}}}"#)),
            None => answer(200, r#"{"state":"pending"}"#),
        }
    }
}

/// Requests a job, and the mean delay in seconds.
pub fn means(seen: &[Seen], jobs: Range<usize>) -> (f64, f64) {
    let seen = &seen[jobs];
    let requests: usize = seen.iter().map(|job| job.looks.len()).sum();
    let delay: f64 = seen.iter().map(|job| job.delay.as_secs_f64()).sum();
    (requests as f64 / seen.len() as f64, delay / seen.len() as f64)
}

/// So many durations around a median, log-normal.
pub fn around(median: f64, sigma: f64, seed: u64, jobs: usize) -> Vec<Duration> {
    let mut units = units(seed);
    let mut unit = || units.next().unwrap();
    let mut normal = || (-2.0 * unit().ln()).sqrt() * (std::f64::consts::TAU * unit()).cos();
    (0..jobs).map(|_| Duration::from_secs_f64(median * (sigma * normal()).exp())).collect()
}

/// Numbers from above 0 to 1, by SplitMix64.
pub fn units(mut seed: u64) -> impl Iterator<Item = f64> {
    std::iter::repeat_with(move || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    })
}
