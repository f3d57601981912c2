//! What a batch gains that learns how long its jobs take, as two more tables.

use std::time::Duration;

use crate::catalogue::Shop;
use crate::dice::Dice;
use crate::jobs::Kind;
use crate::progress::Shape;
use crate::table::Cell;

/// So many jobs come before what is learned counts.
const LESSONS: usize = 100;
const SHAPES: [Shape; 6] =
    [Shape::Absent, Shape::Honest, Shape::Tenths, Shape::Front, Shape::Back, Shape::Stuck];

/// Prints the requests a job and the delay of batches that learn beside others.
pub(crate) fn print(jobs: u32) {
    println!();
    println!(
        "A batch to which a job comes each second: requests a job / mean delay in seconds, of \
         {jobs} jobs after the first {LESSONS}."
    );
    println!();
    println!("| jobs | progress | default | learned |");
    println!("|---|---|---|---|");
    for kind in Kind::ALL {
        let durations = kind.durations(jobs + LESSONS as u32);
        for shape in SHAPES {
            let cells = both(&durations, shape, LESSONS..durations.len());
            println!("| {} | {} | {} |", kind.name(), shape.name(), cells);
        }
    }
    let durations = jam();
    for shape in [Shape::Absent, Shape::Honest] {
        for (name, jobs) in [
            ("20 s, before the queue jams", 100..500),
            ("200 s, the first 100 in the jam", 500..600),
            ("200 s, in the jam", 600..1000),
            ("20 s, the first 100 after it", 1000..1100),
            ("20 s, after it", 1100..1500),
        ] {
            println!("| {name} | {} | {} |", shape.name(), both(&durations, shape, jobs));
        }
    }
}

/// Prints how many photos an hour go through a budget, before and after.
pub(crate) fn print_photos_an_hour(jobs: u32) {
    println!();
    println!(
        "Photos an hour through a budget of 10 requests a second / mean delay in seconds, of {} \
         photos that are all there at once.",
        jobs * 5
    );
    println!();
    println!("| jobs | progress | default | learned |");
    println!("|---|---|---|---|");
    for kind in Kind::ALL {
        let durations = kind.durations(jobs * 5);
        for shape in [Shape::Absent, Shape::Honest, Shape::Tenths] {
            let cell = |learns| {
                let catalogue = Shop::on_a_budget(learns).watch(&durations, shape);
                // Without the beginning, when none is done, and the end, when none is sent.
                let seen = &catalogue.seen[durations.len() / 5..durations.len() * 4 / 5];
                let hours = (seen[seen.len() - 1] - seen[0]).as_secs_f64() / 3600.0;
                let delay = Cell::mean(&catalogue.jobs).delay;
                format!("{:.0} / {delay:.2}", seen.len() as f64 / hours)
            };
            println!("| {} | {} | {} | {} |", kind.name(), shape.name(), cell(false), cell(true));
        }
    }
}

fn both(durations: &[Duration], shape: Shape, jobs: std::ops::Range<usize>) -> String {
    let cell = |learns| {
        Cell::mean(&Shop::unhurried(learns).watch(durations, shape).jobs[jobs.clone()])
    };
    format!("{} | {}", cell(false), cell(true))
}

/// A queue jams, and runs again: for 500 jobs all takes ten times as long.
fn jam() -> Vec<Duration> {
    let mut dice = Dice::new(20);
    let draw = |job: u32| {
        let usual = Kind::Twenty.draw(&mut dice);
        if (500..1000).contains(&job) { usual * 10 } else { usual }
    };
    (0..1500).map(draw).collect()
}
