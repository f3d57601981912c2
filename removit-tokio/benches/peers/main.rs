//! What a job costs with these crates, and what it costs with what a user would pick
//! instead: the same work against the same server, one process a row.
//!
//! ```text
//! cargo bench -p removit-tokio --features reqwest --bench peers [-- WORK ...]
//! cargo bench -p removit-tokio --features reqwest --bench peers -- --counts [--record]
//! cargo bench -p removit-tokio --features reqwest --bench peers --profile dev -- --allocations
//! ```
//!
//! The first prints a table for each work (`core-json`, `core-multipart`, `json`,
//! `multipart`, `large`); how to read it is in `BENCHMARKS.md`. The second compares the
//! counts of our own rows with the recorded ones and fails where one rose. Instructions
//! are counted by callgrind where valgrind is installed. The third compares allocations
//! alone, which are as many in any profile. Needs `/proc`: Linux only.

mod answers;
mod by_hand;
mod core_alone;
mod counts;
mod measured;
mod ours;
mod rows;
mod serve;
mod with_hyper;
mod with_reqwest;
mod with_ureq;
mod worker;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use counts::Counted;
use measured::{Cost, Server, has_valgrind, instructions, plain};
use rows::{ALL, Row, Work};
use worker::Place;

fn main() -> io::Result<ExitCode> {
    if !cfg!(target_os = "linux") {
        println!("SKIPPED: processes are measured in /proc, which only Linux has");
        return Ok(ExitCode::SUCCESS);
    }
    // `cargo bench` adds a flag of its own.
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let arguments: Vec<String> = arguments.collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve"] => serve::serve()?,
        ["worker", work, who, jobs, base_url, photo] => {
            let place = Place { base_url, photo: Path::new(photo) };
            let jobs = jobs.parse().map_err(io::Error::other)?;
            let seen = worker::work(work, who, jobs, place)?;
            println!("{} {} {}", seen.allocations, seen.processor, seen.peak);
        }
        _ => return measure(&words),
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(words: &[&str]) -> io::Result<ExitCode> {
    let server = Server::start()?;
    let folder = tempfile::tempdir()?;
    let place = |work: &Work| photo(folder.path(), work);
    let allocations = words.contains(&"--allocations");
    if allocations || words.contains(&"--counts") {
        let what = match (allocations, words.contains(&"--record")) {
            (true, _) => Counted::Allocations,
            (false, true) => Counted::AllAnew,
            (false, false) => Counted::All,
        };
        let well = counts::check(place, &server.base_url, what)?;
        return Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    for work in ALL.iter().filter(|work| words.is_empty() || words.contains(&work.name)) {
        let photo = place(work)?;
        table(work, Place { base_url: &server.base_url, photo: &photo })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A sparse file that begins like a PNG.
fn photo(folder: &Path, work: &Work) -> io::Result<PathBuf> {
    let path = folder.join(format!("{}.png", work.name));
    let mut file = File::create(&path)?;
    file.write_all(b"\x89PNG\r\n\x1a\n")?;
    file.set_len(work.photo.max(8))?;
    // In memory for the first row as for the others.
    io::copy(&mut File::open(&path)?, &mut io::sink())?;
    Ok(path)
}

fn table(work: &Work, place: Place<'_>) -> io::Result<()> {
    println!("\n### {}\n", work.title);
    println!("| | instructions | allocations | processor, ms | peak, MiB |");
    println!("|---|---|---|---|---|");
    let mut costs: Vec<(&Row, Cost)> = Vec::new();
    for row in work.rows {
        let mut cost = plain(work.name, row.who, work.jobs, place)?;
        if work.traced > 0 && has_valgrind() && row.who != "curl" {
            cost.instructions = Some(instructions(work.name, row.who, work.traced, place)?);
        }
        print(row.title, cost);
        costs.push((row, cost));
    }
    let of = |who| costs.iter().find(|(row, _)| row.who == who).map(|(_, cost)| *cost);
    for (row, cost) in &costs {
        let Some(beside) = row.beside.and_then(of) else { continue };
        let title = format!("{} beside {}", row.title, row.beside.unwrap_or_default());
        println!(
            "| **{title}** | {} | {} | {:.2} | {:.2} |",
            ratio(cost.instructions, beside.instructions),
            ratio(cost.allocations, beside.allocations),
            cost.processor / beside.processor,
            cost.peak / beside.peak,
        );
    }
    Ok(())
}

fn print(title: &str, cost: Cost) {
    let count = |count: Option<f64>| count.map_or("–".to_owned(), |count| format!("{count:.0}"));
    let (instructions, allocations) = (count(cost.instructions), count(cost.allocations));
    println!(
        "| {title} | {instructions} | {allocations} | {:.3} | {:.1} |",
        cost.processor, cost.peak
    );
}

fn ratio(ours: Option<f64>, theirs: Option<f64>) -> String {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => format!("{:.2}", ours / theirs),
        _ => "–".to_owned(),
    }
}
