//! Compiles all mutants of a part into one build, in which a variable says which of them is on, and tries
//! each with the tests that reach it: `bash .ci/mutants at-once PART`.
//!
//! It never changes the workspace: what it writes is in `target/at-once/PART`.

mod compile;
mod edits;
mod errors;
mod list;
mod places;
mod results;
mod rewrite;
mod tests;
mod try_each;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use regex::Regex;

use compile::Build;
use errors::LeftOut;
use list::Mutant;
use results::{Outcome, Results};

const USAGE: &str = "at_once PART [--only REGEX] [--shard K/N] [--jobs N] [--go-on] [--list] \
                     -- SELECTION OF CARGO-MUTANTS -- TESTS";

struct Args {
    part: String,
    only: Option<Regex>,
    shard: (usize, usize),
    jobs: usize,
    goes_on: bool,
    is_list: bool,
    selection: Vec<String>,
    tests: Vec<String>,
}

impl Args {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut args = Self {
            part: words.next()?,
            only: None,
            shard: (0, 1),
            jobs: 8,
            goes_on: false,
            is_list: false,
            selection: Vec::new(),
            tests: Vec::new(),
        };
        loop {
            match words.next()?.as_str() {
                "--only" => args.only = Some(Regex::new(&words.next()?).ok()?),
                "--shard" => {
                    let shard = words.next()?;
                    let (number, of) = shard.split_once('/')?;
                    args.shard = (number.parse().ok()?, of.parse().ok()?);
                }
                "--jobs" => args.jobs = words.next()?.parse().ok()?,
                "--go-on" => args.goes_on = true,
                "--list" => args.is_list = true,
                "--" => break,
                _ => return None,
            }
        }
        args.selection = words.by_ref().take_while(|word| word != "--").collect();
        args.tests = words.collect();
        (args.shard.0 < args.shard.1).then_some(args)
    }

    /// What is to be tried, in this shard.
    fn chosen<'a>(&self, mutants: &'a [Mutant]) -> Vec<(usize, &'a Mutant)> {
        let is_meant =
            |mutant: &&Mutant| self.only.as_ref().is_none_or(|only| only.is_match(&mutant.name));
        let meant = mutants.iter().enumerate().filter(|(_, mutant)| is_meant(mutant));
        meant.skip(self.shard.0).step_by(self.shard.1).collect()
    }
}

fn main() -> ExitCode {
    let Some(args) = Args::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&args) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<String, String> {
    let root = std::env::current_dir().map_err(|error| error.to_string())?;
    let out = root.join("target/at-once").join(&args.part);
    let mutants = list::of(&root, &args.selection)?;
    let chosen = args.chosen(&mutants);
    if args.is_list {
        return Ok(chosen.iter().map(|(number, one)| format!("{number} {}\n", one.name)).collect());
    }
    let results = Results::open(&out, args.goes_on).map_err(|error| error.to_string())?;
    let mut left_out = known(&mutants, &results);
    let package = args.selection.iter().skip_while(|word| *word != "--package").nth(1);
    let build = Build {
        root: &root,
        tree: out.join("tree"),
        target: out.join("build"),
        package: package.ok_or("the selection names no package")?.clone(),
        tests: &args.tests,
    };
    let programs = build.all(&mutants, &mut left_out)?;
    let tests = tests::of(&programs)?;
    eprintln!(
        "{} mutants, {} of them left out, {} tests",
        mutants.len(),
        left_out.len(),
        tests.len()
    );
    let temporary = tests::temporary();
    keep(&mutants, &left_out, &results).map_err(|error| error.to_string())?;
    let tried = try_all(args, &chosen, &results, tests, &out, &temporary);
    let _ = std::fs::remove_dir_all(&temporary);
    tried.map_err(|error| error.to_string())?;
    let chosen = chosen.into_iter().map(|(_, mutant)| mutant).collect::<Vec<_>>();
    results.sum_up(&args.part, &chosen).map_err(|error| error.to_string())
}

/// Those of which a run before knows that they cannot be tried.
fn known(mutants: &[Mutant], results: &Results) -> BTreeMap<usize, LeftOut> {
    let why = |mutant| match results.of(mutant)? {
        Outcome::DoesNotCompile => Some(LeftOut::DoesNotCompile),
        Outcome::CannotBeSwitched => Some(LeftOut::CannotBeSwitched),
        _ => None,
    };
    let known = mutants.iter().enumerate().filter_map(|(number, one)| Some((number, why(one)?)));
    known.collect()
}

fn keep(
    mutants: &[Mutant],
    left_out: &BTreeMap<usize, LeftOut>,
    results: &Results,
) -> std::io::Result<()> {
    left_out.iter().try_for_each(|(&number, why)| {
        let outcome = match why {
            LeftOut::DoesNotCompile => Outcome::DoesNotCompile,
            LeftOut::CannotBeSwitched => Outcome::CannotBeSwitched,
        };
        results.keep(&mutants[number], outcome, "")
    })
}

fn try_all(
    args: &Args,
    chosen: &[(usize, &Mutant)],
    results: &Results,
    tests: Vec<tests::Test>,
    out: &Path,
    temporary: &Path,
) -> std::io::Result<()> {
    let tests = tests::baseline(tests, args.jobs, out, temporary)?;
    let left = chosen.iter().copied().filter(|(_, mutant)| results.of(mutant).is_none());
    let left = left.collect::<Vec<_>>();
    eprintln!("{} tests pass without a mutant, {} mutants to try", tests.len(), left.len());
    try_each::all(&left, &tests, results, args.jobs, temporary)
}
