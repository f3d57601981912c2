//! The protocol and its machines, in virtual time.
//!
//! One test program for all of it; what listens on sockets, fuzzes or judges has its own.

#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "simulator")]
#[path = "../support/wire.rs"]
mod wire;

mod attempt_ids;
#[cfg(feature = "simulator")]
mod batch;
#[cfg(feature = "simulator")]
mod catalogue;
mod damaged_vectors;
mod download;
mod house;
mod image_types;
mod job;
mod journal;
mod late_outcomes;
mod laws;
mod multipart;
mod poller;
mod stored_states;
mod strategies;
#[cfg(feature = "simulator")]
mod traces;
mod upload;
mod vectors;
#[cfg(feature = "simulator")]
mod vendor;
