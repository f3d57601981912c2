//! Fresh seeds for the machines.

use removit_proto::Seed;

/// 128 bits from the operating system, that nobody can guess: what each machine of its own
/// needs, so that no two take each other's answers for their own.
///
/// ```
/// assert_ne!(removit_blocking::fresh_seed(), removit_blocking::fresh_seed());
/// ```
///
/// # Panics
/// Where the operating system has no randomness to give, as the standard library's
/// hash maps do. No system that this crate builds for is known to run without.
#[must_use]
pub fn fresh_seed() -> Seed {
    let mut bytes = [0; 16];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system has no randomness: {error}");
    }
    Seed::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_seeds_are_the_same_and_every_bit_is_drawn() {
        let seeds: HashSet<_> = (0..1000).map(|_| fresh_seed()).collect();
        assert_eq!(seeds.len(), 1000);
        let ones = seeds.iter().fold(0, |ones, seed| ones | seed.bits());
        let zeros = seeds.iter().fold(0, |zeros, seed| zeros | !seed.bits());
        assert_eq!((ones, zeros), (u128::MAX, u128::MAX));
    }
}
