//! What can go wrong, when, and for which requests.
//!
//! A script is a list of rules. All rules that match a request apply to it, in
//! the order of the script; of two that exclude each other the first wins.

use core::time::Duration;

use super::canned::Canned;
use super::coding::Coding;
use super::draw::draw;
use super::fate::Fate;
use super::kind::Kind;
use super::odd::Odd;
use crate::{OutputFormat, Seed};

/// One fault, the requests that it may hit, and which of them it does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// The kind of request.
    pub on: Kind,
    /// Which requests of that kind.
    pub when: When,
    /// What happens to them.
    pub fault: Fault,
}

impl Rule {
    /// `fault` happens to those requests for `on` that `when` picks.
    #[must_use]
    pub fn new(on: Kind, when: When, fault: Fault) -> Self {
        Self { on, when, fault }
    }
}

/// Which requests of a kind a rule hits. They are counted from 1, over all jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// Every one.
    Always,
    /// The n-th alone.
    Nth(u64),
    /// The first n.
    First(u64),
    /// The n-th and all that follow.
    From(u64),
    /// Each with this probability, drawn from the configured seed.
    Chance {
        /// Out of a thousand requests, so many are hit.
        per_mille: u16,
    },
}

impl When {
    /// Whether request number `n` is hit; `rule` keeps the luck of two rules apart.
    pub(super) fn picks(self, n: u64, rule: u64, seed: Seed) -> bool {
        match self {
            Self::Always => true,
            Self::Nth(nth) => n == nth,
            Self::First(last) => n <= last,
            Self::From(first) => n >= first,
            Self::Chance { per_mille } => {
                draw(seed, rule, n).checked_rem(1000) < Some(u64::from(per_mille))
            }
        }
    }
}

/// What goes wrong with one request.
///
/// The first six say how far the vendor got: a job exists, and is paid for, only
/// after [`DropAfterWork`](Self::DropAfterWork) and
/// [`AnswerAfterWork`](Self::AnswerAfterWork).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection closes before the body has been read.
    DropBeforeBody,
    /// An answer comes while the body is still being sent.
    AnswerEarly(Canned),
    /// The body is read, nothing is done, and the connection closes.
    DropBeforeWork,
    /// The body is read, nothing is done, and this is the answer.
    Answer(Canned),
    /// The work is done, and the connection closes without an answer.
    DropAfterWork,
    /// The work is done, and the answer does not tell.
    AnswerAfterWork(Canned),
    /// The job that this upload creates takes another course.
    Fate(Fate),
    /// The JSON of a good answer looks odd.
    Odd(Odd),
    /// The answer is compressed though nobody asked for that; with several of
    /// these the first one is applied first.
    Compressed(Coding),
    /// The answer is shorter than it should be, and its length is true to what
    /// comes: a script that died.
    ShortBody {
        /// How many bytes of it come.
        after: usize,
    },
    /// The answer starts later.
    Delay(Duration),
    /// The answer comes in pieces.
    Drip {
        /// Bytes in a piece; zero counts as one.
        chunk: usize,
        /// The time between two pieces.
        every: Duration,
    },
    /// The answer promises its full length and ends early.
    CutBody {
        /// How many bytes of it come.
        after: usize,
    },
    /// The answer promises its full length, and then nothing more comes, while
    /// the connection stays.
    Stall {
        /// How many bytes of it come.
        after: usize,
    },
    /// The server of the result knows no `Range` and no `ETag`: it serves the
    /// whole each time.
    NoRanges,
    /// The result was made again: another picture with another `ETag`.
    MadeAgain,
    /// 206 with these bytes of the result, whatever was asked for.
    Part {
        /// The first byte.
        first: usize,
        /// The last byte, included.
        last: usize,
    },
    /// The result is a picture of another format than was asked for; its address
    /// does not tell.
    OtherFormat(OutputFormat),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(when: When) -> Vec<u64> {
        let seed = Seed::new(5);
        (1..=6).filter(|n| when.picks(*n, 0, seed)).collect()
    }

    #[test]
    fn each_choice_picks_its_requests() {
        assert_eq!(hits(When::Always), [1, 2, 3, 4, 5, 6]);
        assert_eq!(hits(When::Nth(2)), [2]);
        assert_eq!(hits(When::First(2)), [1, 2]);
        assert_eq!(hits(When::From(5)), [5, 6]);
    }

    #[test]
    fn chance_keeps_to_its_probability_and_to_the_seed() {
        let count = |rule, seed| {
            let chance = When::Chance { per_mille: 300 };
            (1..=10_000).filter(|n| chance.picks(*n, rule, Seed::new(seed))).count()
        };
        assert!((2_800..3_200).contains(&count(0, 1)), "{}", count(0, 1));
        assert_eq!(count(0, 1), count(0, 1));
        assert_ne!(count(0, 1), count(1, 1));
        let never = When::Chance { per_mille: 0 };
        assert!((1..=10_000).all(|n| !never.picks(n, 0, Seed::new(1))));
        assert_eq!(hits(When::Chance { per_mille: 1000 }).len(), 6);
    }
}
