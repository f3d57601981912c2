//! What each schedule costs and what it brings: requests a job against the mean
//! delay until its end is seen, over kinds of jobs and shapes of progress.
//!
//! ```sh
//! cargo run --release -p removit-proto --example schedules                   # the table
//! cargo run --release -p removit-proto --example schedules -- --svg PATH     # and the plot
//! cargo run --release -p removit-proto --example schedules -- --jobs 100000  # with less noise
//! ```
//!
//! Every wait is a real `Poller`'s, in virtual time; answers come at once. The seeds
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
}

/// The schedules beside each other.
fn columns() -> [(&'static str, Column); 4] {
    let secs = Duration::from_secs;
    [
        ("every 3 s", Column::Of(Schedule::fixed(secs(3)))),
        ("by age", Column::Of(Schedule::ramp(secs(2), secs(5), secs(60)))),
        ("before", Column::Before),
        ("default", Column::Of(Schedule::default())),
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
    learned::print(jobs);
    learned::print_photos_an_hour(jobs);
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
            let cells = columns().map(|(_, column)| {
                let watched = durations.iter().zip(0..).map(|(duration, job)| match column {
                    Column::Of(schedule) => wait::watch(schedule, job, *duration, shape),
                    Column::Before => before::watch(job, *duration, shape),
                });
                Cell::mean(&watched.collect::<Vec<Watched>>())
            });
            table.push(kind, shape, cells.to_vec());
        }
    }
    table
}
