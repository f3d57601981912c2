//! Broken transports, and what each of them fails: all of that, and no more.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use removit_proto::conformance::Subject;
use removit_proto::{Outcome, TransportFailure};

use crate::defect::Defect;
use crate::reference::Reference;
use crate::{check, failed};

const BROKEN: [(Defect, &[&str]); 44] = [
    // These two keep cases waiting to their ends: they begin first.
    (
        Defect::IgnoresTheDeadline,
        &[
            "silence",
            "dripped-head",
            "dripped-body",
            "id-before-a-drip",
            "dripped-file",
            "blocked-half-way",
        ],
    ),
    (Defect::CutsLargeUploads, &["large-upload"]),
    (
        Defect::AddsACookie,
        &[
            "json-upload",
            "file-upload",
            "large-upload",
            "bearer-key",
            "status",
            "download",
            "dotted-path",
        ],
    ),
    (Defect::AddsAHeader, &["added-headers"]),
    (Defect::CallsADripTimedOut, &["dripped-body", "id-before-a-drip"]),
    (Defect::CallsARefusedConnectionSent, &["refused-connection"]),
    (
        Defect::CallsItNotSent,
        &[
            "once-on-a-stale-connection",
            "closed-after-all",
            "reset-after-all",
            "garbage-after-all",
            "silent-after-all",
        ],
    ),
    (Defect::CrossesAnswers, &["side-by-side"]),
    (Defect::Decompresses, &["encoded"]),
    (
        Defect::DropsRefusals,
        &["refusals", "refused-file", "early-answer", "early-answer-then-closed"],
    ),
    (Defect::DropsServerErrors, &["server-errors", "headers", "refused-file"]),
    (Defect::FillsUpThePhoto, &["short-photo"]),
    (
        Defect::FollowsRedirects,
        &["redirected-upload", "redirected-status", "redirected-download", "refused-file"],
    ),
    (Defect::KeepsTheOldFile, &["second-attempt-at-a-file"]),
    (Defect::KnowsNoChunks, &["chunked", "cut-off-in-chunks", "cut-off-file"]),
    (Defect::LivesOn, &["cancelled-upload", "cancelled-wait"]),
    (Defect::LosesEarlyAnswers, &["early-answer-then-closed"]),
    (Defect::LosesHeaders, &["headers"]),
    (Defect::LosesTheLastPiece, &["stored-file", "second-attempt-at-a-file"]),
    (Defect::NeedsALength, &["until-close"]),
    (Defect::NeedsALocation, &["redirect-without-location"]),
    (Defect::NeverCallsItNotSent, &["broken-half-way", "blocked-half-way"]),
    (Defect::ReadsHeadsWithoutBound, &["endless-headers"]),
    (Defect::ReadsWithoutBound, &["endless-body"]),
    (
        Defect::SendsAgain,
        &[
            "once-when-closed",
            "once-when-reset",
            "once-when-half-answered",
            "once-on-a-stale-connection",
            "closed-after-all",
            "reset-after-all",
            "garbage-after-all",
        ],
    ),
    (Defect::SendsAgainAfterTheDeadline, &["once-when-silent", "silent-after-all"]),
    (Defect::SendsAgainWhenRefused, &["once-when-refused"]),
    (
        Defect::SendsInChunks,
        &[
            "json-upload",
            "file-upload",
            "large-upload",
            "bearer-key",
            "once-when-reset",
            "reset-after-all",
        ],
    ),
    (Defect::ShowsTheKey, &["key-in-no-text"]),
    (Defect::StopsAtInterimAnswers, &["interim-answers"]),
    (Defect::StoresHalf, &["dripped-file", "cut-off-file"]),
    (Defect::StoresRefusals, &["redirected-download", "refused-file"]),
    (Defect::StoresWithoutBound, &["file-over-the-limit", "endless-file"]),
    (
        Defect::TakesHalfForWhole,
        &[
            "cut-off-by-length",
            "cut-off-in-chunks",
            "cut-off-by-reset",
            "endless-body",
            "body-over-the-limit",
            "dripped-body",
            "id-before-a-drip",
        ],
    ),
    (Defect::TakesLeftOvers, &["bytes-after-the-answer"]),
    (Defect::TakesTheKeyAlongInTheUrl, &["download", "dotted-path", "key-at-no-other-host"]),
    (Defect::TakesTheKeyAsBearer, &["download", "dotted-path", "key-at-no-other-host"]),
    (
        Defect::TakesTheKeyEverywhere,
        &["bearer-key", "download", "dotted-path", "key-at-no-other-host"],
    ),
    (Defect::TakesTheKeyInBase64, &["key-at-no-other-host"]),
    (Defect::TellsTheKeyInBase64, &["key-in-no-text"]),
    (Defect::TellsTheKeyInErrors, &["key-in-no-text"]),
    (Defect::TellsTheKeyWhenRefused, &["key-in-no-text"]),
    (Defect::TidiesPaths, &["dotted-path"]),
    (Defect::WaitsForABody, &["no-content"]),
];

#[test]
fn each_broken_transport_fails_exactly_what_it_should() {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Some((defect, expected)) =
                    BROKEN.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let report = check(&Arc::new(Reference::with(*defect)));
                    let found: BTreeSet<_> = failed(&report).into_iter().collect();
                    let expected: BTreeSet<_> = expected.iter().copied().collect();
                    if found != expected {
                        wrong
                            .lock()
                            .unwrap()
                            .push(format!("{defect:?} failed {found:?}\n{report}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A case that no broken transport fails shows nothing.
#[test]
fn each_case_is_failed_by_a_broken_transport() {
    let offline = |_| Outcome::Failed(TransportFailure::connect("no network"));
    let report = Subject::blocking(offline).check();
    let failed: BTreeSet<_> = BROKEN.iter().flat_map(|(_, cases)| cases.iter().copied()).collect();
    let all: BTreeSet<_> = report.findings().iter().map(|finding| finding.case).collect();
    assert_eq!(failed, all);
}
