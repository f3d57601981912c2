//! Runs cases side by side: most of them wait most of the time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::case::Case;
use super::held::Miss;
use super::report::{Finding, Report, Verdict};
use super::subject::Subject;
use super::trial::Trial;

/// How many cases run at once.
const WORKERS: usize = 12;

pub(super) fn run(subject: &Subject<'_>, cases: &[Case]) -> Report {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::with_capacity(cases.len()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { break };
                    let finding = try_case(subject, case);
                    found.lock().unwrap_or_else(PoisonError::into_inner).push((at, finding));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    Report::new(found.into_iter().map(|(_, finding)| finding).collect())
}

fn try_case(subject: &Subject<'_>, case: &Case) -> Finding {
    let began = Instant::now();
    let trial = Trial::new(subject, case.name);
    let tried = catch_unwind(AssertUnwindSafe(|| (case.run)(&trial)));
    let verdict = match tried {
        Ok(Ok(())) => Verdict::Held,
        Ok(Err(Miss::Failed(seen))) => Verdict::Failed(seen),
        Ok(Err(Miss::Skipped(why))) => Verdict::Skipped(why.to_owned()),
        Err(_) => Verdict::Failed("the transport panicked".to_owned()),
    };
    let (took, played) = (began.elapsed(), trial.played());
    Finding { case: case.name, level: case.level, rule: case.rule, verdict, played, took }
}
