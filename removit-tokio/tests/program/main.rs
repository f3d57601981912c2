//! The program `removit`, run as a user runs it: over real HTTP against the simulator.
//!
//! One test program for all of it: what waits for a job's next look does so beside the others.
#![cfg(feature = "cli")]

#[path = "../support/acceptor.rs"]
mod acceptor;
#[path = "../support/bench.rs"]
mod bench;
#[path = "../support/listening.rs"]
mod listening;
#[path = "../support/ran.rs"]
mod ran;

mod catalogue;
mod check;
mod commands;
mod edges;
mod hostile;
mod killed;
mod offline;
#[cfg(unix)]
mod page;
mod settings;
