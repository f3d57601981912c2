//! The Removit image API as values and state machines: no I/O, no clock, no
//! randomness, no runtime.
//!
//! The API takes a product photo, answers with a job id, works in the
//! background, and is polled until the result is there. Each job costs credits
//! and there is no idempotency key, so a careless retry costs money and a lost
//! id loses a paid result. This crate holds every decision about that; whoever
//! has an HTTP stack drives it with a loop of some twenty lines. `removit-tokio`
//! and `removit-blocking` are two such drivers, ready to use.
//!
//! # Two layers
//! **Codecs** turn values into [`http`] requests and answers into values:
//! [`UploadRequest`], [`StatusRequest`], [`DownloadRequest`]; [`Accepted`],
//! [`JobStatus`], [`ApiError`]. They can be used alone.
//!
//! **Machines** compose them and decide about time, order and retries:
//! [`Upload`], [`Poller`], [`Download`], each a [`Machine`], and [`Job`], which is
//! all three. Their laws, their graph and a walk through all of it are in
//! [`machine`]. A [`Batch`] runs any number of jobs in one machine: see [`mod@batch`].
//!
//! Whoever carries their requests finds both halves of that here: [`Outgoing`] hands
//! out a request's bytes and knows how many left, [`Incoming`] says where an answer's
//! go and what they come to.
//!
//! Beside them, the [`journal`] is what a batch writes down so that a later
//! process goes on where it stopped, without paying twice; and a [`Catalogue`] is
//! both for inputs with names and places: see [`mod@catalogue`].
//!
//! # A driver by hand
//! `exchange` is your HTTP stack: one request, one outcome. It sends the body by an
//! [`Outgoing`] under the given `Content-Length`, follows no redirect, retries nothing,
//! and reports [`Reach::NotSent`] only where the last byte certainly did not leave:
//! [`Sent::judge`] knows.
//!
//! ```
//! use removit_proto::{Action, Attempt, Instant, Machine, Outcome};
//! use std::time::Duration;
//!
//! fn drive<M: Machine>(
//!     machine: &mut M,
//!     mut exchange: impl FnMut(Attempt) -> Outcome,
//!     now: impl Fn() -> Instant,
//!     sleep: impl Fn(Duration),
//! ) -> M::Output {
//!     loop {
//!         match machine.next_action(now()) {
//!             Action::Send(attempt) => {
//!                 let id = attempt.id;
//!                 let outcome = exchange(attempt);
//!                 machine.handle(now(), id, outcome);
//!             }
//!             Action::SleepUntil(wakeup) => sleep(wakeup.at - now()),
//!             Action::Done(output) => return output,
//!         }
//!     }
//! }
//! #
//! # use removit_proto::{ApiKey, Endpoint, PollPolicy, Poller, Schedule, Seed};
//! # let endpoint = Endpoint::production(ApiKey::new("k").unwrap());
//! # let id = "j".parse().unwrap();
//! # let clock = std::cell::Cell::new(Instant::ORIGIN);
//! # let mut poller = Poller::resume(endpoint, id, PollPolicy::default(), Seed::new(1), clock.get());
//! # let mut bodies = ["{}", r#"{"state":"done","final_url":"https://a.example/x.png"}"#].into_iter();
//! # let exchange = |_| Outcome::Response(http::Response::new(bytes::Bytes::from(bodies.next().unwrap())));
//! # let sleep = |time| clock.set(clock.get() + time);
//! # assert!(drive(&mut poller, exchange, || clock.get(), sleep).is_ok());
//! ```
//!
//! # What it promises
//! - A request that may have created a job is never repeated unless you ask for
//!   it; it is reported as [ambiguous](UploadError::Ambiguous).
//! - Every error about an accepted job carries its id, and a [`Poller`] can be
//!   rebuilt from that id anywhere.
//! - The API key goes to the API's own origin alone, and is in no `Debug`,
//!   `Display` or error.
//! - Nothing that a server sends can panic, grow without bound, or name a file.
//!
//! The crate needs `std` (as `http` does) and runs wherever that does, wasm
//! included. With feature `simulator` it brings the vendor's side as a machine
//! too, for tests without a key.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod api;
pub mod batch;
pub mod catalogue;
#[cfg(feature = "conformance")]
#[expect(
    clippy::disallowed_methods,
    clippy::arithmetic_side_effects,
    reason = "a program around the core: sockets, a clock, threads, and sums of its own small numbers"
)]
pub mod conformance;
#[cfg(feature = "contract")]
pub mod contract;
pub mod journal;
pub mod machine;
#[cfg(feature = "simulator")]
pub mod simulator;
#[cfg(feature = "proptest")]
pub mod strategies;
mod transport;

pub use {bytes, http};

pub use api::accepted::Accepted;
pub use api::api_error::{ApiError, ApiErrorKind};
pub use api::api_key::{ApiKey, ApiKeyError, AuthScheme};
pub use api::body::{Body, Segment};
pub use api::download_request::DownloadRequest;
pub use api::endpoint::Endpoint;
pub use api::endpoint_env::EnvError;
pub use api::excerpt::Excerpt;
pub use api::file_name::FileName;
pub use api::finished::{Finished, NotFinished};
pub use api::foreign_image::ForeignImage;
pub use api::image_type::{ImageType, UnsupportedImage};
pub use api::job_id::{InvalidJobId, JobId};
pub use api::job_state::State;
pub use api::job_status::JobStatus;
pub use api::params_text::{InvalidParams, ParamsText};
pub use api::result_kind::{NotAnImage, ResultKind, UnexpectedKind};
pub use api::result_link::ResultLink;
pub use api::result_url::ResultUrl;
pub use api::seed::Seed;
pub use api::source::{EmptyFile, Source, SourceFile, SourceUrl};
pub use api::spelling::UnknownOption;
pub use api::status_request::StatusRequest;
pub use api::status_unreadable::StatusUnreadable;
pub use api::upload_options::{Delivery, Mode, OutputFormat, Params, UploadOptions};
pub use api::upload_request::UploadRequest;
pub use api::url_error::UrlError;
#[doc(inline)]
pub use batch::{
    Batch, BatchCounts, BatchEvent, BatchPolicy, JobEnd, JobNumber, Receipt, Stop, Work,
};
#[doc(inline)]
pub use catalogue::Catalogue;
pub use catalogue::output_name::OutputNames;
pub use journal::content_hash::{ContentHash, InvalidHash};
pub use journal::input_key::InputKey;
pub use machine::download::Download;
pub use machine::download_error::DownloadError;
pub use machine::download_policy::DownloadPolicy;
pub use machine::downloaded::Downloaded;
pub use machine::job::{Job, JobStage, JobState};
pub use machine::job_end::{JobError, JobOutput};
pub use machine::job_policy::JobPolicy;
pub use machine::observer::Observer;
pub use machine::poll_error::{PollError, PollTrouble};
pub use machine::poll_policy::PollPolicy;
pub use machine::poller::Poller;
pub use machine::poller_state::PollerState;
pub use machine::retry::{Backoff, RetryPolicy};
pub use machine::schedule::Schedule;
pub use machine::upload::Upload;
pub use machine::upload_error::{Ambiguity, AmbiguityCause, UploadError};
pub use machine::upload_policy::UploadPolicy;
pub use machine::upload_state::UploadState;
#[doc(inline)]
pub use machine::{Action, Machine, WakeReason, Wakeup};
pub use transport::attempt::{ANSWER_LIMIT, Attempt, GRACE, Sink, Step};
pub use transport::attempt_id::{AttemptId, InvalidAttemptId, MachineKind};
pub use transport::attempt_info::AttemptInfo;
pub use transport::first_bytes::FirstBytes;
pub use transport::incoming::Incoming;
pub use transport::outcome::Outcome;
pub use transport::outgoing::{Outgoing, Piece};
pub use transport::outgoing_error::OutgoingError;
pub use transport::sent::Sent;
pub use transport::time::Instant;
pub use transport::transport_failure::{Reach, TransportFailure};
