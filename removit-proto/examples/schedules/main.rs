//! What each schedule costs and what it brings: requests a job against the mean
//! delay until its end is seen, over kinds of jobs and shapes of progress.
//!
//! ```sh
//! cargo run --release -p removit-proto --example schedules                   # the table
//! cargo run --release -p removit-proto --example schedules -- --svg PATH     # and the plot
//! cargo run --release -p removit-proto --example schedules -- --jobs 100000  # with less noise
//! ```
//!
//! Two more tables show a batch that learns how long its jobs take: in a jam, and on a
//! budget. Every wait is a real `Poller`'s or `Batch`'s, in virtual time; answers come at once. The seeds
//! are fixed, so that the same code prints the same table on every machine.

mod before;
mod catalogue;
mod dice;
mod jobs;
mod learned;
mod plot;
mod progress;
mod table;
mod wait;

use std::process::ExitCode;
use std::time::Duration;

use removit_proto::Schedule;

use crate::jobs::Kind;
use crate::progress::Shape;
use crate::table::{Cell, Table};
use crate::wait::Watched;

const USAGE: &str = "usage: schedules [--jobs N] [--svg PATH]";

/// A column of the table.
#[derive(Clone, Copy)]
enum Column {
    Of(Schedule),
    Before,
    /// The default, in a batch that saw other jobs of the kind before.
    Learned,
}

/// The schedules beside each other.
fn columns() -> [(&'static str, Column); 5] {
    let secs = Duration::from_secs;
    [
        ("every 3 s", Column::Of(Schedule::fixed(secs(3)))),
        ("by age", Column::Of(Schedule::ramp(secs(2), secs(5), secs(60)))),
        ("before", Column::Before),
        ("default", Column::Of(Schedule::default())),
        ("learned in a batch", Column::Learned),
    ]
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((jobs, svg)) = arguments(&words) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let table = simulate(jobs);
    print!("{table}");
    learned::print_jam();
    learned::print_photos_an_hour(jobs * 5);
    if let Some(path) = svg {
        if let Err(error) = std::fs::write(&path, plot::draw(&table)) {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn arguments(words: &[String]) -> Option<(u32, Option<String>)> {
    let (mut jobs, mut svg) = (600, None);
    for pair in words.chunks(2) {
        match pair {
            [flag, n] if flag == "--jobs" => jobs = n.parse().ok().filter(|n| *n > 0)?,
            [flag, path] if flag == "--svg" => svg = Some(path.clone()),
            _ => return None,
        }
    }
    Some((jobs, svg))
}

/// Each schedule watches the same jobs.
fn simulate(jobs: u32) -> Table {
    let mut table = Table::new(jobs, columns().map(|(name, _)| name).to_vec());
    for kind in Kind::ALL {
        let durations = kind.durations(jobs);
        for shape in Shape::ALL {
            let each = |watch: &dyn Fn(u64, Duration) -> Watched| {
                durations.iter().zip(0..).map(|(duration, job)| watch(job, *duration)).collect()
            };
            let cells = columns().map(|(_, column)| {
                Cell::mean(&match column {
                    Column::Of(schedule) => {
                        each(&|job, duration| wait::watch(schedule, job, duration, shape))
                    }
                    Column::Before => each(&|job, duration| before::watch(job, duration, shape)),
                    Column::Learned => learned::watch(kind, &durations, shape),
                })
            });
            table.push(kind, shape, cells.to_vec());
        }
    }
    table
}
