//! The library, as a program of one's own uses it: over real sockets, against servers of the tests'
//! own and the simulator, and on real files.
//!
//! One test program for all of it; what counts memory or listens to all spans has its own.
#![cfg(feature = "ureq")]

#[path = "../support/mod.rs"]
mod support;
#[macro_use]
#[path = "../support/without_runtime.rs"]
mod without_runtime;

mod batch;
mod conformance;
mod dispatcher;
mod download;
#[cfg(feature = "bundled-roots")]
mod hostile;
mod job;
mod journal;
#[cfg(feature = "conformance")]
mod journal_suite;
mod scenarios;
#[cfg(all(feature = "platform-roots", feature = "bundled-roots"))]
mod tls;
mod traces;
mod upload;
