//! The audit of a world that has come to rest: the vendor's account against
//! what each client says.

use std::collections::BTreeMap;
use std::time::Duration;

use removit_proto::simulator::{Job, Origin, Source, Stage};
use removit_proto::{Schedule, UploadPolicy};

use crate::client::{Client, Ending, download_policy, poll_policy};
use crate::world::{Tally, World};

/// Every job is over this long after the last fault: an attempt's time limit, a
/// wait's time limit, a pause and a download, one after the other.
const CALM_ENOUGH: Duration = Duration::from_secs(600);

pub(crate) fn audit(world: &World) -> Tally {
    let account = world.vendor.account();
    assert!(!account.key_seen_at(Origin::Results), "the key went to another origin");
    let jobs_made = u64::try_from(account.jobs.len()).unwrap_or(u64::MAX);
    assert_eq!(account.credits_spent, jobs_made);

    let mut jobs: BTreeMap<&str, Vec<&Job>> = BTreeMap::new();
    for job in &account.jobs {
        let Source::FileUrl(url) = &job.order.source else { panic!("no client sends a file") };
        jobs.entry(url).or_default().push(job);
        let gap = job.shortest_poll_gap();
        assert!(gap.is_none_or(|gap| gap >= Schedule::DEFAULT_FLOOR), "under the floor: {gap:?}");
    }
    let mut tally = Tally::default();
    for client in &world.clients {
        let theirs = jobs.get(client.url.as_str()).map_or(&[][..], Vec::as_slice);
        compare(world, client, theirs);
        bounds(world, client, &mut tally);
    }
    tally
}

fn compare(world: &World, client: &Client, jobs: &[&Job]) {
    let Some(ending) = client.ending() else { panic!("never over: {client:?}") };
    let doubts = usize::try_from(client.ambiguous).unwrap_or(usize::MAX);
    let known = usize::from(client.accepted.is_some());
    assert!(jobs.len() <= known + doubts, "a job that nobody was told of: {client:?} {jobs:?}");
    assert!(client.resends() || jobs.len() <= 1, "made twice unasked: {client:?} {jobs:?}");
    let accepted = client.accepted.as_ref().map(|id| {
        let job = jobs.iter().find(|job| job.id == id.as_str());
        job.unwrap_or_else(|| panic!("accepted without a job: {client:?} {jobs:?}"))
    });
    let stage = accepted.map(|job| job.stage(world.now));
    match ending {
        Ending::Rejected | Ending::NotSent => assert!(jobs.is_empty(), "{client:?} {jobs:?}"),
        Ending::Ambiguous => assert!(doubts > 0 && known == 0, "{client:?}"),
        Ending::Delivered => {
            assert_eq!(stage, Some(Stage::Done), "{client:?}");
            assert!(accepted.is_some_and(|job| job.downloads > 0), "{client:?}");
        }
        Ending::JobFailed => assert_eq!(stage, Some(Stage::Failed), "{client:?}"),
        Ending::NoResult => assert_eq!(stage, Some(Stage::Done), "{client:?}"),
        Ending::GaveUp => assert_ne!(stage, Some(Stage::Done), "given up too early: {client:?}"),
    }
}

fn bounds(world: &World, client: &Client, tally: &mut Tally) {
    let uploads = UploadPolicy::default().retry.max_attempts;
    assert!(client.uploads <= uploads, "{client:?}");
    let policy = poll_policy();
    let polls = policy.timeout.as_secs() / policy.schedule.floor().as_secs() + 2;
    assert!(u64::from(client.most_polls) <= polls, "{client:?}");
    let policy = download_policy();
    let downloads = policy.retry.max_attempts * (policy.max_redirects + 1);
    assert!(client.most_downloads <= downloads, "{client:?}");
    let ended = client.ended_at.unwrap_or(world.now);
    let after = ended - world.calm;
    assert!(after <= CALM_ENOUGH, "over only {after:?} after the last fault: {client:?}");

    tally.jobs += 1;
    let name = format!("{:?}", client.ending());
    let name = name.trim_start_matches("Some(").trim_end_matches(')').to_owned();
    *tally.ended.entry(name).or_default() += 1;
    tally.most_uploads = tally.most_uploads.max(client.uploads);
    tally.most_polls = tally.most_polls.max(client.most_polls);
    tally.most_downloads = tally.most_downloads.max(client.most_downloads);
    tally.latest_end = tally.latest_end.max(after);
}
