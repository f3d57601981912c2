//! The program `removit`, run as a user runs it: over real HTTP against the simulator.
//!
//! One test program for all of it: what waits for a job's next look does so beside the others.
#![cfg(feature = "cli")]

#[path = "../support/acceptor.rs"]
mod acceptor;
mod bench;
mod catalogue;
mod check;
mod commands;
mod edges;
mod hostile;
mod killed;
mod listening;
mod offline;
#[cfg(unix)]
mod page;
mod ran;
mod settings;
