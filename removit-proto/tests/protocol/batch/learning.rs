//! A batch learns how long its jobs take, and looks at the right time.

use std::time::Duration;

use removit_proto::journal::{JobOutcome, Opened, Record, Replay};
use removit_proto::{BatchPolicy, Mode, Schedule, UploadOptions};

use super::shop::{Progress, Seen, Shop, around, means, units};
use crate::journal::records::{accepted, at, ended, planned};
use crate::support::{secs, url_request};

const HONEST: Progress = |part| Some((part * 100.0) as u8);

fn watch(durations: &[Duration], progress: Progress, learn: bool) -> Vec<Seen> {
    let mut shop = Shop::new(|policy| policy.learn = learn);
    shop.progress = progress;
    shop.watch(durations)
}

/// A queue that jams: for 400 jobs all takes ten times as long.
fn jam() -> Vec<Duration> {
    let mut durations = around(20.0, 0.6, 1, 1400);
    durations[400..800].iter_mut().for_each(|duration| *duration *= 10);
    durations
}

#[test]
fn after_a_hundred_jobs_four_looks_are_enough_without_progress() {
    let durations = around(20.0, 0.6, 1, 700);
    let (requests, delay) = means(&watch(&durations, |_| None, true), 100..700);
    assert!(requests <= 4.1 && delay <= 3.1, "{requests} a job, {delay} s");
    let (before, _) = means(&watch(&durations, |_| None, false), 100..700);
    assert!(before > 7.0, "without what it learned: {before}");
}

#[test]
fn with_honest_progress_fewer_are_and_the_end_is_seen_within_a_second() {
    let durations = around(20.0, 0.6, 1, 700);
    let (requests, delay) = means(&watch(&durations, HONEST, true), 100..700);
    assert!(requests <= 3.0 && delay <= 1.0, "{requests} a job, {delay} s");
}

#[test]
fn while_the_queue_jams_jobs_are_asked_for_less_and_seen_about_as_soon() {
    for progress in [HONEST, |_| None] {
        let learned = watch(&jam(), progress, true);
        let by_age = watch(&jam(), progress, false);
        for (name, jobs) in [("first", 400..500), ("then", 500..800)] {
            let (requests, delay) = means(&learned, jobs.clone());
            let (most, usual) = means(&by_age, jobs);
            assert!(requests <= most, "{name}: {requests}, {most} by age");
            assert!(delay <= usual * 1.25, "{name}: {delay} s, {usual} s by age");
        }
    }
}

#[test]
fn after_a_jam_it_is_forgotten() {
    let learned = watch(&jam(), |_| None, true);
    let (requests, delay) = means(&learned, 1000..1400);
    assert!(requests <= 4.2 && delay <= 3.8, "{requests} a job, {delay} s");
}

#[test]
fn jobs_that_become_quicker_are_soon_seen_to() {
    let mut durations = around(200.0, 0.6, 1, 600);
    durations.extend(around(8.0, 0.5, 2, 400));
    let learned = watch(&durations, |_| None, true);
    let (_, delay) = means(&learned, 700..1000);
    assert!(delay <= 3.0, "{delay} s");
    let longest = learned[600..].iter().map(|job| job.delay).max().unwrap();
    assert!(longest <= secs(24), "{longest:?}");
}

#[test]
fn where_most_jobs_are_quick_and_some_wait_in_a_queue_both_are_seen_to() {
    let (quick, slow) = (around(8.0, 0.5, 1, 900), around(240.0, 0.5, 2, 900));
    let both = quick.into_iter().zip(slow).zip(units(3));
    let durations: Vec<_> =
        both.map(|((quick, slow), unit)| if unit <= 0.8 { quick } else { slow }).collect();
    let (requests, delay) = means(&watch(&durations, |_| None, true), 100..900);
    let (by_age, _) = means(&watch(&durations, |_| None, false), 100..900);
    assert!(requests <= by_age * 0.75 && delay <= 3.0, "{requests} of {by_age}, {delay} s");
}

#[test]
fn jobs_that_all_take_as_long_are_first_looked_at_when_they_end() {
    let learned = watch(&[secs(30); 400], |_| None, true);
    let (requests, delay) = means(&learned, 100..400);
    assert!(requests <= 3.5 && delay <= 1.5, "{requests} a job, {delay} s");
}

#[test]
fn no_two_looks_are_closer_than_the_floor() {
    for (floor, median) in [(2, 3.0), (2, 20.0), (7, 20.0)] {
        let mut shop = Shop::new(|policy| {
            policy.poll.schedule = Schedule::default().with_floor(secs(floor));
        });
        let looks = shop.watch(&around(median, 0.6, 1, 400));
        for Seen { looks, .. } in &looks {
            assert!(looks[0] >= secs(floor), "{looks:?}");
            assert!(looks.windows(2).all(|pair| pair[1] - pair[0] >= secs(floor)), "{looks:?}");
        }
    }
}

#[test]
fn no_wait_is_longer_than_twenty_seconds_and_a_tenth() {
    for seen in watch(&around(400.0, 0.1, 1, 300), |_| None, true) {
        assert!(seen.looks[0] <= secs(22), "{seen:?}");
        assert!(seen.looks.windows(2).all(|pair| pair[1] - pair[0] <= secs(22)), "{seen:?}");
    }
}

#[test]
fn the_same_seed_makes_the_same_looks() {
    let durations = around(20.0, 0.6, 1, 300);
    assert_eq!(watch(&durations, HONEST, true), watch(&durations, HONEST, true));
}

#[test]
fn the_deadline_holds_whatever_was_learned() {
    let mut shop = Shop::new(|policy| policy.poll.timeout = secs(60));
    shop.watch(&around(20.0, 0.3, 1, 200));
    let seen = shop.watch(&[secs(1000); 20]);
    for Seen { looks, .. } in &seen {
        let last = *looks.last().unwrap();
        assert!(last >= secs(60) && last < secs(65), "one look at the deadline: {looks:?}");
    }
}

#[test]
fn what_one_mode_takes_says_nothing_of_another() {
    let mut shop = Shop::new(|_| {});
    shop.watch(&around(100.0, 0.2, 1, 200));
    shop.request = |_| url_request().mode(Mode::Background);
    for Seen { looks, .. } in shop.watch(&[secs(3); 20]) {
        assert!(looks[0] <= secs(8), "as of a batch that knows nothing: {looks:?}");
    }
    // The default mode is one of them.
    shop.request = |_| url_request().mode(Mode::Clipping);
    let (requests, _) = means(&shop.watch(&[secs(100); 20]), 0..20);
    assert!(requests < 15.0, "{requests}");
}

#[test]
fn a_schedule_that_was_asked_for_is_kept() {
    let durations = around(20.0, 0.6, 1, 200);
    let watch = |learn| {
        let mut shop = Shop::new(|policy| {
            policy.learn = learn;
            policy.poll.schedule = Schedule::fixed(secs(3));
        });
        shop.watch(&durations)
    };
    assert_eq!(watch(true), watch(false));
}

#[test]
fn what_earlier_runs_took_is_learned_from_the_journal() {
    let mut replay = Replay::default();
    for (number, took) in (0_u8..).zip(around(100.0, 0.2, 1, 100)) {
        replay.apply(planned(number, "cup"));
        replay.apply(accepted(number, 1, "j"));
        replay.apply(over(number, took));
    }
    assert_eq!(replay.durations().count(), 100);
    let mut shop = Shop::new(|_| {});
    replay.durations().for_each(|(options, took)| shop.batch.learn(options, took));
    let (learned, _) = means(&shop.watch(&[secs(100); 20]), 0..20);
    let (by_age, _) = means(&watch(&[secs(100); 20], |_| None, false), 0..20);
    assert!(learned < by_age * 0.6, "from the first job on: {learned}, {by_age} by age");
}

#[test]
fn a_wait_that_another_process_went_on_with_teaches_nothing() {
    let mut replay = Replay::default();
    let opened = Record::Opened(Opened::new(at(5), "removit", None));
    let records = [planned(1, "cup"), accepted(1, 1, "j"), opened, over(1, secs(7))];
    records.into_iter().for_each(|record| replay.apply(record));
    assert_eq!(replay.durations().count(), 0);
}

#[test]
fn a_job_that_is_not_over_teaches_nothing() {
    for outcome in [JobOutcome::TimedOut, JobOutcome::Refused] {
        let mut replay = Replay::default();
        let records = [planned(1, "cup"), accepted(1, 1, "j"), ended(1, "j", outcome)];
        records.into_iter().for_each(|record| replay.apply(record));
        assert_eq!(replay.durations().count(), 0, "{outcome:?}");
    }
}

#[test]
fn a_policy_that_was_stored_before_there_were_lessons_is_read() {
    let mut stored = serde_json::to_value(BatchPolicy::default()).unwrap();
    stored.as_object_mut().unwrap().remove("learn").unwrap();
    let policy: BatchPolicy = serde_json::from_value(stored).unwrap();
    assert_eq!(policy, BatchPolicy::default());
}

#[test]
fn no_duration_is_too_long_to_be_learned() {
    let mut shop = Shop::new(|_| {});
    for took in [Duration::ZERO, Duration::from_nanos(1), secs(100_000), Duration::MAX] {
        (0..100).for_each(|_| shop.batch.learn(&UploadOptions::default(), took));
    }
    assert_eq!(shop.watch(&[secs(10); 5]).len(), 5);
}

fn over(number: u8, took: Duration) -> Record {
    let Record::Ended(mut record) = ended(number, "j", JobOutcome::Done) else { unreachable!() };
    record.at = at(2 + took.as_secs());
    record.elapsed_ms = took.as_millis().try_into().unwrap();
    Record::Ended(record)
}
