//! A user's own reqwest client as a transport.
//!
//! Nothing outside names reqwest.

mod aside;
mod transport;

pub use transport::ReqwestTransport;
