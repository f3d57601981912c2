//! The journal on disk: who may open it, what a crash leaves of it, and what a
//! full disk costs.

mod crashes;
mod keys;
mod opening;
mod processes;
mod records;
