//! How a server is reached by both adapters' own transports: their options, TLS,
//! which names are reached without a proxy, what a name stands for, which address is
//! tried when, and which failures no repetition mends.
//!
//! For transports of your own that are to go the same ways as these. Nothing here speaks
//! HTTP or holds a connection.
//!
//! ```
//! use removit_blocking::connect::{ProxyChoice, barrier, in_turn, tls_config};
//! use removit_blocking::proto::TransportFailure;
//! use removit_blocking::{Proxy, TransportOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let connecting = |_: std::net::SocketAddr| std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
//! let options = TransportOptions::default().with(|options| options.proxy = Proxy::Direct);
//! # let root = removit_blocking::rustls::ClientConfig::builder().with_root_certificates(removit_blocking::rustls::RootCertStore::empty()).with_no_client_auth();
//! # let options = options.with(|options| options.tls = Some(root.into()));
//! let tls = tls_config(&options)?; // what is trusted; the protocols are yours to offer
//! let way = ProxyChoice::of(&options.proxy)?;
//! assert!(way.for_server(&"https://api.removit.io".parse()?)?.is_none());
//!
//! // The two protocols take turns: the next one joins in after `NEXT_AFTER`.
//! let found = ["[::1]:443".parse()?, "[::2]:443".parse()?, "127.0.0.1:443".parse()?];
//! let [first, second, _] = in_turn(&found)[..] else { panic!() };
//! assert!(first.is_ipv6() && second.is_ipv4());
//!
//! let error = connecting(first);
//! let detail = TransportFailure::detail_of(&error);
//! let failure = match barrier(&error) {
//!     Some(what_to_do) => TransportFailure::unreachable(format!("{detail}; {what_to_do}")),
//!     None => TransportFailure::connect(detail),
//! };
//! assert!(failure.is_not_sent() && !failure.is_lasting());
//! # drop(tls);
//! # Ok(()) }
//! ```

mod addresses;
mod barrier;
pub(crate) mod client_certificate;
mod no_proxy;
mod proxy_choice;
mod resolver;
mod tls;
mod transport_options;

pub use addresses::{NEXT_AFTER, in_turn};
pub use barrier::{barrier, not_in_time, refused_after_all};
pub use client_certificate::ClientCertificate;
pub(crate) use no_proxy::NoProxy;
pub use proxy_choice::{ProxyChoice, ProxyUrl, UnusableProxy};
pub use resolver::Resolver;
pub use tls::tls_config;
pub use transport_options::{Proxy, TlsRoots, TransportOptions};
