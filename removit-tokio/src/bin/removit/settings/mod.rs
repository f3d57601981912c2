//! Settings: what each option holds, by what was typed, or else by the environment, or
//! else by a file, or else by default.
//!
//! Every option of every command can be set, by a list that is made of the very
//! arguments that are parsed. A setting never contradicts what was typed: it makes way.
//! The API key is no setting; its place is.

mod environment;
mod file;
mod file_value;
mod held;
mod loaded;
mod options;
mod origin;
#[cfg(test)]
mod tests;
mod typed;
mod yields;

pub(crate) use self::held::Held;
pub(crate) use self::loaded::Loaded;
pub(crate) use self::options::{is_for_all, is_secret};
pub(crate) use self::origin::Origin;
pub(crate) use self::typed::{Parsed, parse};
