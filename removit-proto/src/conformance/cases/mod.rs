//! What each case does, by what it is about.

pub(super) mod answers;
pub(super) mod bounds;
pub(super) mod cancel;
pub(super) mod cut_off;
pub(super) mod early;
pub(super) mod files;
pub(super) mod once;
pub(super) mod reach;
pub(super) mod redirects;
pub(super) mod requests;
pub(super) mod secrecy;
pub(super) mod several;
pub(super) mod time;
