//! The simulator's only randomness: SplitMix64 over the configured seed.
//!
//! A draw depends on its inputs alone, never on what was drawn before, so that
//! the order in which requests arrive does not change anyone's luck.

use crate::Seed;

/// 64 bits that depend on the seed and on two numbers that say what they are for.
pub(super) fn draw(seed: Seed, purpose: u64, n: u64) -> u64 {
    let bits = seed.bits();
    let high = u64::try_from(bits >> 64).unwrap_or_default();
    let low = u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
    mix(high ^ mix(low ^ mix(purpose ^ mix(n))))
}

/// The shape of a UUID, which is what the contract's examples show.
pub(super) fn job_id(seed: Seed, n: u64) -> String {
    let high = format!("{:016x}", draw(seed, u64::MAX, n));
    let low = format!("{:016x}", draw(seed, u64::MAX - 1, n));
    let digits: String = high.chars().chain(low.chars()).collect();
    let mut id = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        id.push(digit);
    }
    id
}

fn mix(bits: u64) -> u64 {
    let mut z = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_ids_look_like_uuids_and_differ() {
        let ids: Vec<_> = (0..3).map(|n| job_id(Seed::new(1), n)).collect();
        for id in &ids {
            let groups: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12]);
        }
        assert_ne!(ids[0], ids[1]);
        assert_ne!(ids[0], job_id(Seed::new(2), 0));
        assert_eq!(ids[0], job_id(Seed::new(1), 0));
    }
}
