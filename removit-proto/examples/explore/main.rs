//! Walks every sequence of inputs to the machines, to a depth, and checks their
//! laws in each state.
//!
//! ```sh
//! cargo run --release -p removit-proto --example explore          # depth 6
//! cargo run --release -p removit-proto --example explore -- 7     # deeper
//! ```
//!
//! An input is a class of answer or failure for the attempt under way, the same
//! for an attempt that is over, a jump in time (just before, at and after the
//! wake-up, far ahead, backwards), or a crash with a rebuild from stored state.
//! A law that does not hold panics with the whole sequence.

mod inputs;
mod joined;
mod ledger;
mod walk;

use std::process::ExitCode;
use std::thread;

use crate::joined::Joined;
use crate::walk::{Counts, Walk};

fn main() -> ExitCode {
    let depth = match std::env::args().nth(1).map(|text| text.parse()) {
        None => 6,
        Some(Ok(depth)) => depth,
        Some(Err(_)) => {
            eprintln!("usage: explore [DEPTH]");
            return ExitCode::from(2);
        }
    };
    let starts = [
        ("upload", false, Joined::upload(false)),
        ("upload that resends", true, Joined::upload(true)),
        ("poller of a fresh job", false, Joined::fresh()),
        ("poller of a resumed job", false, Joined::resumed()),
    ];
    let mut total = Counts::default();
    println!("depth {depth}, {} inputs in each state", inputs::all().len());
    for (name, resends, machine) in starts {
        let Some(counts) = walk_all(&Walk::new(resends, machine), depth) else {
            return ExitCode::FAILURE;
        };
        println!("{name:<24} {counts}");
        total.add(counts);
    }
    println!("{:<24} {total}", "all laws hold");
    ExitCode::SUCCESS
}

/// One thread for each first input: the walks share nothing. `None` where a law
/// does not hold.
#[expect(clippy::disallowed_methods, reason = "this is a program, not a machine")]
fn walk_all(walk: &Walk, depth: u32) -> Option<Counts> {
    let walks: Vec<_> = inputs::all()
        .into_iter()
        .map(|first| {
            let walk = walk.clone();
            thread::spawn(move || walk.beginning_with(first, depth))
        })
        .collect();
    let mut counts = Counts::default();
    for walk in walks {
        counts.add(walk.join().ok()?);
    }
    Some(counts)
}
