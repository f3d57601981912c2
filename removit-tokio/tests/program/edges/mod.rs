//! The program `removit` at its edges: what is paid for once, outputs that cannot be
//! written, places that take no result, names, formats, questions, signals and lines.
//!
//! Over real HTTP against the simulator; what must meet is arranged, not timed.

mod asking;
mod formats;
mod inputs;
mod key;
mod lines;
mod moved;
mod names;
mod output;
mod paid_once;
mod places;
mod signals;
