//! Inputs on their way, one or fifty thousand: each photo is paid for once, whatever
//! is killed, cut or refused.
//!
//! The journal knows what was sent; nothing here decides what is sent and when.

pub(crate) mod asking;
pub(crate) mod book;
pub(crate) mod copying;
mod ends;
pub(crate) mod going_on;
pub(crate) mod item;
mod one_result;
pub(crate) mod order;
pub(crate) mod planning;
pub(crate) mod progress;
pub(crate) mod running;
pub(crate) mod summary;
