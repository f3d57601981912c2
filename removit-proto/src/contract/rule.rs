//! What a rule is: an id, its text, who says so, and what checks it. Knows no single rule.

use core::fmt;

/// One rule of the contract.
///
/// ```
/// use removit_proto::contract::{Means, Origin, Rule};
///
/// let rule = Rule::by_id("mode-choice").ok_or("no such rule")?;
/// assert_eq!(rule.origin, Origin::Vendor);
/// assert_eq!(rule.checked, [Means::Check]);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Its name: lower case, with hyphens. It does not change between releases.
    pub id: &'static str,
    /// What holds where the contract is kept.
    pub text: &'static str,
    /// Who says so.
    pub origin: Origin,
    /// What would notice that it does not hold; nothing, where this is empty.
    pub checked: &'static [Means],
}

/// Who says that a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// The vendor's pages.
    Vendor,
    /// This project: the pages leave it open.
    Settled {
        /// The number under which comments and reports name it ("contract, rule
        /// 8"), where it has one.
        number: Option<u8>,
    },
}

/// What checks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Means {
    /// The [`Check`](super::Check) of a server.
    Check,
    /// These cases of the conformance kit, on a transport.
    Kit(&'static [&'static str]),
    /// Tests of this crate, by the name of their file in `tests/protocol/`.
    Tests(&'static str),
}

impl Rule {
    /// Whether the [`Check`](super::Check) judges it.
    #[must_use]
    pub fn is_checked_on_servers(&self) -> bool {
        self.checked.contains(&Means::Check)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vendor => f.write_str("the vendor"),
            Self::Settled { number: None } => f.write_str("settled"),
            Self::Settled { number: Some(number) } => write!(f, "settled, rule {number}"),
        }
    }
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check => f.write_str("`removit check`"),
            Self::Kit(cases) => write!(f, "the kit: {}", cases.join(", ")),
            Self::Tests(file) => write!(f, "`tests/protocol/{file}`"),
        }
    }
}

pub(super) const fn vendor(id: &'static str, text: &'static str) -> Rule {
    Rule { id, text, origin: Origin::Vendor, checked: &[Means::Check] }
}

pub(super) const fn settled(id: &'static str, text: &'static str) -> Rule {
    Rule { id, text, origin: Origin::Settled { number: None }, checked: &[Means::Check] }
}

pub(super) const fn numbered(
    number: u8,
    id: &'static str,
    text: &'static str,
    checked: &'static [Means],
) -> Rule {
    Rule { id, text, origin: Origin::Settled { number: Some(number) }, checked }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_who_says_so_and_what_checks_it() {
        let settled_as = |number| Origin::Settled { number };
        for (origin, told) in [
            (Origin::Vendor, "the vendor"),
            (settled_as(None), "settled"),
            (settled_as(Some(7)), "settled, rule 7"),
        ] {
            assert_eq!(origin.to_string(), told);
        }
        for (means, told) in [
            (Means::Check, "`removit check`"),
            (Means::Kit(&["a", "b"]), "the kit: a, b"),
            (Means::Tests("upload.rs"), "`tests/protocol/upload.rs`"),
        ] {
            assert_eq!(means.to_string(), told);
        }
    }

    #[test]
    fn a_rule_of_the_server_is_checked_on_servers() {
        let kit = numbered(7, "r", "R.", &[Means::Kit(&["a"])]);
        for (rule, origin, is_checked) in [
            (vendor("r", "R."), Origin::Vendor, true),
            (settled("r", "R."), Origin::Settled { number: None }, true),
            (kit, Origin::Settled { number: Some(7) }, false),
        ] {
            assert_eq!((rule.id, rule.text, rule.origin), ("r", "R.", origin));
            assert_eq!(rule.is_checked_on_servers(), is_checked);
        }
    }
}
