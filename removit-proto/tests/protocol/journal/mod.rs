//! The journal: its lines, what they add up to, and what is left of it after any
//! crash.

mod hostile;
mod input_keys;
mod lines;
mod needs;
mod prefixes;
pub(crate) mod records;
mod secrets;
mod torn_lines;
