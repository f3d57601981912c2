//! An outcome counts for the machine that asked for it and for no other.

use crate::support::{accepted, answer, at, done, endpoint, url_request};
use removit_proto::{
    Action, AttemptId, Batch, BatchPolicy, Download, DownloadPolicy, Instant, Machine, MachineKind,
    Outcome, PollPolicy, Poller, ResultUrl, Seed, TransportFailure, Upload, UploadPolicy,
};

/// Two seeds as an operating system draws them.
const OURS: Seed = Seed::new(0x9f3c_51e0_77aa_4b12_8d0e_66f1_c2b7_05d9);
const OTHERS: Seed = Seed::new(0x1b60_a4d2_09ef_4c35_b7f8_3e19_5ac4_d270);

fn upload(seed: Seed) -> Upload {
    Upload::new(endpoint(), url_request(), UploadPolicy::default(), seed, at(100))
}

fn poller(seed: Seed) -> Poller {
    let id = "job-1".parse().unwrap();
    Poller::resume(endpoint(), id, PollPolicy::default(), seed, at(100))
}

fn download(seed: Seed) -> Download {
    let url = ResultUrl::check("https://cdn.example.com/a.png", &endpoint()).unwrap();
    Download::new(url, DownloadPolicy::default(), seed, at(100))
}

fn batch(seed: Seed) -> Batch {
    let mut policy = BatchPolicy::default();
    policy.wait_until_stored = false;
    let mut batch = Batch::new(endpoint(), policy, seed);
    batch.add(url_request());
    batch
}

fn sent<M: Machine>(mut machine: M) -> (M, AttemptId) {
    match machine.next_action(at(100)) {
        Action::Send(attempt) => (machine, attempt.id),
        _ => panic!("nothing to send"),
    }
}

/// The first attempt of each kind of machine.
fn ids(seed: Seed) -> [AttemptId; 4] {
    [sent(upload(seed)).1, sent(poller(seed)).1, sent(download(seed)).1, sent(batch(seed)).1]
}

/// Hands over what was asked of others, and says whether it did anything.
fn notices<M: Machine + std::fmt::Debug>(machine: M, kind: usize) -> Vec<AttemptId> {
    let (mut machine, own) = sent(machine);
    let all = ids(OURS).into_iter().chain(ids(OTHERS)).enumerate();
    let others = all.filter_map(|(index, id)| (index != kind).then_some(id));
    let before = format!("{machine:?}");
    let mut noticed = Vec::new();
    for id in others {
        for outcome in outcomes() {
            machine.handle(at(101), id, outcome);
            if format!("{machine:?}") != before {
                noticed.push(id);
            }
        }
    }
    machine.handle(at(101), own, answer(401, ""));
    assert_ne!(format!("{machine:?}"), before, "its own counts");
    noticed
}

fn outcomes() -> [Outcome; 5] {
    let head = http::Response::new(());
    [
        accepted(),
        done(),
        answer(422, ""),
        Outcome::stored(head, 40, b"\x89PNG\r\n\x1a\n".as_slice()),
        Outcome::Failed(TransportFailure::sink("full")),
    ]
}

#[test]
fn an_outcome_of_another_machine_or_another_kind_is_ignored() {
    assert_eq!(notices(upload(OURS), 0), []);
    assert_eq!(notices(poller(OURS), 1), []);
    assert_eq!(notices(download(OURS), 2), []);
    assert_eq!(notices(batch(OURS), 3), []);
}

#[test]
fn an_id_says_whose_it_is() {
    use MachineKind::{Batch, Download, Poller, Upload};
    for (id, kind) in ids(OURS).into_iter().zip([Upload, Poller, Download, Batch]) {
        assert_eq!((id.kind(), id.seed(), id.number()), (kind, OURS, 1));
    }
}

#[test]
fn a_restored_machine_knows_its_attempts_by_the_text_of_their_ids() {
    let (upload, id) = sent(upload(OURS));
    let text = id.to_string();
    let mut restored = Upload::restore(endpoint(), upload.state().clone(), at(101));
    assert_eq!(restored.in_flight(), Some(id));
    restored.handle(at(101), text.parse().unwrap(), accepted());
    assert!(matches!(restored.next_action(at(101)), Action::Done(Ok(_))));

    let (poller, id) = sent(poller(OURS));
    let text = id.to_string();
    let mut restored = Poller::restore(endpoint(), poller.state().clone(), at(101));
    assert_eq!(restored.in_flight(), Some(id));
    restored.handle(at(101), text.parse().unwrap(), done());
    assert!(matches!(restored.next_action(at(101)), Action::Done(Ok(_))));
}

#[test]
fn the_attempts_of_one_machine_are_told_apart_by_their_numbers() {
    let (mut upload, first) = sent(upload(OURS));
    upload.handle(at(101), first, Outcome::Failed(TransportFailure::connect("refused")));
    let Action::SleepUntil(wakeup) = upload.next_action(at(101)) else { panic!() };
    let Action::Send(second) = upload.next_action(wakeup.at) else { panic!() };
    assert_eq!((first.number(), second.id.number()), (1, 2));
    upload.handle(Instant::FAR_FUTURE, first, answer(422, ""));
    assert_eq!(upload.in_flight(), Some(second.id));
}
