//! A storm over the vendor's side and the network, in virtual time, and then
//! the audit: what the vendor's account says against what the clients say.
//!
//! ```sh
//! cargo run --release -p removit-proto --features simulator --example soak               # a million jobs
//! cargo run --release -p removit-proto --features simulator --example soak -- --jobs 20000000
//! cargo run --release -p removit-proto --features simulator --example soak -- --world 17 # one world again
//! ```
//!
//! Each world has its own seed, vendor and clients. A law that does not hold
//! ends the run with the command that repeats that world alone.

mod audit;
mod bounds;
mod client;
mod clock;
mod dice;
mod faults;
mod manners;
mod network;
mod order;
mod shop;
mod tally;
mod world;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::tally::Tally;
use crate::world::JOBS_IN_A_WORLD;

#[expect(clippy::disallowed_methods, reason = "only the throughput is measured by the clock")]
fn main() -> ExitCode {
    let (first, worlds) = match arguments(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(arguments) => arguments,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    let began = Instant::now();
    match soak(first, worlds) {
        Some(total) => report(worlds, &total, began.elapsed()),
        None => ExitCode::FAILURE,
    }
}

/// The first world and how many there are.
fn arguments(words: &[String]) -> Result<(u64, u64), &'static str> {
    let usage = "usage: soak [--jobs N | --world N]";
    let number = |text: &String| text.parse::<u64>().map_err(|_| usage);
    match words {
        [] => Ok((0, 1_000_000 / JOBS_IN_A_WORLD)),
        [flag, n] if flag == "--jobs" => Ok((0, number(n)?.div_ceil(JOBS_IN_A_WORLD).max(1))),
        [flag, n] if flag == "--world" => Ok((number(n)?, 1)),
        _ => Err(usage),
    }
}

/// Runs the worlds on all cores. `None` where a law does not hold.
fn soak(first: u64, worlds: u64) -> Option<Tally> {
    let next = AtomicU64::new(first);
    let total = Mutex::new(Tally::default());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= first + worlds {
                            break;
                        }
                        let tally = world::run(number);
                        total.lock().unwrap_or_else(PoisonError::into_inner).add(&tally);
                    }
                })
            })
            .collect();
        workers.into_iter().all(|worker| worker.join().is_ok())
    })
    .then(|| total.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn report(worlds: u64, total: &Tally, took: Duration) -> ExitCode {
    let lines = |title: &str, counts: &BTreeMap<String, u64>| {
        println!("{title}");
        for (name, count) in counts {
            println!("  {count:>12}  {name}");
        }
    };
    lines("what happened", &total.happened);
    lines("how jobs ended", &total.ended);
    let faults: Vec<u64> =
        faults::names().filter_map(|name| total.happened.get(&name).copied()).collect();
    let rarest = faults.iter().min().unwrap_or(&0);
    println!(
        "{} kinds of fault and of bound, the rarest {rarest} times: {} in all",
        faults.len(),
        faults.iter().sum::<u64>(),
    );
    println!("latest end after the faults stopped: {:?} of virtual time", total.latest_end);
    println!("{} requests sent, {} of them arrived", total.exchanges, total.arrived);
    println!("{} photos in {} catalogues, each one batch", total.photos, total.catalogues);
    println!(
        "{} jobs in {worlds} worlds in {:.1} s, {:.0} a second; every law held",
        total.jobs,
        took.as_secs_f64(),
        Duration::from_secs(total.jobs).div_duration_f64(took),
    );
    let missed: Vec<_> =
        faults::names().filter(|name| !total.happened.contains_key(name)).collect();
    if worlds >= 1000 && !missed.is_empty() {
        eprintln!("never happened, so nothing is shown of it: {missed:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
