//! Kinds of work, as far as they decide how long a job takes.

use crate::api::upload_options::Mode;

/// What the vendor does with the photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Background,
    Clipping,
    Params,
}

impl Kind {
    /// That of a mode; without one it is the vendor's default.
    pub(super) const fn of(mode: Option<&Mode>) -> Self {
        match mode {
            Some(Mode::Background) => Self::Background,
            Some(Mode::Clipping) | None => Self::Clipping,
            Some(Mode::Params(_)) => Self::Params,
        }
    }
}
