//! What the check draws from its seed.

use crate::Seed;

/// A sequence of draws: the same seed, the same sequence.
#[derive(Clone, Debug)]
pub(super) struct Luck {
    seed: Seed,
    drawn: u64,
}

impl Luck {
    pub(super) fn new(seed: Seed) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A number below `limit`; zero where that is zero.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.drawn = self.drawn.saturating_add(1);
        let high = u64::try_from(self.seed.child(self.drawn).bits() >> 64).unwrap_or_default();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        usize::try_from(high.checked_rem(limit).unwrap_or_default()).unwrap_or_default()
    }

    /// One of these; `None` where there are none.
    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// An id of the shape of a real one.
    pub(super) fn uuid(&mut self) -> String {
        self.drawn = self.drawn.saturating_add(1);
        let digits = self.seed.child(self.drawn).token();
        let ends = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
        let groups = ends.map(|(from, to)| digits.get(from..to).unwrap_or_default());
        groups.join("-")
    }
}
