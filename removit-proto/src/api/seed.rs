//! Randomness as a value: the caller's seed, and what the core draws from it.
//!
//! The same seed gives the same boundary and the same jitter, byte for byte, on
//! every target. Nothing here is a source of secrets: a boundary must be
//! unguessable to whoever made the photo, and a fresh seed gives it 128 bits.

use core::time::Duration;

/// 128 bits that the caller draws once for each job.
///
/// Take them from the operating system in production and write them down in a
/// test. Two jobs with the same seed share a boundary and wake at the same
/// moments, which a batch must avoid, and their [attempts](crate::AttemptId) have the
/// same ids.
///
/// It is stored as text of 32 hexadecimal digits.
///
/// ```
/// use removit_proto::Seed;
///
/// let replayable = Seed::new(7);
/// assert_eq!(replayable, Seed::new(7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(u128);

/// Keeps the draws for different purposes apart.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Backoff = 1,
    Interval = 2,
    RetryAfter = 3,
    FirstLook = 4,
}

impl Seed {
    /// A seed from 128 bits.
    #[must_use]
    pub const fn new(bits: u128) -> Self {
        Self(bits)
    }

    /// A seed from sixteen bytes, as an operating system draws them; the same on every
    /// machine.
    ///
    /// ```
    /// use removit_proto::Seed;
    ///
    /// let mut bytes = [0; 16]; // filled by `getrandom::fill`, say
    /// bytes[0] = 7;
    /// assert_eq!(Seed::from_bytes(bytes), Seed::new(7));
    /// ```
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_le_bytes(bytes))
    }

    /// The bits as they were given.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The `n`-th of the seeds that follow from this one. All of them differ, and
    /// so do their tokens: the lower half goes through bijections alone.
    pub(crate) fn child(self, n: u64) -> Self {
        let (high, low) = self.halves();
        let (high, low) = (mix(high ^ mix(n ^ CHILD)), mix(low ^ CHILD) ^ n);
        Self((u128::from(high) << 64) | u128::from(low))
    }

    /// 32 hexadecimal digits that differ for any two seeds: each half goes
    /// through a bijection, so that none of the 128 bits is lost.
    #[cfg(any(test, feature = "contract"))]
    pub(crate) fn token(self) -> String {
        self.token_digits().collect()
    }

    /// The digits of the token, one by one.
    pub(crate) fn token_digits(self) -> impl Iterator<Item = char> {
        let (high, low) = self.halves();
        let bits = (u128::from(mix(high ^ TOKEN)) << 64) | u128::from(mix(low ^ TOKEN));
        let digits = bits.to_be_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        digits.filter_map(|digit| char::from_digit(u32::from(digit), 16))
    }

    /// A duration drawn evenly from `low..=high`; the `n`-th draw for `purpose`.
    pub(crate) fn duration_between(
        self,
        purpose: Purpose,
        n: u64,
        low: Duration,
        high: Duration,
    ) -> Duration {
        let span = high.saturating_sub(low);
        #[expect(clippy::as_conversions, reason = "53 bits are exact in an f64 on every target")]
        let unit = (self.draw(purpose, n) >> 11) as f64 / (1_u64 << 53) as f64;
        low.saturating_add(scale(span, unit))
    }

    #[expect(clippy::as_conversions, reason = "the number of a purpose")]
    fn draw(self, purpose: Purpose, n: u64) -> u64 {
        let (high, low) = self.halves();
        mix(high ^ mix(low ^ mix(n ^ ((purpose as u64) << 56))))
    }

    #[expect(clippy::as_conversions, reason = "each half is taken on purpose")]
    fn halves(self) -> (u64, u64) {
        ((self.0 >> 64) as u64, self.0 as u64)
    }
}

const TOKEN: u64 = 0x7265_6d6f_7669_7421;
const CHILD: u64 = 0x6261_7463_6863_6864;

/// The finaliser of SplitMix64: a bijection of 64 bits that spreads each of them.
fn mix(bits: u64) -> u64 {
    let mut z = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `duration` times `factor`, saturating: [`Duration::mul_f64`] panics.
pub(crate) fn scale(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_128_bits_and_changes_with_either_half() {
        let tokens = [0, 1, 1 << 64, 1 << 127, u128::MAX].map(|bits| Seed::new(bits).token());
        for (i, token) in tokens.iter().enumerate() {
            assert_eq!(token.len(), 32);
            assert!(tokens.iter().skip(i + 1).all(|other| other != token));
        }
    }

    /// Other values would be as good; but the same everywhere, and from release to
    /// release: a stored state draws on from where it was. (The numbers are those of
    /// another implementation, in another language.)
    #[test]
    fn children_and_draws_are_the_same_everywhere() {
        let seed = Seed::new(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210);
        assert_eq!(seed.child(0).bits(), 0x3b1d_18ae_a688_86aa_1802_3f4a_7ad1_5f7f);
        assert_eq!(seed.child(77).bits(), 0xb103_620c_ac6d_dee7_1802_3f4a_7ad1_5f32);
        assert_eq!(seed.draw(Purpose::FirstLook, 0), 0xf834_e90b_1c0a_73eb);
        assert_eq!(seed.draw(Purpose::FirstLook, 5), 0x77b5_44ee_d528_128b);
    }

    #[test]
    fn no_two_children_share_a_token() {
        let parents = [0, 1, u128::MAX].map(Seed::new);
        let tokens: std::collections::BTreeSet<_> =
            parents.iter().flat_map(|p| (0..2000).map(|n| p.child(n).token())).collect();
        assert_eq!(tokens.len(), 6000);
    }

    #[test]
    fn draws_stay_in_their_range_and_fill_it() {
        let (low, high) = (Duration::from_millis(500), Duration::from_millis(1500));
        let draws: Vec<_> = (0..1000)
            .map(|n| Seed::new(9).duration_between(Purpose::Backoff, n, low, high))
            .collect();
        assert!(draws.iter().all(|d| (low..=high).contains(d)));
        assert!(draws.iter().any(|d| *d < Duration::from_millis(550)));
        assert!(draws.iter().any(|d| *d > Duration::from_millis(1450)));
    }

    #[test]
    fn the_largest_span_does_not_overflow() {
        let drawn =
            Seed::new(3).duration_between(Purpose::Interval, 1, Duration::ZERO, Duration::MAX);
        assert!(drawn <= Duration::MAX);
    }
}
