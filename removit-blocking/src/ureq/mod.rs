//! What this crate's own transport needs of ureq: connections with bounds and clean
//! ends, and a paid upload that an early answer cuts short.
//!
//! Nothing outside names ureq, so that any other client may take its place.

mod bound;
mod buffers;
mod connector;
mod early_answer;
mod pace;
mod proxies;
#[cfg(test)]
mod scripted;
mod silence;
mod strict_end;
mod tcp;
mod tls_stream;
mod transport;

pub use transport::UreqTransport;
