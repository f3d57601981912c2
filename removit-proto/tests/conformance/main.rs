//! The conformance kit is itself examined: a correct transport passes all of it,
//! and each broken one fails exactly what it should.

#![expect(clippy::disallowed_methods, reason = "a transport has a clock and threads")]

mod broken;
mod defect;
mod reference;
mod report;
mod spawned;
mod wire;

use std::sync::Arc;

use reference::Reference;
use removit_proto::conformance::{Level, Report, Subject};
use spawned::{Spawned, block_on};

/// What fails of a transport, whatever its level.
fn failed(report: &Report) -> Vec<&'static str> {
    [Level::Must, Level::Should, Level::Note].map(|level| report.failed(level)).concat()
}

fn check(reference: &Arc<Reference>) -> Report {
    let exchange = |given| Spawned::start(reference, given);
    let subject = Subject::with_future(exchange, |future| block_on(future));
    let subject = subject.shown_by(|| reference.shown());
    // What it does with a key that it has seen must not depend on which case comes first.
    drop(subject.check_only(&["json-upload"]));
    subject.check()
}

#[test]
fn a_correct_transport_passes_everything() {
    let report = check(&Arc::new(Reference::default()));
    assert_eq!(failed(&report), [""; 0], "{report}");
    assert_eq!(report.skipped(), [""; 0], "{report}");
    report.assert_conforming();
}

#[test]
fn what_a_transport_lacks_is_skipped_aloud() {
    let reference = Reference::default();
    let subject = Subject::blocking(|given| reference.exchange(given)).without_files();
    let report = subject.check_only(&["stored-file", "cancelled-wait", "status"]);
    assert_eq!(report.skipped(), ["stored-file", "cancelled-wait"]);
    let text = report.to_string();
    assert!(text.contains("because: the transport stores no files"), "{text}");
    assert!(text.contains("because: a blocking transport is not cancelled"), "{text}");
    assert!(
        text.ends_with("1 held, 0 MUST failed, 0 SHOULD failed, 0 NOTE, 2 skipped\n"),
        "{text}"
    );
}

#[test]
fn a_transport_that_panics_fails_its_cases() {
    let subject = Subject::blocking(|_| panic!("on purpose"));
    let report = subject.check_only(&["status"]);
    assert_eq!(report.failed(Level::Must), ["status"]);
    assert!(report.to_string().contains("seen: the transport panicked"), "{report}");
}
