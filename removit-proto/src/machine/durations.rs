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
const KNOWN: f64 = 32.0;
/// Nothing is known before so many jobs ended.
const ENOUGH: u32 = 32;
/// The plan is made anew after so many looks.
const REPLAN: u32 = 64;
/// The newest jobs are remembered by themselves. Where they say something else, what was
/// known before is forgotten.
const NEWEST: f64 = 24.0;
/// In so many buckets together.
const NEARBY: usize = 8;
/// How many times what chance may do is something else, squared.
const CHANGE: f64 = 9.0;
/// No hazard is higher: there is always a job that lives on.
const HIGHEST: f64 = 0.95;

/// The durations of one kind of jobs. Takes some 5 KiB, however many jobs there were.
#[derive(Clone, Debug)]
pub(crate) struct Durations {
    ages: Box<[Seen]>,
    /// The same of the newest jobs.
    newest: Box<[Seen]>,
    /// Made of what was known a while ago; `None` until enough is.
    plan: Option<LookPlan>,
    ends: u32,
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
        Self { newest: ages.clone(), ages, plan: None, ends: 0, looks: 0 }
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
        let length = in_millis(to) - in_millis(from);
        // It ended in each part with some likelihood: half by how others fared, and half
        // evenly, or jobs that become quicker were never seen to.
        let (mut alive, mut left) = (1.0, 1.0_f64);
        for part in parts {
            let as_others = alive * self.hazard(part.bucket) * part.of_bucket;
            alive -= as_others;
            let share = f64::midpoint(as_others / expected, part.length / length).min(left);
            self.note(part.bucket, part.of_bucket * (left - share / 2.0), share);
            left -= share;
        }
        self.ends = self.ends.saturating_add(1);
        self.noted();
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

    fn note(&mut self, bucket: usize, reached: f64, ended: f64) {
        for (ages, memory) in [(&mut self.ages, MEMORY), (&mut self.newest, NEWEST)] {
            if let Some(seen) = ages.get_mut(bucket) {
                seen.note(reached, ended, memory);
            }
        }
    }

    fn noted(&mut self) {
        self.looks = self.looks.saturating_add(1);
        let is_due = self.plan.is_none() || self.looks >= REPLAN;
        if self.ends >= ENOUGH && is_due {
            self.forget();
            let hazards: Vec<_> = (0..BUCKETS).map(|bucket| self.hazard(bucket)).collect();
            self.plan = Some(LookPlan::new(&hazards));
            self.looks = 0;
        }
    }

    /// Forgets what the newest jobs contradict.
    fn forget(&mut self) {
        let hazards: Vec<_> = (0..BUCKETS).map(|bucket| self.hazard(bucket)).collect();
        let nearby = self.ages.chunks_mut(NEARBY).zip(self.newest.chunks(NEARBY));
        for ((ages, newest), hazards) in nearby.zip(hazards.chunks(NEARBY)) {
            let ended: f64 = newest.iter().map(|seen| seen.ended).sum();
            let expected = newest.iter().zip(hazards).map(|(seen, hazard)| seen.reached * hazard);
            let expected: f64 = expected.sum();
            if (ended - expected) * (ended - expected) > CHANGE * expected.max(1.0) {
                ages.copy_from_slice(newest);
            }
        }
    }
}

impl Seen {
    fn note(&mut self, reached: f64, ended: f64, memory: f64) {
        self.reached += reached;
        self.ended += ended;
        if self.reached > memory {
            self.ended *= memory / self.reached;
            self.reached = memory;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Jobs that all ended between these ages.
    fn jobs(durations: &mut Durations, number: u32, pending_at: Duration, over_at: Duration) {
        for _ in 0..number {
            durations.lived(Duration::ZERO, pending_at);
            durations.ended(pending_at, over_at);
        }
    }

    #[test]
    fn nothing_is_known_before_enough_jobs_ended() {
        let mut durations = Durations::new();
        jobs(&mut durations, ENOUGH - 1, secs(9), secs(11));
        assert_eq!(durations.next_look(Duration::ZERO), None);
        jobs(&mut durations, 1, secs(9), secs(11));
        assert_ne!(durations.next_look(Duration::ZERO), None);
    }

    #[test]
    fn the_first_look_comes_when_jobs_end_and_the_next_ones_soon_after_it() {
        let mut durations = Durations::new();
        jobs(&mut durations, 100, millis(9_500), millis(10_500));
        let first = durations.next_look(Duration::ZERO).unwrap();
        assert!((millis(9_500)..=millis(11_500)).contains(&first), "{first:?}");
    }

    #[test]
    fn an_age_that_no_job_reached_is_not_known() {
        let mut durations = Durations::new();
        jobs(&mut durations, 200, secs(9), secs(11));
        assert_eq!(durations.next_look(secs(40)), None);
    }

    /// Jobs that took from five to thirty seconds.
    fn all_kinds_of() -> Durations {
        let mut durations = Durations::new();
        for number in 0..1_000_u64 {
            let pending_at = millis(5_000 + number * 7_919 % 23_000);
            durations.lived(Duration::ZERO, pending_at);
            durations.ended(pending_at, pending_at + millis(1_500 + number % 5));
        }
        durations
    }

    #[test]
    fn jobs_that_live_on_tell_of_a_jam_before_any_of_them_ends() {
        let mut durations = all_kinds_of();
        let wait = |durations: &Durations| durations.next_look(secs(14)).unwrap() - secs(14);
        let before = wait(&durations);
        for _ in 0..100 {
            durations.lived(Duration::ZERO, secs(60));
        }
        let after = wait(&durations);
        assert!(after > before * 5 / 4, "{before:?}, then {after:?}");
    }

    #[test]
    fn what_the_newest_jobs_contradict_is_forgotten() {
        let mut durations = Durations::new();
        jobs(&mut durations, 500, secs(79), secs(81));
        jobs(&mut durations, 40, secs(9), secs(11));
        let first = durations.next_look(Duration::ZERO).unwrap();
        assert!(first <= secs(12), "{first:?}");
    }

    #[test]
    fn it_takes_no_more_memory_the_more_jobs_there_were() {
        let mut durations = Durations::new();
        jobs(&mut durations, 5_000, secs(9), secs(11));
        let most = durations.ages.iter().map(|seen| seen.reached).fold(0.0, f64::max);
        assert!(most <= MEMORY, "{most}");
        assert_eq!((durations.ages.len(), durations.newest.len()), (BUCKETS, BUCKETS));
    }

    /// Other numbers would be as good; but the same on every platform.
    #[test]
    fn what_is_learned_is_the_same_everywhere() {
        let durations = all_kinds_of();
        let looks = [0, 7_001, 15_003, 24_007].map(|age| durations.next_look(millis(age)));
        assert_eq!(
            looks.map(|look| look.map_or(0, |at| at.as_nanos())),
            [11_264_000_000, 13_312_000_000, 18_432_000_000, 0]
        );
    }

    #[test]
    fn looks_that_make_no_sense_do_no_harm() {
        let mut durations = Durations::new();
        for (from, to) in [(secs(9), secs(3)), (Duration::MAX, Duration::ZERO)] {
            for _ in 0..100 {
                durations.lived(from, to);
                durations.ended(from, to);
                durations.ended(Duration::ZERO, Duration::MAX);
            }
        }
        for age in [Duration::ZERO, secs(5), secs(5_000), Duration::MAX] {
            let _ = durations.next_look(age);
        }
        assert!(durations.ages.iter().all(|seen| seen.ended.is_finite()));
    }
}
