//! Removit for tokio.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod blocking;
mod client;
mod clock;
mod destination;
mod download;
mod drive;
mod error;
mod exchange;
#[cfg(feature = "hyper")]
mod hyper_connector;
#[cfg(feature = "hyper")]
mod hyper_transport;
mod job;
mod meter;
mod photo;
mod photo_file;
#[cfg(feature = "hyper")]
mod proxies;
mod request_body;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
mod result_file;
mod seed;
mod text;
#[cfg(feature = "hyper")]
mod tls;
mod transport;
#[cfg(feature = "hyper")]
mod transport_options;
#[cfg(feature = "hyper")]
mod wire;

pub use removit_proto as proto;

pub use client::Client;
pub use clock::Clock;
pub use destination::{Destination, Saved};
pub use drive::Driver;
pub use error::{Error, PhotoError, SaveError, SetupError};
#[cfg(feature = "hyper")]
pub use hyper_transport::HyperTransport;
pub use job::Job;
pub use photo::Photo;
pub use request_body::RequestBody;
#[cfg(feature = "reqwest")]
pub use reqwest_transport::ReqwestTransport;
pub use transport::{BodyError, ResponseBody, Transport};
#[cfg(feature = "hyper")]
pub use transport_options::{Proxy, TlsRoots, TransportOptions};

/// The transport of a [`Client`] that names none.
#[cfg(feature = "hyper")]
pub type DefaultTransport = HyperTransport;

/// The transport of a [`Client`] that names none: without the feature `hyper`
/// there is none, and [`Client::with_transport`] is the way.
#[cfg(not(feature = "hyper"))]
pub type DefaultTransport = std::convert::Infallible;
