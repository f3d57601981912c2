//! Fresh seeds for the machines.

use std::hash::{BuildHasher, RandomState};

use removit_proto::Seed;

/// 128 bits that nobody can guess. The standard library keys its hasher from
/// the operating system, and SipHash under an unknown key is a pseudo-random
/// function: enough for a boundary and for jitter, without a further crate or
/// an error that no caller could handle.
pub fn fresh() -> Seed {
    let key = RandomState::new();
    let half = |n: u8| u128::from(key.hash_one(n));
    Seed::new((half(0) << 64) | half(1))
}
