//! What a machine and whoever carries its requests say to each other.
//!
//! Values alone: nothing here sends, decides or repeats.

pub(crate) mod time;
pub(crate) mod transport_failure;
