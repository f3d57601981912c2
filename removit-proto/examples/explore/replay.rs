//! A sequence that breaks a law: made shorter, told, and walked again on demand.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use crate::inputs::Input;
use crate::walk::Place;

/// What the newest panic of any thread said.
static LAST_WORDS: Mutex<String> = Mutex::new(String::new());

/// A law that does not hold, and what led there.
#[derive(Debug)]
pub(crate) struct Violation {
    start: &'static str,
    path: Vec<Input>,
    law: String,
}

/// Panics are answers here: they are kept, not printed.
pub(crate) fn keep_panics() {
    panic::set_hook(Box::new(|info| {
        if let Ok(mut words) = LAST_WORDS.lock() {
            *words = info.to_string();
        }
    }));
}

/// Walks this one sequence.
pub(crate) fn replay(
    start: &'static str,
    place: &Place,
    path: &[Input],
) -> Result<(), Box<Violation>> {
    let place = place.clone();
    let walked = panic::catch_unwind(AssertUnwindSafe(|| place.replay(path)));
    walked.map_err(|_| {
        let law = LAST_WORDS.lock().map_or_else(|_| String::new(), |words| words.clone());
        Box::new(Violation { start, path: path.to_vec(), law })
    })
}

/// The shortest that leaving out single inputs leads to. `None` where walking
/// the sequence again breaks no law.
pub(crate) fn shortest(
    start: &'static str,
    place: &Place,
    path: &[Input],
) -> Option<Box<Violation>> {
    let mut found = replay(start, place, path).err()?;
    let mut at = 0;
    while at < found.path.len() {
        let mut shorter = found.path.clone();
        shorter.remove(at);
        match replay(start, place, &shorter) {
            Err(violation) => {
                found = violation;
                at = 0;
            }
            Ok(()) => at += 1,
        }
    }
    Some(found)
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.path.iter().map(Input::to_string).collect();
        write!(
            f,
            "{law}\nonce more: cargo run --release -p removit-proto --example explore -- --replay {start} {path}",
            law = self.law,
            start = self.start,
            path = names.join(",")
        )
    }
}
