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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::upload_options::Params;

    #[test]
    fn a_mode_that_was_not_asked_for_is_the_vendors() {
        let params = Mode::Params(Params::set("shop"));
        assert_eq!(Kind::of(Some(&Mode::Background)), Kind::Background);
        assert_eq!(Kind::of(Some(&Mode::Clipping)), Kind::Clipping);
        assert_eq!(Kind::of(None), Kind::Clipping);
        assert_eq!(Kind::of(Some(&params)), Kind::Params);
    }
}
