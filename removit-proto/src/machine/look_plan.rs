//! When to look at a job, of which is known how likely it ends at which age.
//!
//! A look costs a request, and one that comes later costs delay. From the greatest age
//! down, the plan holds for each age the next look that costs least together with all
//! that follow it. Where the likelihood hardly changes that is an interval of
//! √(2·cost/hazard), and where no job ends there is no look. Numbers alone: floors and
//! deadlines are the schedule's and the poller's.

use core::time::Duration;

use crate::machine::ages::{begin_of, bucket_of, in_millis, length_of};

/// How much delay a request is worth, in milliseconds. Three times as much as for one job
/// alone: a batch shares its requests.
const COST: f64 = 1000.0;
/// In the first minute a delay costs as much as it lasts. After that, what is over
/// `PATIENCE` costs `LATE` times more, so that slow jobs are seen to move.
const FIRST_MINUTE: f64 = 60_000.0;
const PATIENCE: f64 = 4_000.0;
const LATE: f64 = 30.0;
/// No look is closer than this, in milliseconds.
const SHORTEST: f64 = 2_000.0;
/// No wait is longer, so that jobs which become quicker are soon seen to.
const LONGEST: f64 = 20_000.0;
/// Of a job that outlives all but so many nothing is planned: it may be another kind of day.
const OUTLIVED: f64 = 0.05;

/// The next look for each age.
#[derive(Clone, Debug)]
pub(crate) struct LookPlan {
    /// By bucket: the wait at its begin, in milliseconds.
    waits: Box<[f64]>,
    /// By bucket: which part of the jobs is still pending at its end.
    alive: Box<[f64]>,
}

/// The likelihood that a job ends in a bucket which it reaches, where nothing is known:
/// at each age, half of the jobs live for as long again.
pub(crate) fn prior_hazard(bucket: usize) -> f64 {
    length_of(bucket) / begin_of(bucket.saturating_add(1))
}

impl LookPlan {
    /// Of jobs that end in each bucket with this likelihood, once they reach it.
    pub(crate) fn new(hazards: &[f64]) -> Self {
        let outlive = |alive: &mut f64, hazard: &f64| {
            *alive *= 1.0 - hazard;
            Some(*alive)
        };
        let alive = hazards.iter().scan(1.0, outlive).collect();
        let stretch = |(bucket, hazard): (usize, &f64)| Stretch {
            begin: begin_of(bucket),
            length: length_of(bucket),
            hazard: *hazard,
        };
        let stretches: Vec<_> = hazards.iter().enumerate().map(stretch).collect();
        let mut waits = vec![0.0; hazards.len()].into_boxed_slice();
        let mut costs = vec![0.0; hazards.len().saturating_add(1)];
        for (bucket, wait) in waits.iter_mut().enumerate().rev() {
            let (Some(ahead), Some((cost, after))) =
                (stretches.get(bucket..), costs.get_mut(bucket..).and_then(<[_]>::split_first_mut))
            else {
                continue;
            };
            let best = Best::of(ahead, after);
            (*wait, *cost) = (best.wait, best.cost);
        }
        Self { waits, alive }
    }

    /// Which part of the jobs lives longer.
    pub(crate) fn alive_at(&self, age: Duration) -> f64 {
        self.alive.get(bucket_of(age)).copied().unwrap_or(0.0)
    }

    /// The age of the next look at a job that is pending at this age; `None` of a job
    /// that outlived almost all. Looks that were close to each other make it lie in the past.
    pub(crate) fn next_look(&self, age: Duration) -> Option<Duration> {
        let bucket = bucket_of(age);
        let next = bucket.saturating_add(1);
        let (now, then) = (self.waits.get(bucket)?, self.waits.get(next)?);
        let passed = (in_millis(age) - begin_of(bucket)) / length_of(bucket);
        let (now, then) = (begin_of(bucket) + now, begin_of(next) + then);
        let at = now + (then - now) * passed;
        Duration::try_from_secs_f64(at / 1000.0).ok().filter(|_| self.alive_at(age) > OUTLIVED)
    }
}

/// The ages in a bucket, in milliseconds.
#[derive(Clone, Copy)]
struct Stretch {
    begin: f64,
    length: f64,
    hazard: f64,
}

/// The best wait at the begin of a bucket, in milliseconds, and what it costs.
struct Best {
    wait: f64,
    cost: f64,
}

impl Best {
    /// At the begin of all that is `ahead`; `after` are the costs at each of its ends.
    fn of(ahead: &[Stretch], after: &[f64]) -> Self {
        let Some(first) = ahead.first() else { return Self { wait: LONGEST, cost: COST } };
        let late = if first.begin < FIRST_MINUTE { 0.0 } else { LATE };
        let mut best = Self::within(*first, late, after.first().copied().unwrap_or(0.0));
        // The look, and what it sees as long ago as is borne with patience.
        let (mut look, mut long_ago) = (Walk::new(), Walk::new());
        let mut behind = ahead.iter().peekable();
        for (stretch, after) in ahead.iter().zip(after) {
            look.pass(stretch);
            let patient = look.passed - PATIENCE;
            while let Some(stretch) =
                behind.next_if(|next| long_ago.passed + next.length <= patient)
            {
                long_ago.pass(stretch);
            }
            let too_long = behind.peek().map_or(0.0, |next| long_ago.delay_at(patient, next));
            let cost = COST + look.delay + late * too_long;
            if cost >= best.cost || (look.passed > LONGEST && best.cost.is_finite()) {
                break;
            }
            let all = cost + look.alive * after;
            if look.passed >= SHORTEST && all <= best.cost {
                best = Self { wait: look.passed, cost: all };
            }
        }
        best
    }

    /// The best of those with several looks in the first bucket, evenly apart. It costs
    /// nothing less than infinity where the bucket is too short for that.
    fn within(first: Stretch, late: f64, after: f64) -> Self {
        let Stretch { length, hazard, .. } = first;
        let balanced = 2.0 * COST * length / hazard;
        let late = if balanced <= PATIENCE * PATIENCE { 0.0 } else { late };
        let wait = ((balanced + late * PATIENCE * PATIENCE) / (1.0 + late)).sqrt();
        let wait = wait.clamp(SHORTEST, LONGEST);
        if wait >= length {
            return Self { wait, cost: f64::INFINITY };
        }
        let over = (wait - PATIENCE).max(0.0);
        let delay = wait / 2.0 + late * over * over / (2.0 * wait);
        let looks = length / wait * (1.0 - hazard / 2.0);
        Self { wait, cost: COST * looks + hazard * delay + (1.0 - hazard) * after }
    }
}

/// A moment that moves on, a bucket at a time.
struct Walk {
    /// The time since it set out, in milliseconds.
    passed: f64,
    /// The part of the jobs that are still pending then.
    alive: f64,
    /// How long the others have been over by then, in milliseconds a job.
    delay: f64,
}

impl Walk {
    const fn new() -> Self {
        Self { passed: 0.0, alive: 1.0, delay: 0.0 }
    }

    fn pass(&mut self, stretch: &Stretch) {
        let ends = self.alive * stretch.hazard;
        self.delay += (1.0 - self.alive + ends / 2.0) * stretch.length;
        self.alive -= ends;
        self.passed += stretch.length;
    }

    /// The delay at a later moment, in the next stretch: jobs end evenly in it.
    fn delay_at(&self, passed: f64, next: &Stretch) -> f64 {
        let since = (passed - self.passed).max(0.0);
        let ends = self.alive * next.hazard * since / next.length;
        self.delay + (1.0 - self.alive + ends / 2.0) * since
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::ages::BUCKETS;

    fn plan(hazard: impl Fn(f64) -> f64) -> LookPlan {
        let hazards = (0..BUCKETS).map(|bucket| hazard(begin_of(bucket)) * length_of(bucket));
        LookPlan::new(&hazards.map(|hazard| hazard.min(0.95)).collect::<Vec<_>>())
    }

    fn wait(plan: &LookPlan, secs: u64) -> f64 {
        let age = Duration::from_secs(secs);
        let next = plan.next_look(age).unwrap();
        next.as_secs_f64() - age.as_secs_f64()
    }

    #[test]
    fn where_the_hazard_stays_the_same_the_interval_balances_both_costs() {
        let hazard = 0.06 / 1000.0;
        let plan = plan(|_| hazard);
        let balanced = (2.0 * COST / hazard).sqrt() / 1000.0;
        for secs in [5, 10, 20, 40] {
            let wait = wait(&plan, secs);
            assert!((wait / balanced - 1.0).abs() < 0.35, "at {secs}: {wait}, not {balanced}");
        }
    }

    #[test]
    fn where_no_job_ends_no_look_is_planned_for_as_long_as_may_be() {
        let plan = plan(|age| if age < 100_000.0 { 0.0 } else { 0.001 });
        for secs in [0, 5, 40, 60] {
            let wait = wait(&plan, secs);
            assert!((10.0..=20.5).contains(&wait), "at {secs}: {wait}");
        }
    }

    #[test]
    fn slow_jobs_are_looked_at_with_patience_and_not_more() {
        let plan = plan(|age| if age < 60_000.0 { 0.0 } else { 0.000_005 });
        for secs in [100, 200, 400] {
            let wait = wait(&plan, secs);
            assert!((4.0..=6.5).contains(&wait), "at {secs}: {wait}");
        }
    }

    #[test]
    fn no_look_is_closer_than_two_seconds() {
        let plan = plan(|_| 0.01);
        assert!(plan.waits.iter().all(|wait| *wait >= SHORTEST));
    }

    #[test]
    fn of_a_job_that_outlives_almost_all_nothing_is_planned() {
        let plan = plan(|_| 0.1 / 1000.0);
        assert!(plan.next_look(Duration::from_secs(25)).is_some());
        assert!(plan.next_look(Duration::from_secs(40)).is_none());
    }
}
