//! What a machine and whoever carries its requests say to each other.
//!
//! Values alone: nothing here sends, decides or repeats.

pub(crate) mod attempt;
pub(crate) mod attempt_id;
pub(crate) mod attempt_info;
pub(crate) mod error_text;
pub(crate) mod first_bytes;
pub(crate) mod incoming;
pub(crate) mod outcome;
pub(crate) mod outgoing;
pub(crate) mod outgoing_error;
pub(crate) mod sent;
pub(crate) mod time;
pub(crate) mod transport_failure;
