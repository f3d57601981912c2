//! Damage to a seed, as a fuzzer would do it: what the property tests feed.

use proptest::prelude::*;
use proptest::sample::Index;

/// Pieces that the formats are sensitive to.
const TOKENS: [&str; 16] = [
    "\"",
    "\\",
    "{",
    "}",
    "[]",
    "null",
    "-1",
    "1e999",
    ":",
    "\n",
    "\r\n",
    "\0",
    "é",
    "//",
    "..",
    "18446744073709551615",
];

/// One piece of damage.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Overwrite(Index, u8),
    Insert(Index, &'static str),
    Delete(Index, usize),
    Double(Index, usize),
    /// What follows in another seed takes over.
    Cross(Index, Index, Index),
}

pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<Index>;
    let edit = prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Overwrite(at, byte)),
        (at(), prop::sample::select(&TOKENS[..])).prop_map(|(at, token)| Edit::Insert(at, token)),
        (at(), 1..20_usize).prop_map(|(at, len)| Edit::Delete(at, len)),
        (at(), 1..20_usize).prop_map(|(at, len)| Edit::Double(at, len)),
        (at(), at(), at()).prop_map(|(at, other, from)| Edit::Cross(at, other, from)),
    ];
    prop::collection::vec(edit, 1..5)
}

impl Edit {
    pub(crate) fn all(edits: &[Self], seed: &[u8], pool: &[&[u8]]) -> Vec<u8> {
        edits.iter().fold(seed.to_vec(), |bytes, edit| edit.apply(bytes, pool))
    }

    fn apply(&self, mut bytes: Vec<u8>, pool: &[&[u8]]) -> Vec<u8> {
        let index = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
        match self {
            Self::Overwrite(at, byte) => {
                let at = index(at, &bytes);
                if let Some(place) = bytes.get_mut(at) {
                    *place = *byte;
                }
            }
            Self::Insert(at, token) => {
                let at = index(at, &bytes);
                bytes.splice(at..at, token.bytes());
            }
            Self::Delete(at, len) => {
                let at = index(at, &bytes);
                bytes.drain(at..bytes.len().min(at + len));
            }
            Self::Double(at, len) => {
                let at = index(at, &bytes);
                let piece = bytes[at..bytes.len().min(at + len)].to_vec();
                bytes.splice(at..at, piece);
            }
            Self::Cross(at, other, from) => {
                let other = pool[other.index(pool.len())];
                bytes.truncate(index(at, &bytes));
                bytes.extend_from_slice(&other[index(from, other)..]);
            }
        }
        bytes
    }
}
