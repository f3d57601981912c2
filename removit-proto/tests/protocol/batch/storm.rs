//! Five thousand jobs through faults of every kind, audited on the vendor's account.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use removit_proto::simulator::{Canned, Config, Fate, Fault, Kind, Origin, RetryAfter, Rule, When};
use removit_proto::{BatchEvent, JobEnd, JobNumber, Schedule, Seed, UploadError};

use super::world::{Way, World, most_in};
use crate::support::secs;

fn storm(seed: u128) -> Config {
    let chance = When::Chance { per_mille: 7 };
    let busy = |retry_after| Canned::RateLimited { retry_after };
    let status = |status| Canned::Bare { status, retry_after: None };
    let mut script = Vec::new();
    for kind in [Kind::Upload, Kind::Status, Kind::Result] {
        for fault in [
            Fault::DropBeforeBody,
            Fault::DropBeforeWork,
            Fault::DropAfterWork,
            Fault::Answer(busy(Some(RetryAfter::Seconds(2)))),
            Fault::Answer(busy(None)),
            Fault::Answer(status(StatusCode::BAD_GATEWAY)),
            Fault::AnswerAfterWork(status(StatusCode::INTERNAL_SERVER_ERROR)),
            Fault::AnswerAfterWork(Canned::Html(StatusCode::OK)),
            Fault::Delay(secs(100)),
            Fault::CutBody { after: 12 },
        ] {
            script.push(Rule::new(kind, chance, fault));
        }
    }
    let failed = Fate::Failed { state: "failed".to_owned(), status: "failed".to_owned() };
    script.push(Rule::new(Kind::Upload, chance, Fault::Fate(failed)));
    script.push(Rule::new(Kind::Result, chance, Fault::Answer(status(StatusCode::FORBIDDEN))));
    Config::default().with(|config| {
        config.seed = Seed::new(seed);
        config.script = script;
    })
}

#[test]
fn five_thousand_jobs_through_a_storm() {
    let mut world = World::new(storm(11), |policy| {
        policy.requests_per_second = 100;
        policy.uploads_at_once = 16;
        policy.downloads_at_once = 16;
    });
    world.way = Box::new(|number, _| match number % 251 {
        17 => Way::Unreached,
        101 => Way::Forgotten,
        201 => Way::NeverSent,
        _ => Way::Vendor,
    });
    world.add(5_000);
    let counts = world.run();
    audit(&world, 5_000);
    assert!(counts.done > 4_000, "{counts:?}");
    assert!(counts.ambiguous > 100 && counts.not_done > 10, "the storm was one: {counts:?}");
}

#[test]
fn a_storm_with_an_account_that_runs_empty() {
    let config = storm(12).with(|config| config.credits = Some(300));
    let mut world = World::new(config, |policy| policy.requests_per_second = 100);
    world.add(1_000);
    let counts = world.run();
    audit(&world, 1_000);
    assert!(counts.waiting > 500, "{counts:?}");
    assert_eq!(world.account().credits_spent, 300);
}

/// What must hold whatever went wrong.
fn audit(world: &World, jobs: usize) {
    let counts = world.batch.counts();
    assert_eq!(counts.waiting + counts.ended(), jobs, "no job is lost: {counts:?}");
    let ends = world.ends();
    assert_eq!(ends.len(), counts.ended());

    // Each job of the account is known by its id, or is on the ambiguous list.
    let mut known = BTreeMap::new();
    for (_, event) in &world.events {
        if let BatchEvent::Accepted { job, accepted, .. } = event {
            let before = known.insert(accepted.job_id().as_str().to_owned(), *job);
            assert_eq!(before, None, "an id is told once");
        }
    }
    let nameless = world.account().jobs.iter().filter(|job| !known.contains_key(&job.id)).count();
    let ambiguous = |end: &&JobEnd| matches!(end, JobEnd::NotAccepted(UploadError::Ambiguous(_)));
    assert!(nameless <= ends.values().filter(ambiguous).count());
    let paid: Vec<JobNumber> = known.values().copied().collect();
    let mut once = paid.clone();
    once.sort();
    once.dedup();
    assert_eq!(paid.len(), once.len(), "no photo was accepted twice");
    assert_eq!(world.account().credits_spent, world.account().jobs.len() as u64);

    // Every error about an accepted job carries its id.
    for (id, number) in &known {
        match &ends[number] {
            JobEnd::Done { job_id } | JobEnd::Incomplete { job_id, .. } => {
                assert_eq!(job_id.as_str(), id);
            }
            JobEnd::NotDone(error) => assert_eq!(error.job_id().as_str(), id),
            other => panic!("{id} was accepted, and ended as {other:?}"),
        }
    }

    // The vendor was treated well.
    assert!(!world.account().key_seen_at(Origin::Results));
    for job in &world.account().jobs {
        // Both polls of a pair take the same way, so that the floor holds there too.
        let gap = job.shortest_poll_gap();
        assert!(gap.is_none_or(|gap| gap >= Schedule::DEFAULT_FLOOR), "{gap:?}");
    }
    let api = world.sent_for(|work| !matches!(work, removit_proto::Work::Download { .. }));
    assert!(most_in(Duration::from_secs(1), &api) <= 100);
}
