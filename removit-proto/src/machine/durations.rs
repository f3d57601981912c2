//! How long the jobs of one kind take, learned from the looks at them.
//!
//! A job that was pending at one age and over at the next ended somewhere between them;
//! one that is still pending says as much, and in a jam it says so long before any job
//! ends. Both are kept as hazards by age: how many jobs reached it, and how many of them
//! ended there. What is old fades as new jobs reach the same age. Knows neither clocks
//! nor jobs: whose looks it is told of is the batch's to say.

use core::time::Duration;

use crate::machine::ages::{BUCKETS, between, bucket_of, in_millis};
use crate::machine::look_plan::{LookPlan, prior_hazard};

/// Of no more jobs than this is remembered how they fared at an age.
const MEMORY: f64 = 192.0;
/// At each age it is as though so many jobs had been seen before any was.
const PRIOR: f64 = 2.0;
/// An age that fewer jobs reached is not known.
const KNOWN: f64 = 16.0;
/// Nothing is known before so many jobs ended.
const ENOUGH: u32 = 32;
/// The plan is made anew after so many looks.
const REPLAN: u32 = 64;
/// Half of the jobs live longer than one that ends; where the newest ends were this much
/// earlier or later than that, in the mean, jobs have changed: each further one that shows
/// it counts so many times, and what was known before is soon forgotten.
const CHANGE: f64 = 0.2;
const NEWEST: f64 = 16.0;
const HASTE: f64 = 8.0;
/// No hazard is higher: there is always a job that lives on.
const HIGHEST: f64 = 0.95;

/// The durations of one kind of jobs. Takes some 5 KiB, however many jobs there were.
#[derive(Clone, Debug)]
pub(crate) struct Durations {
    ages: Box<[Seen]>,
    /// Made of what was known a while ago; `None` until enough is.
    plan: Option<LookPlan>,
    ends: u32,
    /// How many of the others end before one that ends: the mean of the newest.
    rank: f64,
    /// The looks since the plan was made.
    looks: u32,
}

/// What was seen of the ages in one bucket.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// How many jobs were looked at there, a part of the bucket counting as a part.
    reached: f64,
    /// How many of them ended there.
    ended: f64,
}

impl Durations {
    /// Of jobs of which nothing is known.
    pub(crate) fn new() -> Self {
        let ages = vec![Seen::default(); BUCKETS].into_boxed_slice();
        Self { ages, plan: None, ends: 0, rank: 0.5, looks: 0 }
    }

    /// Takes note of a job that was pending at both ages.
    pub(crate) fn lived(&mut self, from: Duration, to: Duration) {
        for part in between(from, to) {
            self.note(part.bucket, part.of_bucket, 0.0);
        }
        self.noted();
    }

    /// Takes note of a job that was pending at the one age and over at the other.
    pub(crate) fn ended(&mut self, from: Duration, to: Duration) {
        let to = to.max(from.saturating_add(Duration::from_millis(1)));
        let parts = between(from, to);
        let hazards = parts.clone().map(|part| self.hazard(part.bucket) * part.of_bucket);
        let expected = 1.0 - hazards.fold(1.0, |alive, hazard| alive * (1.0 - hazard));
        let weight = self.weigh(from, to);
        let length = in_millis(to) - in_millis(from);
        // It ended in each part with some likelihood: half by how others fared, and half
        // evenly, or jobs that become quicker were never seen to.
        let (mut alive, mut left) = (1.0, 1.0_f64);
        for part in parts {
            let as_others = alive * self.hazard(part.bucket) * part.of_bucket;
            alive -= as_others;
            let share = f64::midpoint(as_others / expected, part.length / length).min(left);
            let reached = part.of_bucket * (left - share / 2.0);
            self.note(part.bucket, weight * reached, weight * share);
            left -= share;
        }
        self.ends = self.ends.saturating_add(1);
        self.noted();
    }

    /// Whether enough is known to time first looks by it.
    pub(crate) const fn is_enough(&self) -> bool {
        self.plan.is_some()
    }

    /// The age of the next look at a job that is pending at this age, which may lie
    /// before it; `None` where too little is known, and of a job that outlives almost
    /// all that were seen.
    pub(crate) fn next_look(&self, age: Duration) -> Option<Duration> {
        let is_known = self.ages.get(bucket_of(age))?.reached >= KNOWN;
        self.plan.as_ref().filter(|_| is_known)?.next_look(age)
    }

    /// The likelihood that a job which reaches a bucket ends in it.
    fn hazard(&self, bucket: usize) -> f64 {
        let Some(seen) = self.ages.get(bucket) else { return 0.0 };
        let ended = seen.ended + PRIOR * prior_hazard(bucket);
        (ended / (seen.reached + PRIOR)).min(HIGHEST)
    }

    /// How much an end between these ages counts.
    fn weigh(&mut self, from: Duration, to: Duration) -> f64 {
        let Some(plan) = &self.plan else { return 1.0 };
        let rank = 1.0 - f64::midpoint(plan.alive_at(from), plan.alive_at(to));
        self.rank += (rank - self.rank) / NEWEST;
        let (all, this) = (self.rank - 0.5, rank - 0.5);
        if all.abs() > CHANGE && all * this > 0.0 { HASTE } else { 1.0 }
    }

    fn note(&mut self, bucket: usize, reached: f64, ended: f64) {
        let Some(seen) = self.ages.get_mut(bucket) else { return };
        seen.reached += reached;
        seen.ended += ended;
        if seen.reached > MEMORY {
            seen.ended *= MEMORY / seen.reached;
            seen.reached = MEMORY;
        }
    }

    fn noted(&mut self) {
        self.looks = self.looks.saturating_add(1);
        let is_due = self.plan.is_none() || self.looks >= REPLAN;
        if self.ends >= ENOUGH && is_due {
            let hazards: Vec<_> = (0..BUCKETS).map(|bucket| self.hazard(bucket)).collect();
            self.plan = Some(LookPlan::new(&hazards));
            self.looks = 0;
        }
    }
}
