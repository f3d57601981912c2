//! Removit for tokio.

#[cfg(feature = "simulator")]
pub mod simulator;
