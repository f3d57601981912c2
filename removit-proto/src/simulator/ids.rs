//! What job ids look like.

use super::draw;
use crate::Seed;

/// How the vendor names its jobs. To a client an id is opaque (contract, rule 15).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ids {
    /// UUIDs, as in the contract's examples.
    #[default]
    Uuid,
    /// Thirty digits, more than any number type holds.
    /// [`Odd::NumberId`](super::Odd::NumberId) has them written as numbers.
    Digits,
    /// Text with blanks, quotes, line breaks, a NUL and characters of every width.
    AnyText,
}

impl Ids {
    /// The id of job number `n`.
    pub(super) fn of(self, seed: Seed, n: u64) -> String {
        let uuid = draw::job_id(seed, n);
        match self {
            Self::Uuid => uuid,
            Self::Digits => {
                let digit = |c: char| c.to_digit(16).map_or(0, |digit| digit % 10).to_string();
                let digits = uuid.chars().filter(|c| *c != '-').take(29).map(digit);
                // No leading zero: it would be no JSON number.
                ["7".to_owned()].into_iter().chain(digits).collect()
            }
            Self::AnyText => {
                let start = uuid.get(..8).unwrap_or(&uuid);
                format!(" {start}/\"job\" \\{n}\n\0 100% a+b&c=#é \u{1f600}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_ids_of_its_own_for_each_job() {
        let ids = |ids: Ids| (0..3).map(|n| ids.of(Seed::new(1), n)).collect::<Vec<_>>();
        for kind in [Ids::Uuid, Ids::Digits, Ids::AnyText] {
            let all = ids(kind);
            assert!(all[0] != all[1] && all[1] != all[2], "{all:?}");
        }
        for id in ids(Ids::Digits) {
            assert!(id.len() == 30 && id.bytes().all(|b| b.is_ascii_digit()), "{id}");
        }
    }
}
