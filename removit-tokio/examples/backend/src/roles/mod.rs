//! What processes do, beside answering callers.

pub mod fetch;
pub mod poll;
pub mod upload;
pub mod watch;
