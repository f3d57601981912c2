//! The settings of the program `removit`: each option typed, by the environment and by a
//! file, over real HTTP against the simulator.
#![cfg(feature = "cli")]

#[path = "../support/acceptor.rs"]
mod acceptor;
#[path = "../support/bench.rs"]
mod bench;
#[path = "../support/ran.rs"]
mod ran;

mod file;
mod log;
mod network;
mod order;
mod shown;
mod table;
mod way;
