//! Tries each mutant with the tests that reach it, until one notices. First come those that noticed another
//! mutant of the same file, and then the quickest.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use crate::list::Mutant;
use crate::results::{Outcome, Results};
use crate::tests::{self, Ended, Test};

/// A test that takes longer is no shortcut.
const SHORT: Duration = Duration::from_secs(2);

/// The tests that noticed a mutant, by the mutant's file.
type Attentive<'a> = Mutex<HashMap<&'a str, HashSet<String>>>;

/// Tries mutants, several at a time; the quickest of the tests are first.
pub fn all(
    mutants: &[(usize, &Mutant)],
    tests: &[Test],
    results: &Results,
    jobs: usize,
    temporary: &Path,
) -> io::Result<()> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    let attentive = Attentive::default();
    tests::in_parallel(jobs, temporary, |temporary| {
        while let Some((done, &(number, mutant))) = tests::take(mutants, &next) {
            let (outcome, test) =
                one(number, &ordered(mutant, number, tests, &attentive), temporary);
            if done % 50 == 0 || matches!(outcome, Outcome::Missed | Outcome::TimedOut) {
                eprintln!("{done} of {}: {}: {}", mutants.len(), outcome.word(), mutant.name);
            }
            let name = test.map(Test::full_name).unwrap_or_default();
            if test.is_some_and(|test| test.took < SHORT) {
                let mut attentive = attentive.lock().expect("no thread panics");
                attentive.entry(&mutant.file).or_default().insert(name.clone());
            }
            if let Err(error) = results.keep(mutant, outcome, &name) {
                *failed.lock().expect("no thread panics") = Some(error);
                return;
            }
        }
    });
    failed.into_inner().expect("no thread panics").map_or(Ok(()), Err)
}

/// The tests that reach a mutant, in the order in which they are tried.
fn ordered<'a>(
    mutant: &Mutant,
    number: usize,
    tests: &'a [Test],
    attentive: &Attentive<'_>,
) -> Vec<&'a Test> {
    let mut reaching =
        tests.iter().filter(|test| test.reached.contains(&number)).collect::<Vec<_>>();
    let attentive = attentive.lock().expect("no thread panics");
    if let Some(names) = attentive.get(mutant.file.as_str()) {
        reaching.sort_by_key(|test| !names.contains(&test.full_name()));
    }
    reaching
}

fn one<'a>(number: usize, tests: &[&'a Test], temporary: &Path) -> (Outcome, Option<&'a Test>) {
    let mut outcome = Outcome::NotReached;
    for &test in tests {
        outcome = Outcome::Missed;
        // A test that fails once may have failed for another reason, such as the load.
        let mut ended = test.with(number, temporary);
        if ended == Ended::Failed {
            ended = test.with(number, temporary);
        }
        match ended {
            Ended::Passed => {}
            Ended::Failed => return (Outcome::Noticed, Some(test)),
            Ended::TimedOut => return (Outcome::TimedOut, Some(test)),
        }
    }
    (outcome, None)
}
