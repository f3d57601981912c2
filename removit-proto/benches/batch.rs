//! What a job of a batch costs: bytes while it waits, time a step.
//!
//! ```text
//! cargo bench -p removit-proto --bench batch [-- JOBS]
//! ```
//!
//! Bytes are counted by the allocator and repeat exactly. Times are told as a
//! multiple of what one `Poller` takes for the same step, measured in turn with
//! it, so that a busy machine slows both. Fails where a job that waits or is polled
//! takes more than 200 bytes beside its own strings.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant as Stopwatch};

use bytes::Bytes;
use http::Response;
use peak_alloc::PeakAlloc;
use removit_proto::{
    Action, ApiKey, Batch, BatchPolicy, Endpoint, FileName, ImageType, Instant, Machine, Outcome,
    Poller, Seed, SourceFile, UploadRequest,
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const LIMIT: usize = 200;
const JOB_ID: usize = 36;
const STATUS: &[u8] = br#"{"state":"pending","status":"pending_compose","progress":33}"#;
/// Steps that are timed in one go, and how often that is done.
const STEPS: u32 = 20_000;
const ROUNDS: usize = 15;

fn main() -> ExitCode {
    let jobs = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let jobs: usize = jobs.unwrap_or(1_000_000);

    let waiting = bytes_a_job(jobs, |batch, number| {
        let name = format!("photo-{number:07}.png");
        let own = name.len();
        let file = SourceFile::new(FileName::new(&name), ImageType::Png, 1_000_000);
        batch.add(UploadRequest::from_file(file.expect("a file that is not empty")));
        own
    });
    println!("{jobs} jobs that wait:      {waiting} bytes each beside the file's name, of {LIMIT}");
    let known = bytes_a_job(jobs, |batch, number| {
        batch.add_accepted(job_id(number), Instant::ORIGIN);
        JOB_ID
    });
    println!("{jobs} jobs known by an id: {known} bytes each beside the id");

    let few = running(1_000);
    let before = MEMORY.current_usage();
    let many = running(jobs);
    let own = JOB_ID + STATUS.len();
    let bytes = MEMORY.current_usage().saturating_sub(before) / jobs - own;
    println!("{jobs} jobs being polled:   {bytes} bytes each beside the id and the newest status,");
    println!("                           of {LIMIT}");
    let (few, many) = steps_in_pollers(few, many);
    println!("a poll and its answer take {few:.2} times one poller's with 1000 jobs,");
    println!(
        "                           {many:.2} times with {jobs}: {:.2} times more",
        many / few
    );

    if waiting <= LIMIT && bytes <= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `add` says how many bytes of strings the job brings along.
fn bytes_a_job(jobs: usize, add: impl Fn(&mut Batch, usize) -> usize) -> usize {
    let before = MEMORY.current_usage();
    let mut batch = batch();
    let own: usize = (0..jobs).map(|number| add(&mut batch, number)).sum();
    let bytes = MEMORY.current_usage() - before - own;
    drop(black_box(batch));
    bytes.div_ceil(jobs)
}

/// A batch whose jobs have all been looked at.
fn running(jobs: usize) -> (Batch, Instant) {
    let (mut batch, mut now) = (batch(), Instant::ORIGIN);
    for number in 0..jobs {
        batch.add_accepted(job_id(number), now);
    }
    for _ in 0..jobs {
        step(&mut batch, &mut now);
    }
    (batch, now)
}

/// How many times one poller's time a step takes in each of two batches: the
/// median of rounds in which all three take turns.
fn steps_in_pollers(
    (mut few, mut now_few): (Batch, Instant),
    (mut many, mut now_many): (Batch, Instant),
) -> (f64, f64) {
    let mut now = Instant::ORIGIN;
    let mut poller = Poller::resume(endpoint(), job_id(0), policy().poll, Seed::new(1), now);
    let mut ratios = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let one = timed(&mut poller, &mut now);
        ratios.0.push(timed(&mut few, &mut now_few) / one);
        ratios.1.push(timed(&mut many, &mut now_many) / one);
    }
    (median(ratios.0), median(ratios.1))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn timed<M: Driven>(machine: &mut M, now: &mut Instant) -> f64 {
    let watch = Stopwatch::now();
    for _ in 0..STEPS {
        step(machine, now);
    }
    watch.elapsed().as_secs_f64()
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// A machine as its driver has it.
trait Driven: Machine {
    /// Takes what it has to tell.
    fn take_events(&mut self, _now: Instant) {}
}

impl Driven for Poller {}

impl Driven for Batch {
    fn take_events(&mut self, now: Instant) {
        while let Some(event) = self.next_event(now) {
            black_box(event);
        }
    }
}

/// One poll and its answer, with the waits before it.
fn step<M: Driven>(machine: &mut M, now: &mut Instant) {
    loop {
        machine.take_events(*now);
        match machine.next_action(*now) {
            Action::Send(attempt) => {
                let body = Bytes::from_static(STATUS);
                machine.handle(*now, attempt.id, Outcome::Response(Response::new(body)));
                return;
            }
            Action::SleepUntil(wakeup) => *now = wakeup.at,
            Action::Done(_) => panic!("no job ends here"),
        }
    }
}

fn batch() -> Batch {
    Batch::new(endpoint(), policy(), Seed::new(1))
}

fn policy() -> BatchPolicy {
    let mut policy = BatchPolicy::default();
    policy.requests_per_second = u32::MAX;
    policy.poll.timeout = Duration::MAX;
    policy
}

fn endpoint() -> Endpoint {
    Endpoint::production(ApiKey::new("sk-bench").expect("a key"))
}

fn job_id(number: usize) -> removit_proto::JobId {
    format!("019cdc54-2673-dc32-b9e5-{number:012}").parse().expect("an id")
}
