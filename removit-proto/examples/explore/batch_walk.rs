//! The walk over every order of events of a batch. A batch has no copy, so each
//! sequence begins anew.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::batch_inputs::{self, Input};
use crate::batch_run::Run;
use crate::replay::{self, Failure};
use crate::walk::Counts;

/// Every sequence begins with these: intents that are stored, and requests under way.
const OPENING: [Input; 4] = [Input::TakeEvents, Input::Store, Input::Wake, Input::Wake];

/// Takes one sequence from the start; `None` where its last input cannot happen.
fn run(resends: bool, path: &[Input]) -> Option<Run> {
    let mut run = Run::start(resends);
    for input in OPENING {
        run.take(input);
    }
    path.iter().all(|input| run.take(*input)).then_some(run)
}

/// Walks one sequence to its end; inputs that cannot happen are left out.
fn replay(resends: bool, path: &[Input]) -> Result<(), String> {
    replay::caught(|| {
        let mut run = run(resends, &[]).expect("the opening");
        for input in path {
            run.take(*input);
        }
        run.finish();
    })
}

fn step(counts: &mut Counts, resends: bool, path: &mut Vec<Input>, depth: u32) {
    let Some(mut run) = run(resends, path) else { return };
    counts.states += 1;
    if depth == 0 {
        run.finish();
        counts.sequences += 1;
        return;
    }
    for input in batch_inputs::all() {
        path.push(input);
        step(counts, resends, path, depth - 1);
        path.pop();
    }
}

/// Walks all sequences, the first inputs shared out to all cores.
pub(crate) fn walk(name: &'static str, resends: bool, depth: u32) -> Result<Counts, Failure> {
    let (firsts, next) = (batch_inputs::all(), AtomicUsize::new(0));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let walks = thread::scope(|scope| {
        let walk = || {
            let mut counts = Counts::default();
            while let Some(first) = firsts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut path = vec![*first];
                let walked = AssertUnwindSafe(|| {
                    step(&mut counts, resends, &mut path, depth.saturating_sub(1));
                });
                if panic::catch_unwind(walked).is_err() {
                    next.store(firsts.len(), Ordering::Relaxed);
                    return Err(path);
                }
            }
            Ok(counts)
        };
        let walks: Vec<_> = (0..cores).map(|_| scope.spawn(walk)).collect();
        walks.into_iter().map(|walk| walk.join().expect("caught")).collect::<Vec<_>>()
    });
    let mut total = Counts::default();
    for walked in walks {
        let counts = walked.map_err(|path| shortest(name, resends, path))?;
        total.add(&counts);
    }
    Ok(total)
}

/// Walks one sequence that was given by its names.
pub(crate) fn held(name: &'static str, resends: bool, path: &[Input]) -> Result<(), Failure> {
    replay(resends, path).map_err(|law| Failure::violation(name, path, law))
}

fn shortest(name: &'static str, resends: bool, mut path: Vec<Input>) -> Failure {
    let law = replay(resends, &path).err();
    let mut law = law.unwrap_or_else(|| "it breaks no law twice".to_owned());
    let mut at = 0;
    while at < path.len() {
        let mut shorter = path.clone();
        shorter.remove(at);
        match replay(resends, &shorter) {
            Err(broken) => (path, law, at) = (shorter, broken, 0),
            Ok(()) => at += 1,
        }
    }
    Failure::violation(name, &path, law)
}
