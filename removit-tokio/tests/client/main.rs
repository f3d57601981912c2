//! The library, as a program of one's own uses it: over real sockets, against servers of the tests'
//! own and the simulator.
//!
//! One test program for all of it; what counts memory or listens to all spans has its own.
#![cfg(feature = "hyper")]
#![allow(clippy::duplicate_mod, reason = "two transports meet the same hostile servers")]

#[cfg(feature = "bundled-roots")]
#[path = "../support/acceptor.rs"]
mod acceptor;
#[macro_use]
#[path = "../support/on_tokio.rs"]
mod on_tokio;
#[path = "../support/mod.rs"]
mod support;

mod batch;
mod cancelled;
#[cfg(all(feature = "reqwest", feature = "tower"))]
mod conformance;
mod dispatcher;
mod download;
#[cfg(feature = "simulator")]
mod epoll;
#[cfg(feature = "bundled-roots")]
mod hostile;
#[cfg(feature = "reqwest")]
mod hostile_reqwest;
#[cfg(feature = "bundled-roots")]
mod http2;
mod job;
mod journal;
mod left_behind;
#[cfg(all(feature = "reqwest", feature = "bundled-roots"))]
mod refusals;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "simulator")]
mod scenarios;
#[cfg(all(feature = "platform-roots", feature = "bundled-roots"))]
mod tls;
#[cfg(feature = "tower")]
mod tower;
mod traces;
mod transport;
mod upload;
