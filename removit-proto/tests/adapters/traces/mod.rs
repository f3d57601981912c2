//! What goes over the wire, and when: a trace of one photo's whole way.
//!
//! The core alone predicts it here, in virtual time against the simulated
//! vendor; each adapter that includes this file must do the same, byte for byte
//! and at the same moments. Written once: the test crate names its `proto`.

pub(crate) mod cases;
mod predict;

use std::fmt::Write;
use std::time::Duration;

use http::request::Parts;

pub(crate) use self::predict::predict;
use super::proto::{Instant, Wakeup};

/// The vendor's time when a trace begins.
pub(crate) const START: Instant = Instant::from_origin(Duration::from_secs(1_790_000_000));

pub(crate) const API: &str = "http://127.0.0.1:1";
pub(crate) const RESULTS: &str = "http://127.0.0.1:2";

/// Every request and every wake-up that was waited for, with its time, and the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) lines: Vec<String>,
}

impl Trace {
    pub(crate) fn request(&mut self, at: Duration, head: &Parts, body: &[u8]) {
        let mut line = format!("{} ms: {} {}", at.as_millis(), head.method, head.uri);
        for (name, value) in &head.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = value.replace(env!("CARGO_PKG_VERSION"), "VERSION");
            write!(line, "\n    {name}: {value}").unwrap();
        }
        write!(line, "\n    {}", body.escape_ascii()).unwrap();
        self.lines.push(line);
    }

    /// To the nanosecond: only its timer rounds.
    pub(crate) fn waits(&mut self, start: Instant, wakeup: Wakeup) {
        let (until, reason) = ((wakeup.at - start).as_nanos(), wakeup.reason);
        self.lines.push(format!("waits until {until} ns: {reason:?}"));
    }

    pub(crate) fn end(&mut self, at: Duration, how: &str) {
        self.lines.push(format!("{} ms: {how}", at.as_millis()));
    }
}
