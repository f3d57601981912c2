//! What both adapters do on disk: photos that are read while they are sent, results
//! that get their names once they are whole, and the journal's file with its lock.
//!
//! For drivers of your own that keep files as these adapters do. Everything here
//! blocks, and nothing here sends or fetches.
//!
//! ```
//! use std::io::Read;
//! use removit_blocking::Photo;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("cup.png");
//! std::fs::write(&path, b"\x89PNG\r\n\x1a\n")?;
//! let photo = Photo::from_path(&path)?;
//!
//! // For each attempt anew, from its start; never the last piece of a file that changed.
//! let mut reader = photo.content().open()?.expect("a photo in a file is read");
//! assert_eq!(Some(reader.left()), photo.content().promised_len());
//! let mut bytes = Vec::new();
//! reader.read_to_end(&mut bytes)?;
//! assert_eq!(bytes, b"\x89PNG\r\n\x1a\n");
//! # Ok(()) }
//! ```

mod content;
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
mod photo_reader;
mod placing;
mod result_files;
#[cfg(test)]
mod tests;
mod whole;

pub use content::Content;
pub(crate) use destination::absolute;
pub use destination::{Destination, Saved, path_of};
pub use journal_error::JournalError;
pub use journal_file::JournalFile;
pub use journal_lock::{is_at_work, take_turn};
pub(crate) use medium::{Medium, platter};
pub(crate) use photo_file::open;
pub use photo_file::{PhotoFile, Stamp};
pub use photo_reader::{Opened, Opener, PhotoReader};
pub use placing::Placing;
pub use result_files::ResultFiles;
pub use whole::{whole_file, write_whole};
