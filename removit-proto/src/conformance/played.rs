//! What was played in a case, for whoever has to find out why it failed.
//!
//! Never what was in a body or a header: the key may be there, in a broken transport.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many lines are kept of a case.
const KEPT: usize = 40;

pub(super) struct Played {
    began: Instant,
    lines: Mutex<Vec<Line>>,
}

struct Line {
    at: Duration,
    text: String,
    times: u32,
}

impl Played {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), lines: Mutex::new(Vec::new()) }
    }

    /// Something happened now. The same again makes no line of its own.
    pub(super) fn add(&self, text: impl Into<String>) {
        let (at, text) = (self.began.elapsed(), text.into());
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let len = lines.len();
        match lines.last_mut() {
            Some(last) if last.text == text => last.times = last.times.saturating_add(1),
            _ if len > KEPT => {}
            _ if len == KEPT => {
                lines.push(Line { at, text: "and so on".to_owned(), times: 1 });
            }
            _ => lines.push(Line { at, text, times: 1 }),
        }
    }

    /// All of it by now, each with its time since the case began.
    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |line: &Line| {
            let times =
                if line.times > 1 { format!(", {} times", line.times) } else { String::new() };
            format!("{:.1} s {}{times}", line.at.as_secs_f64(), line.text)
        };
        lines.iter().map(line).collect()
    }
}
