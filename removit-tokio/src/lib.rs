//! The Removit image API for tokio: a photo in, a paid job, its results on disk.
//!
//! ```no_run
//! use removit_tokio::proto::{ApiKey, Endpoint, Mode};
//! use removit_tokio::{Client, Destination, Photo};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let key = ApiKey::new(std::env::var("REMOVIT_API_KEY")?)?;
//!     let client = Client::new(Endpoint::production(key))?;
//!
//!     let photo = Photo::from_path("cup.jpg").await?.mode(Mode::Clipping);
//!     let job = client.upload(&photo).await?;
//!     println!("{}", job.id()); // store it: the job is paid for
//!
//!     let finished = job.wait().await?;
//!     for saved in client.download(&finished, &Destination::folder("results", "cup")).await? {
//!         println!("{}", saved.path.display());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! All decisions about time, order and retry are the core's, [`proto`]. This
//! crate moves bytes: [`Client`] for the everyday work, [`Driver`] for a machine
//! of your own, and [`Transport`] for an HTTP stack of your own.
//!
//! **What happens to the money.** An upload ends as accepted, rejected, not sent
//! or ambiguous ([`proto::UploadError`]). What may have arrived is never sent
//! again by itself. How far a request got is not left to the transport's word:
//! the bytes that it took are counted, and the last ones are held back until the
//! photo proved whole.
//!
//! **What may be dropped.** Any future, at any time: no task stays behind, no
//! half file keeps a final name. An upload that is dropped may have made a job;
//! a job that was accepted goes on.
//!
//! # Features
//! - `hyper` (default): `HyperTransport`, over rustls with ring.
//! - `platform-roots`, `bundled-roots` (default): whose certificates it trusts,
//!   chosen by `TlsRoots`.
//! - `reqwest`: `ReqwestTransport`, over your own `reqwest::ClientBuilder`.
//! - `tower`: `TowerTransport`, over any tower service.
//! - `tracing`: a client span for each attempt, with OpenTelemetry's names, and
//!   without a URL, an id or the key.
//! - `conformance`: `journal_suite`, which judges a [`Journal`] of your own.
//! - `simulator`: the vendor's side on loopback sockets, for tests without a key.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod async_journal;
mod batch;
mod blocking;
mod box_transport;
mod client;
mod clock;
mod dispatcher;
mod download;
mod drive;
mod exchange;
mod fetched;
#[cfg(feature = "hyper")]
mod hyper;
mod job;
mod lock;
mod open_journal;
mod photo;
mod photo_chunks;
mod photo_source;
mod process;
#[cfg(any(feature = "hyper", feature = "reqwest"))]
mod refused;
mod request_body;
#[cfg(feature = "reqwest")]
mod reqwest;
mod result_file;
#[cfg(feature = "simulator")]
pub mod simulator;
mod statuses;
#[cfg(feature = "tower")]
mod tower_transport;
mod transport;

#[cfg(feature = "conformance")]
#[doc(inline)]
pub use removit_blocking::journal_suite;
#[doc(inline)]
pub use removit_blocking::{
    BatchInput, Destination, Done, Error, Journal, JournalError, JournalFile, MemoryJournal,
    PhotoError, Processed, SaveError, Saved, SetupError, Stored, SubmitError,
};
#[cfg(feature = "hyper")]
#[doc(inline)]
pub use removit_blocking::{
    ClientCertificate, Proxy, Resolver, TlsRoots, TransportOptions, rustls,
};
pub use removit_proto as proto;

#[cfg(feature = "hyper")]
pub use self::hyper::HyperTransport;
#[cfg(feature = "reqwest")]
pub use self::reqwest::ReqwestTransport;
pub use async_journal::{AsyncJournal, OnRuntime};
pub use batch::Batch;
pub use box_transport::BoxTransport;
pub use client::Client;
pub use clock::Clock;
pub use dispatcher::{Dispatcher, DispatcherBuilder, Handle};
pub use drive::Driver;
pub use fetched::{Fetched, FetchedStream};
pub use job::Job;
pub use open_journal::open_journal;
pub use photo::Photo;
pub use request_body::RequestBody;
pub use statuses::Statuses;
#[cfg(feature = "tower")]
pub use tower_transport::TowerTransport;
pub use transport::{BodyError, ResponseBody, Transport};

/// The transport of a [`Client`] that names none.
#[cfg(feature = "hyper")]
pub type DefaultTransport = HyperTransport;

/// The transport of a [`Client`] that names none: without the feature `hyper`
/// there is none, and [`Client::with_transport`] is the way.
#[cfg(not(feature = "hyper"))]
pub type DefaultTransport = std::convert::Infallible;
