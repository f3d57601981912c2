//! The requests a second that all jobs share.
//!
//! Two rules: no second, wherever it begins, has more requests than the budget;
//! and requests are spaced evenly, with a little room to catch up where a driver
//! woke late. What a request is for is not known here.

use core::time::Duration;
use std::collections::VecDeque;

use crate::transport::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
/// How much of the spacing may be caught up.
const SLACK: Duration = Duration::from_millis(100);

#[derive(Clone, Debug)]
pub(super) struct Budget {
    per_second: usize,
    spacing: Duration,
    next: Instant,
    /// When the requests of the last second left.
    recent: VecDeque<Instant>,
}

impl Budget {
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = per_second.max(1);
        Self {
            per_second: usize::try_from(per_second).unwrap_or(usize::MAX),
            spacing: SECOND.checked_div(per_second).unwrap_or(SECOND),
            next: Instant::ORIGIN,
            recent: VecDeque::new(),
        }
    }

    /// When the next request may leave.
    pub(super) fn free_at(&self) -> Instant {
        let oldest = self.recent.len().checked_sub(self.per_second);
        let oldest = oldest.and_then(|index| self.recent.get(index));
        oldest.map_or(self.next, |sent| self.next.max(*sent + SECOND))
    }

    pub(super) fn take(&mut self, now: Instant) {
        while self.recent.front().is_some_and(|sent| *sent + SECOND <= now) {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        let late = Instant::from_origin(now.since_origin().saturating_sub(SLACK));
        self.next = self.next.max(late) + self.spacing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes whenever it is allowed, waking `late` after that.
    fn taken(per_second: u32, late: Duration, for_secs: u64) -> Vec<Instant> {
        let mut budget = Budget::new(per_second);
        let mut now = Instant::from_origin(Duration::from_secs(1_000_000));
        let end = now + Duration::from_secs(for_secs);
        let mut taken = Vec::new();
        while now < end {
            if budget.free_at() <= now {
                budget.take(now);
                taken.push(now);
            } else {
                now = budget.free_at() + late;
            }
        }
        taken
    }

    fn most_in_a_second(taken: &[Instant]) -> usize {
        let within = |i: usize| taken[i..].iter().take_while(|t| **t - taken[i] < SECOND).count();
        (0..taken.len()).map(within).max().unwrap_or(0)
    }

    #[test]
    fn no_second_has_more_than_the_budget() {
        for per_second in [0, 1, 3, 7, 10, 100, 333] {
            for late in [0, 1, 40, 250, 2_500] {
                let taken = taken(per_second, Duration::from_millis(late), 20);
                let most = most_in_a_second(&taken);
                assert!(most <= per_second.max(1) as usize, "{per_second} {late}: {most}");
            }
        }
    }

    #[test]
    fn a_driver_that_wakes_a_little_late_still_gets_all_of_it() {
        let taken = taken(100, Duration::from_millis(3), 20);
        assert!(taken.len() >= 1_980, "{}", taken.len());
    }

    #[test]
    fn after_a_rest_requests_are_spaced_again() {
        let mut budget = Budget::new(10);
        let later = Instant::from_origin(Duration::from_secs(50));
        let mut at_once = 0;
        while budget.free_at() <= later {
            budget.take(later);
            at_once += 1;
        }
        assert!(at_once <= 2, "{at_once}");
    }
}
