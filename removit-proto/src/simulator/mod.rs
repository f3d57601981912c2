//! The vendor's side of the contract as a machine of requests and virtual time.
//!
//! Requests and the time go in, answers come out, and an [`Account`] says what
//! really happened: which jobs exist, what was paid, which key came where. What
//! goes wrong is a script of [`Rule`]s, or a named [`Scenario`].
//!
//! The simulator has no socket, clock, thread or source of randomness, and it
//! processes no image: a result is a real picture of the format that was asked
//! for, the uploaded file itself where that is of this format, and says which.
//! It is an independent reading of the contract, and uses none of the client's codecs.
//!
//! ```
//! use bytes::Bytes;
//! use removit_proto::Instant;
//! use removit_proto::simulator::{Config, Origin, Simulator};
//!
//! let mut simulator = Simulator::new(Config::instant());
//! let upload = http::Request::post("/api/v1/upload")
//!     .header("X-API-Key", "any")
//!     .header("Content-Type", "application/json")
//!     .body(Bytes::from_static(br#"{"file_url":"https://example.com/image.jpg"}"#))?;
//! let reply = simulator.exchange(Instant::ORIGIN, Origin::Api, upload);
//! assert_eq!(reply.response.status(), 202);
//! assert_eq!(simulator.account().credits_spent, 1);
//! # Ok::<(), http::Error>(())
//! ```

mod account;
mod admission;
mod attempt;
mod canned;
mod coding;
mod config;
mod digest;
mod distorted;
mod draw;
mod endpoints;
mod fate;
mod fault;
mod form;
mod ids;
mod job;
mod key;
mod kind;
mod machine;
mod media_type;
mod odd;
mod payload;
mod pictures;
mod query;
mod range;
mod received;
mod reply;
mod results;
mod scenario;
mod scenarios;
#[cfg(test)]
mod tests;
mod validate;

pub use account::Account;
pub use admission::Admission;
pub use attempt::Attempted;
pub use canned::{Canned, RetryAfter, Target};
pub use coding::Coding;
pub use config::{Config, Keys};
pub use digest::Digest;
pub use fate::Fate;
pub use fault::{Fault, Rule, When};
pub use ids::Ids;
pub use job::{Job, Stage};
pub use key::Key;
pub use kind::{Kind, Origin};
pub use machine::Simulator;
pub use odd::Odd;
pub use payload::ReceivedFile;
pub use received::{Interrupted, Received, Ticket};
pub use reply::{Reply, Wire};
pub use scenario::Scenario;
pub use validate::{Order, Source};
