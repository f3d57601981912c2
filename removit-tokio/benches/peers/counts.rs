//! The short form: counts that a change must not raise by more than 3 % unsaid.
//!
//! Counts of one compiler are stable, those of another are not: instructions are judged
//! only where the compiler is the one that they were recorded with.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::measured::{has_valgrind, instructions, plain};
use crate::rows::{ALL, Work};
use crate::worker::Place;

/// How much more is too much.
const MOST: f64 = 1.03;
/// Fewer jobs do for counts.
const JOBS: usize = 200;

/// What is counted, and what then.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Instructions and allocations, and compared.
    All,
    /// The same, and recorded.
    AllAnew,
    /// Allocations, and compared.
    Allocations,
}

/// Counts anew, and compares with what is recorded, or records it. Whether all is well.
pub(crate) fn check(
    place: impl Fn(&Work) -> io::Result<PathBuf>,
    base_url: &str,
    what: Counted,
) -> io::Result<bool> {
    let compiler = compiler()?;
    let with_instructions = what != Counted::Allocations && has_valgrind();
    if !with_instructions && what != Counted::Allocations {
        println!("SKIPPED instructions: valgrind is not installed");
    }
    let mut counts = BTreeMap::new();
    for work in ALL.iter().filter(|work| work.traced > 0) {
        let photo = place(work)?;
        let place = Place { base_url, photo: &photo };
        for row in work.rows.iter().filter(|row| row.held) {
            let key = |what: &str| format!("{} {} {what}", work.name, row.who);
            let cost = plain(work.name, row.who, JOBS, place)?;
            counts.insert(key("allocations"), cost.allocations.unwrap_or_default());
            if with_instructions {
                let count = instructions(work.name, row.who, work.traced, place)?;
                counts.insert(key("instructions"), count);
            }
        }
    }
    if what == Counted::AllAnew {
        let lines = counts.iter().map(|(key, count)| format!("{key} {count:.1}\n"));
        fs::write(file(), format!("# {compiler}\n{}", lines.collect::<String>()))?;
        println!("recorded in {}", file().display());
        return Ok(true);
    }
    compare(&fs::read_to_string(file())?, &compiler, &counts)
}

fn compare(recorded: &str, compiler: &str, counts: &BTreeMap<String, f64>) -> io::Result<bool> {
    let same =
        recorded.lines().next().is_some_and(|line| line.trim_start_matches("# ") == compiler);
    if !same && counts.keys().any(|key| key.ends_with("instructions")) {
        println!("SKIPPED instructions: they were recorded with another compiler than {compiler}");
    }
    let mut all_well = true;
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        let (key, before) = line.rsplit_once(' ').unwrap_or((line, ""));
        let before: f64 = before.parse().map_err(io::Error::other)?;
        let Some(now) = counts.get(key) else { continue };
        let judged = same || !key.ends_with("instructions");
        let too_many = judged && *now > before * MOST;
        let word = if too_many { "TOO MANY" } else { "ok" };
        println!("{key:<36} {before:>10.1} recorded, {now:>10.1} now  {word}");
        all_well &= !too_many;
    }
    if !all_well {
        println!("A count rose by more than 3 %. Where that is meant, say why and record it anew:");
        println!(
            "cargo bench -p removit-tokio --features reqwest --bench peers -- --counts --record"
        );
    }
    Ok(all_well)
}

fn compiler() -> io::Result<String> {
    let said = Command::new("rustc").arg("--version").output()?.stdout;
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/peers/counts.txt")
}
