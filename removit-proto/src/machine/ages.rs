//! Ages of jobs in buckets that grow with them: eight for each factor of two, so that
//! each is some 10 % of the age.
//!
//! Numbers alone. What is counted in the buckets is [`Durations`](super::durations)' to
//! say.

use core::time::Duration;

/// Ages below 2^10 ms are one bucket.
const SHORTEST_BITS: u32 = 10;
/// So many buckets, as a power of two, for each factor of two in age.
const PARTS_BITS: u32 = 3;
const PARTS: u64 = 1 << PARTS_BITS;
/// Up to 2^22 ms, some 70 minutes. What is older is in the last one.
pub(crate) const BUCKETS: usize = 1 + 12 * 8;

/// A part of one bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) bucket: usize,
    /// Of the bucket, up to 1.
    pub(crate) of_bucket: f64,
    /// In milliseconds.
    pub(crate) length: f64,
}

/// Where a bucket begins, in milliseconds.
pub(crate) fn begin_of(bucket: usize) -> f64 {
    float(edge(bucket))
}

/// How long it is, in milliseconds.
pub(crate) fn length_of(bucket: usize) -> f64 {
    float(edge(bucket.saturating_add(1)).saturating_sub(edge(bucket)))
}

/// The bucket of an age.
pub(crate) fn bucket_of(age: Duration) -> usize {
    bucket(millis(age))
}

/// The age, in milliseconds.
pub(crate) fn in_millis(age: Duration) -> f64 {
    float(millis(age))
}

/// The buckets between two ages, each with the part of it that lies between them.
pub(crate) fn between(from: Duration, to: Duration) -> impl Iterator<Item = Part> + Clone {
    let (from, to) = (millis(from), millis(to));
    let part = move |bucket: usize| {
        let begin = edge(bucket).max(from);
        let end = edge(bucket.saturating_add(1)).min(to);
        let length = float(end.checked_sub(begin).filter(|length| *length > 0)?);
        Some(Part { bucket, of_bucket: length / length_of(bucket), length })
    };
    (bucket(from)..BUCKETS).map_while(part)
}

fn edge(bucket: usize) -> u64 {
    let Some(above) = bucket.checked_sub(1).and_then(|above| u32::try_from(above).ok()) else {
        return 0;
    };
    let (octave, part) = (above >> PARTS_BITS, u64::from(above) & (PARTS - 1));
    let shift = (SHORTEST_BITS - PARTS_BITS).saturating_add(octave);
    (PARTS | part).checked_shl(shift).unwrap_or(u64::MAX)
}

fn bucket(millis: u64) -> usize {
    let Some(octave) = (millis >> SHORTEST_BITS).checked_ilog2() else { return 0 };
    let shift = (SHORTEST_BITS - PARTS_BITS).saturating_add(octave);
    let part = (millis >> shift) & (PARTS - 1);
    let above = (u64::from(octave) << PARTS_BITS) | part;
    let last = BUCKETS - 1;
    usize::try_from(above).map_or(last, |above| above.saturating_add(1).min(last))
}

fn millis(age: Duration) -> u64 {
    u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
}

/// Exact: up to 49 days, and no job is so old.
fn float(millis: u64) -> f64 {
    f64::from(u32::try_from(millis).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_a_gap_and_grow_with_the_age() {
        for at in 0..BUCKETS {
            let (begin, end) = (edge(at), edge(at + 1));
            assert!(begin < end, "{at}");
            assert_eq!((bucket(begin), bucket(end - 1)), (at, at));
            assert!(at == 0 || end - begin <= begin.div_ceil(8), "{at}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn the_parts_between_two_ages_add_up_to_the_time_between_them() {
        for (from, to) in [(0, 1), (0, 30_000), (2_500, 2_501), (2_500, 400_123)] {
            let (from, to) = (Duration::from_millis(from), Duration::from_millis(to));
            let length: f64 = between(from, to).map(|part| part.length).sum();
            assert!((length - in_millis(to - from)).abs() < 0.001, "{from:?} to {to:?}");
            assert!(between(from, to).all(|part| part.of_bucket > 0.0 && part.of_bucket <= 1.0));
        }
        let (none, all) = (Duration::ZERO, Duration::MAX);
        assert_eq!(between(none, none).count() + between(all, none).count(), 0);
        assert_eq!(between(none, all).count(), BUCKETS);
    }
}
