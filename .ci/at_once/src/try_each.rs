//! Tries each mutant with the tests that reach it, the quickest first, until one notices.

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use crate::list::Mutant;
use crate::results::{Outcome, Results};
use crate::tests::{self, Ended, Test};

/// Tries mutants, several at a time; the tests are in the order in which they are tried.
pub fn all(
    mutants: &[(usize, &Mutant)],
    tests: &[Test],
    results: &Results,
    jobs: usize,
    temporary: &Path,
) -> io::Result<()> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    tests::in_parallel(jobs, temporary, |temporary| {
        while let Some((done, &(number, mutant))) = tests::take(mutants, &next) {
            let (outcome, test) = one(number, tests, temporary);
            if done % 50 == 0 || matches!(outcome, Outcome::Missed | Outcome::TimedOut) {
                eprintln!("{done} of {}: {}: {}", mutants.len(), outcome.word(), mutant.name);
            }
            let name = test.map(Test::full_name).unwrap_or_default();
            if let Err(error) = results.keep(mutant, outcome, &name) {
                *failed.lock().expect("no thread panics") = Some(error);
                return;
            }
        }
    });
    failed.into_inner().expect("no thread panics").map_or(Ok(()), Err)
}

fn one<'a>(number: usize, tests: &'a [Test], temporary: &Path) -> (Outcome, Option<&'a Test>) {
    let mut outcome = Outcome::NotReached;
    for test in tests.iter().filter(|test| test.reached.contains(&number)) {
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
