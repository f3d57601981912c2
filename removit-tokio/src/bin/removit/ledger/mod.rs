//! What was paid for, remembered across commands and folders.
//!
//! A folder of the user's for each API: each photo that was processed alone has a
//! journal of its own there, named by its key, so that two photos never wait for each
//! other, and two processes with one photo do. Of the journals that catalogues have
//! beside their results it knows the places.

mod aside;
mod folder;
mod known;
mod shelf;

pub(crate) use self::aside::set_aside;
pub(crate) use self::known::{Elsewhere, imported};
pub(crate) use self::shelf::{Ledger, key_of_job, results_of};
