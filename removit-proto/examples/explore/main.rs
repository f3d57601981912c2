//! Walks every sequence of inputs to the machines, to a depth, and checks their
//! laws in each state.
//!
//! ```sh
//! cargo run --release -p removit-proto --example explore          # six deep
//! cargo run --release -p removit-proto --example explore -- 7     # deeper
//! cargo run --release -p removit-proto --example explore -- --replay upload NoConnection,ToWakeup
//! ```
//!
//! An input is a class of answer or failure for the attempt under way, a jump in
//! time (just before, at and after the wake-up, far ahead, backwards), a crash
//! with a rebuild from the stored state, or one with the job's id alone. In each
//! state the driver also asks twice, and outcomes of attempts that are over
//! arrive again: both must change nothing. A law that does not hold ends the
//! walk with the shortest sequence found and the command that repeats it.

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
use crate::replay::Failure;
use crate::walk::{Counts, Place, Walk};

const USAGE: &str = "usage: explore [DEPTH | --replay START INPUT,INPUT,…]";

/// Every way that a machine can end. A walk that misses one shows too little.
const ENDS: [&str; 11] = [
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
];

fn starts() -> [(&'static str, Place); 5] {
    let place = |resends, fresh, machine| Place::start(machine, Ledger::new(resends, fresh));
    [
        ("upload", place(false, false, Joined::upload(false))),
        ("upload-that-resends", place(true, false, Joined::upload(true))),
        ("fresh-poller", place(false, true, Joined::fresh())),
        ("resumed-poller", place(false, false, Joined::resumed(START))),
        ("download", place(false, false, Joined::download(START))),
    ]
}

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
        ["--replay", start, path] => {
            let start = starts().into_iter().find(|(name, _)| *name == start);
            let path = path.split(',').map(Input::by_name).collect::<Option<Vec<_>>>();
            let (Some((name, place)), Some(path)) = (start, path) else { return usage() };
            let walked = replay::replay(&place, &path).map(|()| println!("all laws hold"));
            walked.map_err(|law| Failure::Violation { start: name, path, law })
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
    for (name, place) in starts() {
        let counts = walk_all(name, &place, depth)?;
        println!("{name:<20} {counts}");
        total.add(&counts);
    }
    println!("{:<20} {total}", "all laws hold");
    for (end, count) in &total.ends {
        println!("{count:>14} ended {end}");
    }
    let missed: Vec<_> = ENDS.into_iter().filter(|end| !total.ends.contains_key(*end)).collect();
    if missed.is_empty() { Ok(()) } else { Err(Failure::NeverReached(missed)) }
}

/// Shares the first inputs out to all cores.
fn walk_all(name: &'static str, place: &Place, depth: u32) -> Result<Counts, Failure> {
    let (firsts, next) = (inputs::all(), AtomicUsize::new(0));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let walks: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let mut walk = Walk::new();
                    while let Some(first) = firsts.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let step = AssertUnwindSafe(|| walk.step(place, *first, depth));
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
                    return Err(replay::shortest(name, place, &path));
                }
            }
        }
        Ok(total)
    })
}
