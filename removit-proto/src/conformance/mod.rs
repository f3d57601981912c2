//! Proves a transport right, without a key or a network.
//!
//! Whoever drives the machines over an HTTP stack of their own hands over a
//! [`Subject`]: one [`Exchange`] in, one [`Outcome`](crate::Outcome) out. The
//! kit plays servers that break in every way which matters to a paid job, byte
//! for byte over loopback sockets, and answers with a [`Report`] of named cases,
//! each with the rule behind it.
//!
//! ```no_run
//! use removit_proto::{Outcome, TransportFailure};
//! use removit_proto::conformance::{Exchange, Subject};
//!
//! # struct MyTransport;
//! # impl MyTransport {
//! #     fn exchange(&self, _: Exchange) -> Outcome {
//! #         Outcome::Failed(TransportFailure::connect("no network"))
//! #     }
//! # }
//! # let transport = MyTransport;
//! // In a test of yours:
//! let report = Subject::blocking(|exchange| transport.exchange(exchange)).check();
//! report.assert_conforming(); // or `println!("{report}")`, or `report.to_json()`
//! ```
//!
//! What is judged is the transport together with its driver, on the server's
//! account of what arrived. The kit judges no policy (when to retry, what an
//! answer means): that is the machines' part, which no transport can change.
//! HTTP/2 and TLS are not played.
//!
//! # The cases
#![doc = include_str!("cases.md")]
//!
//! This module is a program around the core: it opens sockets, reads the clock
//! and starts threads, which nothing else in this crate does.

mod case;
mod cases;
mod check;
mod closed_port;
mod connection;
mod ended;
mod exchange;
mod held;
mod key_hunt;
mod kit;
mod log;
mod played;
mod report;
mod requests;
mod run;
mod server;
mod stored;
mod subject;
mod trial;

pub use exchange::Exchange;
pub use report::{CaseInfo, Finding, Level, Report, Verdict};
pub use subject::{Exchanging, Subject};
