//! What a batch gains that learns how long its jobs take: by itself, while its queue jams,
//! and on a budget.

use std::time::Duration;

use crate::catalogue::Shop;
use crate::dice::Dice;
use crate::jobs::Kind;
use crate::progress::Shape;
use crate::table::Cell;
use crate::wait::Watched;

/// So many jobs come before what is learned counts.
const LESSONS: u32 = 100;
/// When the queue jams, by the number of the job.
const JAM: std::ops::Range<u32> = 500..1000;

/// Watches jobs in a batch that saw others of their kind before; one comes each second.
pub(crate) fn watch(kind: Kind, durations: &[Duration], shape: Shape) -> Vec<Watched> {
    let mut all = kind.lessons(LESSONS);
    all.extend(durations);
    Shop::unhurried(true).watch(&all, shape).jobs.split_off(LESSONS as usize)
}

/// Prints what becomes of a batch whose queue jams.
pub(crate) fn print_jam() {
    println!();
    println!(
        "A batch to which a job comes each second: requests a job / mean delay in seconds. Its \
         jobs take around 20 s; 500 of them ten times as long, as the queue jams."
    );
    println!();
    println!("| jobs | progress | default | learned |");
    println!("|---|---|---|---|");
    let durations = jam();
    for shape in [Shape::Absent, Shape::Honest] {
        let [default, learned] =
            [false, true].map(|learns| Shop::unhurried(learns).watch(&durations, shape).jobs);
        for (name, jobs) in [
            ("20 s, the first 100 of all", 0..100),
            ("20 s, before the jam", 100..500),
            ("200 s, the first 100 in the jam", 500..600),
            ("200 s, in the jam", 600..1000),
            ("20 s, the first 100 after it", 1000..1100),
            ("20 s, after it", 1100..1500),
        ] {
            let cell = |watched: &[Watched]| Cell::mean(&watched[jobs.clone()]);
            println!("| {name} | {} | {} | {} |", shape.name(), cell(&default), cell(&learned));
        }
    }
}

/// Prints how many photos an hour go through a budget, before and after.
pub(crate) fn print_photos_an_hour(photos: u32) {
    println!();
    println!(
        "Photos an hour through a budget of 10 requests a second / mean delay in seconds, of \
         {photos} photos that are all there at once."
    );
    println!();
    println!("| jobs | progress | default | learned |");
    println!("|---|---|---|---|");
    for kind in Kind::ALL {
        let durations = kind.durations(photos);
        for shape in [Shape::Absent, Shape::Honest, Shape::Tenths] {
            let [default, learned] =
                [false, true].map(|learns| photos_an_hour(learns, &durations, shape));
            println!("| {} | {} | {default} | {learned} |", kind.name(), shape.name());
        }
    }
}

fn photos_an_hour(learns: bool, durations: &[Duration], shape: Shape) -> String {
    let catalogue = Shop::on_a_budget(learns).watch(durations, shape);
    // Without the beginning, when none is done, and the end, when none is sent.
    let seen = &catalogue.seen[durations.len() / 5..durations.len() * 4 / 5];
    let hours = (seen[seen.len() - 1] - seen[0]).as_secs_f64() / 3600.0;
    let delay = Cell::mean(&catalogue.jobs).delay;
    format!("{:.0} / {delay:.2}", seen.len() as f64 / hours)
}

fn jam() -> Vec<Duration> {
    let mut dice = Dice::new(20);
    let draw = |job: u32| {
        let usual = Kind::Twenty.draw(&mut dice);
        if JAM.contains(&job) { usual * 10 } else { usual }
    };
    (0..1500).map(draw).collect()
}
