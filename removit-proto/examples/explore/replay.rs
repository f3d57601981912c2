//! A sequence that breaks a law: made shorter, told, and walked again on demand.

use std::fmt;
use std::panic::{self, UnwindSafe};
use std::sync::Mutex;

use crate::inputs::Input;
use crate::walk::Place;

/// Makes a machine and gives it its first word.
pub(crate) type Start = fn() -> Place;

/// What the newest panic of any thread said.
static LAST_WORDS: Mutex<String> = Mutex::new(String::new());

/// Why a walk shows nothing good.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A law does not hold, and this led there.
    Violation { start: &'static str, path: String, law: String },
    /// Some ends were in no sequence, so nothing is shown of them.
    NeverReached(Vec<&'static str>),
}

/// Panics are answers here: they are kept, not printed.
pub(crate) fn keep_panics() {
    panic::set_hook(Box::new(|info| {
        if let Ok(mut words) = LAST_WORDS.lock() {
            *words = info.to_string();
        }
    }));
}

impl Failure {
    pub(crate) fn violation(start: &'static str, path: &[impl ToString], law: String) -> Self {
        let path = path.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        Self::Violation { start, path, law }
    }
}

/// Makes the machine and walks this one sequence. Where a law breaks: which.
fn replay(start: Start, path: &[Input]) -> Result<(), String> {
    caught(|| start().replay(path))
}

/// What a walk says where it panics.
pub(crate) fn caught(walk: impl FnOnce() + UnwindSafe) -> Result<(), String> {
    panic::catch_unwind(walk)
        .map_err(|_| LAST_WORDS.lock().map_or_else(|_| String::new(), |words| words.clone()))
}

/// Whether the laws hold in this one sequence.
pub(crate) fn held(name: &'static str, start: Start, path: &[Input]) -> Result<(), Failure> {
    replay(start, path).map_err(|law| Failure::violation(name, path, law))
}

/// The shortest sequence that leaving out single inputs leads to, and the law
/// that it breaks.
pub(crate) fn shortest(name: &'static str, start: Start, path: &[Input]) -> Failure {
    let mut path = path.to_vec();
    let mut law = replay(start, &path).err().unwrap_or_else(|| "it breaks no law twice".to_owned());
    let mut at = 0;
    while at < path.len() {
        let mut shorter = path.clone();
        shorter.remove(at);
        match replay(start, &shorter) {
            Err(broken) => (path, law, at) = (shorter, broken, 0),
            Ok(()) => at += 1,
        }
    }
    Failure::violation(name, &path, law)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Violation { start, path, law } => {
                let replay = format!("--replay {start} {path}");
                write!(
                    f,
                    "{law}\nonce more: cargo run --release -p removit-proto --example explore -- {}",
                    replay.trim_end()
                )
            }
            Self::NeverReached(ends) => {
                write!(f, "never reached, so nothing is shown of it: {}", ends.join(", "))
            }
        }
    }
}
