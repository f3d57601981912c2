//! What became of each mutant, in a file that a run that was cut off goes on with.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Mutex;

use crate::list::Mutant;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    DoesNotCompile,
    CannotBeSwitched,
    Noticed,
    /// Noticed, too: a test did not end.
    TimedOut,
    Missed,
    /// Missed: no test comes to where it is.
    NotReached,
}

const WORDS: [(Outcome, &str); 6] = [
    (Outcome::DoesNotCompile, "does not compile"),
    (Outcome::CannotBeSwitched, "cannot be switched"),
    (Outcome::Noticed, "noticed"),
    (Outcome::TimedOut, "timeout"),
    (Outcome::Missed, "missed"),
    (Outcome::NotReached, "not reached"),
];

impl Outcome {
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(one, _)| *one == self).map_or("", |(_, word)| word)
    }
}

impl FromStr for Outcome {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        WORDS.iter().find(|(_, one)| *one == word).map(|(one, _)| *one).ok_or(())
    }
}

/// The folder of a part's results.
#[derive(Debug)]
pub struct Results {
    folder: PathBuf,
    known: Mutex<(BTreeMap<String, Outcome>, File)>,
}

impl Results {
    /// Opens the results: those that there are, or none.
    pub fn open(folder: &Path, goes_on: bool) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join("results.tsv");
        if !goes_on {
            let _ = fs::remove_file(&path);
        }
        let lines = fs::read_to_string(&path).unwrap_or_default();
        let line = |line: &str| {
            let (name, rest) = line.split_once('\t')?;
            let outcome = rest.split('\t').next()?.parse().ok()?;
            Some((name.to_owned(), outcome))
        };
        let known = lines.lines().filter_map(line).collect();
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { folder: folder.to_owned(), known: Mutex::new((known, file)) })
    }

    pub fn of(&self, mutant: &Mutant) -> Option<Outcome> {
        self.known.lock().expect("no thread panics").0.get(&mutant.name).copied()
    }

    /// Keeps what became of a mutant, and by which test.
    pub fn keep(&self, mutant: &Mutant, outcome: Outcome, test: &str) -> io::Result<()> {
        let mut known = self.known.lock().expect("no thread panics");
        if known.0.insert(mutant.name.clone(), outcome) == Some(outcome) {
            return Ok(());
        }
        let line = format!("{}\t{}\t{test}\n", mutant.name, outcome.word());
        known.1.write_all(line.as_bytes())
    }

    /// Writes the lists of what survived and of what is left to cargo-mutants, and says all in a line.
    pub fn sum_up(&self, part: &str, mutants: &[&Mutant]) -> io::Result<String> {
        let of = |outcomes: &[Outcome]| {
            let is_one =
                |mutant: &&&Mutant| self.of(mutant).is_some_and(|one| outcomes.contains(&one));
            mutants.iter().filter(is_one).map(|mutant| mutant.name.as_str()).collect::<Vec<_>>()
        };
        let write = |name: &str, list: &[&str]| {
            let lines = list.iter().map(|name| format!("{name}\n")).collect::<String>();
            fs::write(self.folder.join(name), lines)
        };
        let (missed, unreached) = (of(&[Outcome::Missed]), of(&[Outcome::NotReached]));
        let rest = of(&[Outcome::CannotBeSwitched]);
        write("missed.txt", &missed)?;
        write("not-reached.txt", &unreached)?;
        write("rest.txt", &rest)?;
        let noticed = of(&[Outcome::Noticed, Outcome::TimedOut]).len();
        let (missed, unreached) = (missed.len(), unreached.len());
        let tried = (noticed + missed + unreached).max(1) as f64;
        Ok(format!(
            "{part}: {} mutants, {} do not compile, {} cannot be switched, {noticed} noticed ({:.1} of 100 \
             that were tried), {missed} missed, {unreached} reached by no test",
            mutants.len(),
            of(&[Outcome::DoesNotCompile]).len(),
            rest.len(),
            100.0 * noticed as f64 / tried,
        ))
    }
}
