//! The audit of a world that has come to rest: the vendor's account against
//! what each client says.

use std::collections::BTreeMap;
use std::time::Duration;

use removit_proto::simulator::{Digest, Job, Key, Kind, Origin, Source, Stage};
use removit_proto::{Instant, Schedule};

use crate::bounds;
use crate::client::{Client, Ending};
use crate::world::World;

/// Every job is over this long after the last fault: an attempt's time limit, a
/// wait's time limit, a pause and a download, one after the other. A client whose
/// clock was set back is later by as much.
const CALM_ENOUGH: Duration = Duration::from_secs(600);

pub(crate) fn audit(world: &mut World) {
    let account = world.vendor.account();
    assert!(!account.key_seen_at(Origin::Results), "the key went to another origin");
    let jobs_made = u64::try_from(account.jobs.len()).unwrap_or(u64::MAX);
    assert_eq!(account.credits_spent, jobs_made);
    let kinds = [Kind::Upload, Kind::Status, Kind::Result, Kind::Other];
    let seen: u64 = kinds.map(|kind| account.requests(kind)).iter().sum();
    assert_eq!(seen, world.tally.arrived, "the vendor knows each request, and no other");

    let mut jobs: BTreeMap<&str, Vec<&Job>> = BTreeMap::new();
    for job in &account.jobs {
        let name = match &job.order.source {
            Source::FileUrl(url) => url,
            Source::File(file) => &file.name,
            other => panic!("a source that nobody sent: {other:?}"),
        };
        jobs.entry(name).or_default().push(job);
    }
    for client in &world.clients {
        let theirs = jobs.remove(client.order.name.as_str()).unwrap_or_default();
        compare(world.now, client, &theirs);
    }
    assert!(jobs.is_empty(), "jobs that nobody ordered: {jobs:?}");

    let World { clients, tally, now, calm, .. } = world;
    for client in &*clients {
        let after = client.ended_at.unwrap_or(*now) - *calm;
        let allowed = CALM_ENOUGH + client.clock.set_back;
        assert!(after <= allowed, "over only {after:?} after the last fault: {client:?}");
        bounds::check(client, tally);
        tally.jobs += 1;
        if client.clock.set_back.is_zero() {
            tally.latest_end = tally.latest_end.max(after);
        }
        let name = client.ending().map_or_else(String::new, |ending| format!("{ending:?}"));
        *tally.ended.entry(name).or_default() += 1;
    }
}

fn compare(now: Instant, client: &Client, jobs: &[&Job]) {
    let Some(ending) = client.ending() else { panic!("never over: {client:?}") };
    let doubts = usize::try_from(client.ambiguous).unwrap_or(usize::MAX);
    let known = usize::from(client.accepted.is_some()) + client.further;
    let may_double = client.order.upload.resend_ambiguous;
    assert!(jobs.len() <= known + doubts, "a job that nobody was told of: {client:?} {jobs:?}");
    assert!(may_double || jobs.len() <= 1, "made twice unasked: {client:?} {jobs:?}");
    for job in jobs {
        assert_eq!(job.key, Key::new(client.order.key), "a job of another account");
        arrived_whole(client, job);
        let gap = shortest_gap(client, job);
        assert!(gap.is_none_or(|gap| gap >= Schedule::DEFAULT_FLOOR), "under the floor: {gap:?}");
    }
    let accepted = client.accepted.as_ref().map(|id| {
        let job = jobs.iter().find(|job| job.id == id.as_str());
        job.unwrap_or_else(|| panic!("accepted without a job: {client:?} {jobs:?}"))
    });
    if let Some(job) = accepted {
        let picture = Digest::of(job.result());
        assert!(client.delivered.iter().all(|got| *got == picture), "damaged: {client:?}");
    }
    let stage = accepted.map(|job| job.stage(now));
    match ending {
        Ending::Rejected | Ending::NotSent => assert!(jobs.is_empty(), "{client:?} {jobs:?}"),
        Ending::Ambiguous => assert!(doubts > 0 && known == 0, "{client:?}"),
        Ending::Delivered => {
            assert_eq!(stage, Some(Stage::Done), "{client:?}");
            let served = accepted.map_or(0, |job| job.downloads);
            let delivered = u64::try_from(client.delivered.len()).unwrap_or(u64::MAX);
            assert!(delivered > 0 && served >= delivered, "{client:?}");
        }
        Ending::JobFailed => assert_eq!(stage, Some(Stage::Failed), "{client:?}"),
        Ending::NoResult => assert_eq!(stage, Some(Stage::Done), "{client:?}"),
        Ending::GaveUp => assert_ne!(stage, Some(Stage::Done), "given up too early: {client:?}"),
    }
}

/// The photo that the job is made of is the client's own, byte for byte.
fn arrived_whole(client: &Client, job: &Job) {
    if let (Source::File(file), Some(photo)) = (&job.order.source, &client.order.photo) {
        assert_eq!(file.digest.value(), Digest::of(photo), "another photo: {client:?}");
    }
}

/// Between two polls of one process, by a clock that nobody set forward.
fn shortest_gap(client: &Client, job: &Job) -> Option<Duration> {
    let pairs = job.polls.iter().zip(job.polls.iter().skip(1));
    let by_the_clock = pairs.filter(|(before, after)| {
        !client.clock.set_forward.iter().any(|set| (**before..=**after).contains(set))
    });
    by_the_clock.map(|(before, after)| *after - *before).min()
}
