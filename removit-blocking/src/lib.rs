//! Removit without a runtime: a photo in, its results back.
//!
//! ```no_run
//! use removit_blocking::proto::{ApiKey, Endpoint, Mode, OutputFormat};
//! use removit_blocking::{Client, Destination, Photo};
//!
//! let client = Client::new(Endpoint::production(ApiKey::new("my-key")?))?;
//! let photo = Photo::from_path("cup.jpg")?.mode(Mode::Clipping).format(OutputFormat::Webp);
//!
//! let job = client.upload(&photo)?;
//! // From here on the job is paid for. Its id is all that is needed to come back.
//! println!("store this: {}", job.id());
//!
//! let finished = job.wait()?;
//! for saved in client.download(&finished, &Destination::folder("results", "cup"))? {
//!     println!("{}", saved.path.display());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Later, or in another process, `client.resume(id).wait()?` goes on with the job.
//!
//! # What becomes of a paid job
//! An [`Error`] tells whether there is a job. An upload that was *rejected* or
//! *not sent* made none. An *ambiguous* one may have, and is never sent again
//! unless [`Client::upload_policy`] says so. Every later error has
//! [`Error::job_id`]: waiting and downloading again cost nothing.
//!
//! A [`JournalFile`] keeps what was sent and paid for through crashes, and so does any
//! [`Journal`] of your own, such as a table that many machines share: see
//! [`proto::journal`]. [`Photo::key`] is what a photo is known by in it.
//!
//! # Many photos
//! [`Client::batch`] is an iterator over inputs that are known from the start;
//! a [`Dispatcher`] takes them from any thread at any time, for as long as a server
//! or a worker lives, and gives a [`Handle`] for each. Both work by one budget of
//! requests and one journal, and pay for a copy of a photo once.
//!
//! # How it is made
//! All that is decided (what is sent, when, how often, what an answer means) is
//! decided by [`proto`]. This crate opens files and sockets and reads a clock:
//! [`Driver`] does what one machine says, a [`Transport`] carries one request.
//! A closure is a transport, so any HTTP client can be put in.
//!
//! A photo is read from disk while it is sent and a result is written while it
//! comes, so that memory does not grow with either. Every method blocks its
//! thread; a [`Client`] may be shared by many.
//!
//! # Features
//! - `ureq` (default): `UreqTransport`, by HTTP/1.1 over rustls. Proxies come
//!   from the environment: see `Proxy`.
//! - `tls`, a part of `ureq`: `TransportOptions`, for which `removit-tokio` needs
//!   no ureq.
//! - `platform-roots`, `bundled-roots` (default): the certificates that
//!   `TlsRoots` can name.
//! - `conformance`: `journal_suite`, which judges a [`Journal`] of your own.
//! - `tracing`: a client span for each attempt, with OpenTelemetry's names, and
//!   without a URL, an id or the key.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt_span;
pub mod batch;
mod box_transport;
mod client;
mod clock;
#[cfg(feature = "tls")]
pub mod connect;
pub mod dispatcher;
mod download;
mod drive;
mod error;
mod exchange;
mod fetched;
pub mod files;
mod input_key;
mod job;
mod journal;
#[cfg(feature = "conformance")]
pub mod journal_suite;
mod lock;
mod photo;
mod photo_error;
mod process;
mod read_on;
mod request_body;
mod save_error;
mod seed;
mod setup_error;
mod statuses;
mod transport;
#[cfg(feature = "ureq")]
mod ureq;
#[cfg(test)]
mod with_cause;

#[cfg(feature = "tls")]
pub use rustls;

pub use removit_proto as proto;

#[cfg(feature = "ureq")]
pub use self::ureq::UreqTransport;
pub use attempt_span::AttemptSpan;
#[doc(inline)]
pub use batch::{Batch, BatchInput, Done, Processed};
pub use box_transport::BoxTransport;
pub use client::Client;
pub use clock::Clock;
#[cfg(feature = "tls")]
#[doc(inline)]
pub use connect::{ClientCertificate, Proxy, Resolver, TlsRoots, TransportOptions};
#[doc(inline)]
pub use dispatcher::{Dispatcher, DispatcherBuilder, Handle, SubmitError};
pub use drive::Driver;
pub use error::Error;
pub use fetched::Fetched;
#[doc(inline)]
pub use files::{Destination, JournalError, JournalFile, Saved};
pub use job::Job;
pub use journal::{Journal, MemoryJournal, Stored};
pub use photo::Photo;
pub use photo_error::PhotoError;
pub use request_body::RequestBody;
pub use save_error::SaveError;
pub use seed::fresh_seed;
pub use setup_error::SetupError;
pub use statuses::Statuses;
pub use transport::{ResponseBody, Silence, Transport};

/// The transport of a [`Client`] that names none.
#[cfg(feature = "ureq")]
pub type DefaultTransport = UreqTransport;

/// The transport of a [`Client`] that names none: without the feature `ureq`
/// there is none, and [`Client::with_transport`] is the way.
#[cfg(not(feature = "ureq"))]
pub type DefaultTransport = std::convert::Infallible;

/// The examples of the project's README, which need both adapters.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

/// The examples of this crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod own_readme {}
