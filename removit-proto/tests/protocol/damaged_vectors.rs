//! The documented bodies with every node deleted, doubled and retyped: what the
//! contract says of that field, by its second reading and by hand.

use std::fs;
use std::path::PathBuf;

use crate::support::damage::{self, Damage, damaged, pointers};
use crate::support::reading::{self, Explained, Status};
use crate::support::{Bench, answer, at, endpoint, secs, url_request};
use removit_proto::{
    Action, Excerpt, JobStatus, Machine, PollError, PollPolicy, PollTrouble, Poller, Seed, State,
    Upload, UploadError, UploadPolicy,
};
use serde_json::Value;

const JOB_ID: &str = "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a";
const ACCEPTED: &str = "upload-accepted-202";
const PENDING: &str = "status-pending-200";
const DONE_ONE: &str = "status-done-final-url-200";
const DONE_NAMED: &str = "status-done-final-urls-200";
const REFUSED: &str = "error-422";

fn vector(name: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    serde_json::from_slice(&fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap()
}

/// Calls `check` with every damage to every node of a vector.
fn for_all_damage(name: &str, check: impl Fn(&str)) {
    let vector = vector(name);
    for pointer in pointers(&vector) {
        for damage in damage::ALL {
            let body = damaged(&vector, &pointer, damage);
            eprintln!("{name} {pointer:?} {damage:?}");
            check(&body);
        }
    }
}

/// An upload that was answered so.
fn uploaded(status: u16, body: &str) -> Bench<Upload> {
    let policy = UploadPolicy::default();
    let upload = Upload::new(endpoint(), url_request(), policy, Seed::new(1), at(1000));
    let mut bench = Bench::new(upload, at(1000));
    bench.answered(secs(1), answer(status, body));
    bench
}

/// A poller whose first look was answered so.
fn polled(status: u16, body: &str) -> Bench<Poller> {
    let (id, policy) = (JOB_ID.parse().unwrap(), PollPolicy::default());
    let mut bench =
        Bench::new(Poller::resume(endpoint(), id, policy, Seed::new(1), at(1000)), at(1000));
    bench.answered(secs(1), answer(status, body));
    bench
}

fn latest(poller: &Bench<Poller>) -> Option<Status> {
    poller.machine.latest().map(Status::of)
}

#[test]
fn a_damaged_202_is_accepted_with_its_id_or_ambiguous() {
    for_all_damage(ACCEPTED, |body| {
        let id = reading::accepted(body.as_bytes()).map(|accepted| accepted.job_id);
        match (uploaded(202, body).done(), id) {
            (Ok(accepted), Some(id)) => assert_eq!(accepted.job_id().as_str(), id),
            (Err(UploadError::Ambiguous(_)), None) => {}
            (end, id) => panic!("expected {id:?}, got {end:?}"),
        }
    });
}

#[test]
fn a_damaged_status_means_what_is_left_of_it() {
    for name in [PENDING, DONE_ONE, DONE_NAMED] {
        for_all_damage(name, |body| {
            let expected = reading::status(body.as_bytes(), JOB_ID);
            let mut poller = polled(200, body);
            assert_eq!(latest(&poller), expected);
            let Some(expected) = expected else {
                assert!(matches!(poller.machine.trouble(), Some(PollTrouble::Unreadable { .. })));
                assert!(poller.slept() >= secs(1), "an unreadable status costs time only");
                return;
            };
            match (expected.state, expected.results.is_empty()) {
                (State::Done, false) => assert!(poller.done().is_ok()),
                (State::Done, true) => {
                    assert!(matches!(poller.done(), Err(PollError::NoResult(_))));
                }
                (State::Failed, _) => assert!(matches!(poller.done(), Err(PollError::Failed(_)))),
                _ => assert!(poller.slept() >= secs(1)),
            }
            if let Action::Done(Err(error)) = poller.machine.next_action(poller.now) {
                assert_eq!(error.latest().map(JobStatus::body), Some(body));
            }
        });
    }
}

#[test]
fn a_damaged_error_is_decided_by_its_status_and_explains_what_is_left() {
    for (name, status) in [
        ("error-401-invalid", 401),
        ("error-401-missing", 401),
        ("error-402", 402),
        ("error-404", 404),
        (REFUSED, 422),
    ] {
        for_all_damage(name, |body| {
            let expected = reading::explained(body.as_bytes());
            let is_kept = |text: &String| !text.contains('\0') && text.len() <= Excerpt::MAX_LEN;
            let Err(UploadError::Rejected(error)) = uploaded(status, body).done() else {
                panic!("a {status} is a rejection");
            };
            if expected.texts().all(is_kept) {
                assert_eq!(Explained::of(&error), expected);
            }
            let Err(PollError::Refused { job_id, error }) = polled(status, body).done() else {
                panic!("a {status} ends the wait");
            };
            assert_eq!((job_id.as_str(), error.status().as_u16()), (JOB_ID, status));
        });
    }
}

#[test]
fn a_503_is_a_rejection_where_its_body_is_still_an_error() {
    for name in ["error-401-invalid", "error-402", REFUSED] {
        for_all_damage(name, |body| {
            let explained = reading::explained(body.as_bytes());
            let is_error = explained.code.is_some() || explained.message.is_some();
            let mut upload = uploaded(503, body);
            match upload.machine.next_action(upload.now) {
                Action::SleepUntil(_) => assert!(is_error, "sent again after a bare 503"),
                Action::Done(Err(UploadError::Ambiguous(_))) => assert!(!is_error),
                other => panic!("{other:?}"),
            }
        });
    }
}

#[test]
fn an_upload_by_hand() {
    for (pointer, damage, id) in [
        ("/job_id", Damage::Deleted, None),
        ("/job_id", Damage::As("null"), None),
        ("/job_id", Damage::As("[]"), None),
        ("/job_id", Damage::As(r#""""#), None),
        ("/job_id", Damage::As("33"), Some("33")),
        ("/job_id", Damage::As(r#"" x ""#), Some(" x ")),
        (
            "/job_id",
            Damage::As("123456789012345678901234567890"),
            Some("123456789012345678901234567890"),
        ),
        ("/job_id", Damage::As("33.0"), Some("33.0")),
        ("/job_id", Damage::As(r#""\ud800""#), Some("\\ud800")),
        ("/job_id", Damage::Doubled, Some(JOB_ID)),
        ("/status", Damage::Deleted, Some(JOB_ID)),
        ("/mode", Damage::As("{}"), Some(JOB_ID)),
        ("", Damage::Deleted, None),
        ("", Damage::As("[]"), None),
        // Several objects, each a 202.
        ("", Damage::Doubled, Some(JOB_ID)),
    ] {
        let end = uploaded(202, &damaged(&vector(ACCEPTED), pointer, damage)).done();
        let found = end.as_ref().ok().map(|accepted| accepted.job_id().as_str());
        assert_eq!(found, id, "{pointer} {damage:?}");
        let ambiguous = matches!(end, Err(UploadError::Ambiguous(_)));
        assert_eq!(ambiguous, id.is_none(), "{pointer} {damage:?}");
    }
}

#[test]
fn a_state_by_hand() {
    use State::{Done, Failed, Pending};
    for (name, pointer, damage, state) in [
        (PENDING, "/state", Damage::Deleted, Some(Pending)),
        (PENDING, "/state", Damage::As("null"), Some(Pending)),
        (DONE_ONE, "/state", Damage::Deleted, Some(Done)),
        (DONE_ONE, "/state", Damage::As("[]"), Some(Done)),
        (DONE_ONE, "/state", Damage::As(r#""failed""#), Some(Failed)),
        (DONE_ONE, "/state", Damage::As(r#""REJECTED""#), Some(Failed)),
        (DONE_ONE, "/state", Damage::As(r#""resting""#), Some(State::Unknown("resting".into()))),
        (DONE_ONE, "/state", Damage::As("7"), Some(State::Unknown("7".into()))),
        (DONE_ONE, "/status", Damage::Deleted, Some(Done)),
        (DONE_ONE, "/status", Damage::As(r#""pending_x""#), Some(Done)),
        (PENDING, "/status", Damage::As(r#""done""#), Some(Pending)),
        (DONE_ONE, "/job_id", Damage::Deleted, Some(Done)),
        (DONE_ONE, "/job_id", Damage::As(r#""other""#), None),
        (DONE_ONE, "", Damage::As("{}"), None),
        (DONE_ONE, "", Damage::Doubled, Some(Done)),
        (DONE_ONE, "/state", Damage::As(r#""completed""#), Some(Done)),
        (PENDING, "/state", Damage::As(r#""completed""#), Some(Pending)),
        (
            PENDING,
            "/state",
            Damage::As(r#""half \ud800""#),
            Some(State::Unknown("half \\ud800".into())),
        ),
    ] {
        let poller = polled(200, &damaged(&vector(name), pointer, damage));
        let seen = latest(&poller).map(|status| status.state);
        assert_eq!(seen, state, "{name} {pointer} {damage:?}");
    }
}

#[test]
fn results_by_hand() {
    let named = |pointer, damage| {
        let poller = polled(200, &damaged(&vector(DONE_NAMED), pointer, damage));
        latest(&poller).unwrap().results.len()
    };
    assert_eq!(named("/final_urls", Damage::As("[]")), 0);
    assert_eq!(named("/final_urls", Damage::As("{}")), 0);
    assert_eq!(named("/final_urls", Damage::As("null")), 0);
    assert_eq!(named("/final_urls", Damage::Deleted), 0);
    assert_eq!(named("/final_urls", Damage::Doubled), 4);
    assert_eq!(named("/final_urls/clipping", Damage::Deleted), 3);
    assert_eq!(named("/final_urls/clipping", Damage::As("null")), 3);
    assert_eq!(named("/final_urls/clipping", Damage::Doubled), 4);
    for damage in [Damage::As("[]"), Damage::As("null"), Damage::Deleted, Damage::As(r#""""#)] {
        let end = polled(200, &damaged(&vector(DONE_ONE), "/final_url", damage)).done();
        assert!(matches!(end, Err(PollError::NoResult(_))), "{damage:?}: {end:?}");
    }
}

#[test]
fn progress_by_hand() {
    for (damage, progress) in [
        (Damage::Deleted, None),
        (Damage::As("null"), None),
        (Damage::As("true"), None),
        (Damage::As("[33]"), None),
        (Damage::As(r#""soon""#), None),
        (Damage::As("33.0"), Some(33)),
        (Damage::As(r#""33""#), Some(33)),
        (Damage::As(r#""33 %""#), Some(33)),
        (Damage::As("-7"), Some(0)),
        (Damage::As("1e300"), Some(100)),
        (Damage::As("1e400"), Some(100)),
        (Damage::As("3.3e1"), Some(33)),
        (Damage::As("99.9999999999999999999999"), Some(99)),
    ] {
        let poller = polled(200, &damaged(&vector(PENDING), "/progress", damage));
        assert_eq!(latest(&poller).unwrap().progress, progress, "{damage:?}");
    }
}

#[test]
fn empty_maps_by_hand() {
    for damage in [Damage::As("[]"), Damage::As("{}"), Damage::As("null"), Damage::Deleted] {
        let warned = damaged(&vector(DONE_NAMED), "/warnings", damage);
        assert!(latest(&polled(200, &warned)).unwrap().warnings.is_empty(), "{damage:?}");
        let ignored = damaged(&vector(DONE_NAMED), "/ignored_variations", damage);
        assert!(latest(&polled(200, &ignored)).unwrap().ignored_variations.is_empty());
        let refused = damaged(&vector(REFUSED), "/details", damage);
        let Err(UploadError::Rejected(error)) = uploaded(422, &refused).done() else {
            panic!("a 422 is a rejection");
        };
        assert!(error.details().is_empty(), "{damage:?}");
    }
}
