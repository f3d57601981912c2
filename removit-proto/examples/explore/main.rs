//! Walks every sequence of inputs to the machines, to a depth, and checks their
//! laws in each state.
//!
//! ```sh
//! cargo run --release -p removit-proto --example explore          # six deep
//! cargo run --release -p removit-proto --example explore -- 7     # deeper
//! cargo run --release -p removit-proto --example explore -- --replay upload NoConnection,ToWakeup
//! ```
//!
//! An input is a class of answer or failure for the attempt under way, the late
//! acceptance of an upload that was given up, a jump in time (to the attempt's
//! deadline; just before, at and after the wake-up; far ahead, backwards), a crash
//! with a rebuild from the stored state, under the same clock or one of another
//! origin, or one with the job's id alone. In each state the driver also asks twice,
//! and outcomes of attempts that are over, of other machines and of other kinds
//! arrive: all must change nothing. A batch of three jobs is walked the same way, one
//! input less deep, under the laws of its budget, throttle and turns. A law that does not hold ends the
//! walk with the shortest sequence found and the command that repeats it.

mod batch_inputs;
mod batch_run;
mod batch_walk;
mod ends;
mod inputs;
mod joined;
mod ledger;
mod meaning;
mod replay;
mod walk;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::inputs::Input;
use crate::joined::{Joined, START};
use crate::ledger::Ledger;
use crate::replay::{Failure, Start};
use crate::walk::{Counts, Place, Walk};

const USAGE: &str = "usage: explore [DEPTH | --batch DEPTH | --replay START [INPUT,INPUT,…]]";

/// Every way that a machine can end. A walk that misses one shows too little.
const ENDS: [&str; 12] = [
    "Ambiguous",
    "Delivered",
    "Finished",
    "JobFailed",
    "NoResult",
    "NotSent",
    "PollRefused",
    "Rejected",
    "TimedOut",
    "Undeliverable",
    "Undelivered",
    "Unreachable",
];

/// Where walks begin. Made anew for each, since a law may break at once.
const STARTS: [(&str, Start); 5] = [
    ("upload", || Place::start(Joined::upload(false), Ledger::new(false, false))),
    ("upload-that-resends", || Place::start(Joined::upload(true), Ledger::new(true, false))),
    ("fresh-poller", || Place::start(Joined::fresh(), Ledger::new(false, true))),
    ("resumed-poller", || Place::start(Joined::resumed(START), Ledger::new(false, false))),
    ("download", || Place::start(Joined::download(START), Ledger::new(false, false))),
];

/// The walks of a batch, and whether it sends ambiguous uploads again.
const BATCHES: [(&str, bool); 2] = [("batch", false), ("batch-that-resends", true)];

fn main() -> ExitCode {
    replay::keep_panics();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let walked = match words[..] {
        [] => explore(6),
        [depth] => match depth.parse() {
            Ok(depth) => explore(depth),
            Err(_) => return usage(),
        },
        ["--batch", depth] => match depth.parse() {
            Ok(depth) => explore_batches(depth).map(drop),
            Err(_) => return usage(),
        },
        ["--replay", start, ref path @ ..] if start.starts_with("batch") => {
            let batch = BATCHES.into_iter().find(|(name, _)| *name == start);
            let inputs = path.iter().flat_map(|inputs| inputs.split(','));
            let path = inputs.map(batch_inputs::Input::by_name).collect::<Option<Vec<_>>>();
            let (Some((name, resends)), Some(path)) = (batch, path) else { return usage() };
            batch_walk::held(name, resends, &path).map(|()| println!("all laws hold"))
        }
        ["--replay", start, ref path @ ..] => {
            let start = STARTS.into_iter().find(|(name, _)| *name == start);
            let inputs = path.iter().flat_map(|inputs| inputs.split(','));
            let path = inputs.map(Input::by_name).collect::<Option<Vec<_>>>();
            let (Some((name, start)), Some(path)) = (start, path) else { return usage() };
            replay::held(name, start, &path).map(|()| println!("all laws hold"))
        }
        _ => return usage(),
    };
    match walked {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// Walks all starts. What it shows stands only where every end was reached.
fn explore(depth: u32) -> Result<(), Failure> {
    println!("depth {depth}, {} inputs in each state", inputs::all().len());
    let mut total = Counts::default();
    for (name, start) in STARTS {
        replay::held(name, start, &[])?;
        let counts = walk_all(name, start, depth)?;
        println!("{name:<20} {counts}");
        total.add(&counts);
    }
    total.add(&explore_batches(depth.saturating_sub(1))?);
    println!("{:<20} {total}", "all laws hold");
    for (end, count) in &total.ends {
        println!("{count:>14} ended {end}");
    }
    let missed: Vec<_> = ENDS.into_iter().filter(|end| !total.ends.contains_key(*end)).collect();
    if missed.is_empty() { Ok(()) } else { Err(Failure::NeverReached(missed)) }
}

fn explore_batches(depth: u32) -> Result<Counts, Failure> {
    let mut total = Counts::default();
    for (name, resends) in BATCHES {
        batch_walk::held(name, resends, &[])?;
        let counts = batch_walk::walk(name, resends, depth)?;
        println!("{name:<20} {counts}");
        total.add(&counts);
    }
    Ok(total)
}

/// Shares the first inputs out to all cores.
fn walk_all(name: &'static str, start: Start, depth: u32) -> Result<Counts, Failure> {
    let (firsts, next) = (inputs::all(), AtomicUsize::new(0));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let walks: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let (mut walk, place) = (Walk::new(), start());
                    while let Some(first) = firsts.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let step = AssertUnwindSafe(|| walk.step(&place, *first, depth));
                        if panic::catch_unwind(step).is_err() {
                            next.store(firsts.len(), Ordering::Relaxed);
                            return Err(walk.path);
                        }
                    }
                    Ok(walk.counts)
                })
            })
            .collect();
        let mut total = Counts::default();
        for walk in walks {
            match walk.join().expect("panics of a walk are caught") {
                Ok(counts) => total.add(&counts),
                Err(path) => {
                    return Err(replay::shortest(name, start, &path));
                }
            }
        }
        Ok(total)
    })
}
