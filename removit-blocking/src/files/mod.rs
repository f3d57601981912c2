//! What both adapters do on disk: photos that are read while they are sent, results
//! that get their names once they are whole, and the journal's file with its lock.
//!
//! For drivers of your own that keep files as these adapters do. Everything here
//! blocks, and nothing here sends or fetches.

mod destination;
mod final_name;
mod folder;
mod half;
mod journal_error;
mod journal_file;
mod journal_lock;
mod journal_moved;
mod medium;
mod photo_file;
mod placing;
mod result_files;
#[cfg(test)]
mod tests;
mod whole;

pub(crate) use destination::absolute;
pub use destination::{Destination, Saved, path_of};
pub use journal_error::JournalError;
pub use journal_file::JournalFile;
pub use journal_lock::{is_at_work, take_turn};
pub(crate) use medium::{Medium, platter};
pub(crate) use photo_file::open;
pub use photo_file::{PhotoFile, Stamp};
pub use placing::Placing;
pub use result_files::ResultFiles;
pub use whole::write_whole;
