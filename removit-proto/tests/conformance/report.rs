//! What a report says.

use removit_proto::conformance::{Report, Subject, Verdict};
use removit_proto::{Outcome, TransportFailure};

fn offline() -> Report {
    let exchange = |_| Outcome::Failed(TransportFailure::connect("no network"));
    Subject::blocking(exchange).check_only(&["status", "refused-connection", "cancelled-wait"])
}

#[test]
fn its_text_has_a_line_for_each_case_and_says_what_is_required_and_what_was_seen() {
    assert_eq!(
        offline().to_string(),
        "\
FAILED   MUST   status
         rule: a request goes out as the core built it: its headers and Host, its body under its Content-Length
         seen: no whole answer but Failed(Connect { detail: \"no network\" })
held     MUST   refused-connection
skipped  MUST   cancelled-wait
         rule: an exchange that is dropped ends: its connection closes and no more is sent
         because: a blocking transport is not cancelled
1 held, 1 MUST failed, 0 SHOULD failed, 1 skipped
"
    );
}

#[test]
fn its_json_holds_counts_and_every_finding() {
    let json: serde_json::Value = serde_json::from_str(&offline().to_json()).unwrap();
    assert_eq!(json["conforming"], false);
    assert_eq!(
        ["held", "failed_must", "failed_should", "skipped"].map(|count| json[count].as_u64()),
        [Some(1), Some(1), Some(0), Some(1)]
    );
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 3);
    assert_eq!(findings[0]["case"], "status");
    assert_eq!(findings[0]["level"], "MUST");
    assert!(findings[0]["verdict"]["failed"].as_str().unwrap().contains("no network"));
    assert_eq!(findings[1]["verdict"], "held");
}

#[test]
fn a_failed_must_fails_a_test_with_the_whole_report() {
    let report = offline();
    let panic = std::panic::catch_unwind(|| report.assert_conforming()).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.starts_with("the transport must not carry paid jobs\nFAILED   MUST   status"));
}

#[test]
fn each_finding_can_be_read_one_by_one() {
    let report = offline();
    let held: Vec<_> =
        report.findings().iter().filter(|f| f.verdict == Verdict::Held).map(|f| f.case).collect();
    assert_eq!(held, ["refused-connection"]);
    assert!(!report.is_conforming());
}
