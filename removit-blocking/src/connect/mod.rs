//! How a server is reached by both adapters' own transports: their options, TLS,
//! which names are reached without a proxy, what a name stands for, which address is
//! tried when, and which failures no repetition mends.
//!
//! Nothing here speaks HTTP or holds a connection.

mod addresses;
mod barrier;
pub(crate) mod client_certificate;
mod no_proxy;
pub(crate) mod proxy_choice;
mod resolver;
pub(crate) mod tls;
mod transport_options;

pub use addresses::{NEXT_AFTER, in_turn};
pub use barrier::{barrier, not_in_time, refused_after_all};
pub use client_certificate::ClientCertificate;
pub(crate) use no_proxy::NoProxy;
pub use resolver::Resolver;
pub use transport_options::{Proxy, TlsRoots, TransportOptions};
