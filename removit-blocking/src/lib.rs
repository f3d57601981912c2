//! Removit without a runtime.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![expect(
    clippy::result_large_err,
    reason = "an error comes once in a job's life, and is matched without a box"
)]

mod client;
mod clock;
mod destination;
mod download;
mod drive;
#[cfg(feature = "ureq")]
mod early_answer;
mod error;
mod exchange;
mod job;
mod meter;
mod photo;
mod photo_file;
#[cfg(feature = "ureq")]
mod proxies;
mod request_body;
mod seed;
mod text;
#[cfg(feature = "ureq")]
mod tls;
#[cfg(feature = "ureq")]
mod tls_stream;
mod transport;
#[cfg(feature = "ureq")]
mod transport_options;
#[cfg(feature = "ureq")]
mod ureq_connector;
#[cfg(feature = "ureq")]
mod ureq_transport;

pub use removit_proto as proto;

pub use client::Client;
pub use clock::Clock;
pub use destination::{Destination, Saved};
pub use drive::Driver;
pub use error::{Error, PhotoError, SaveError, SetupError};
pub use job::Job;
pub use photo::Photo;
pub use request_body::RequestBody;
pub use transport::{ResponseBody, Transport};
#[cfg(feature = "ureq")]
pub use transport_options::{Proxy, TlsRoots, TransportOptions};
#[cfg(feature = "ureq")]
pub use ureq_transport::UreqTransport;

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
