//! What this crate's own transport needs of hyper: connections with bounds, by a proxy
//! where there is one, and a paid upload that an early answer cuts short.
//!
//! Nothing outside names hyper, so that any other client may take its place.

mod connector;
#[cfg(test)]
mod layers;
mod opened;
mod proxies;
mod tcp;
mod transport;
mod wire;

pub use transport::HyperTransport;
#[cfg(feature = "tower")]
pub(crate) use transport::failure;
