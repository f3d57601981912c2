//! What a report says.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use removit_proto::conformance::{Exchange, Report, Subject, Verdict};
use removit_proto::{Outcome, Reach, TransportFailure};

fn offline() -> Report {
    let exchange = |_| Outcome::Failed(TransportFailure::connect("no network"));
    Subject::blocking(exchange).check_only(&["status", "refused-connection", "cancelled-wait"])
}

/// The report's text as if nothing had taken any time.
fn timeless(report: &Report) -> String {
    (1..100).fold(report.to_string(), |text, tenths| {
        text.replace(&format!("{}.{} s", tenths / 10, tenths % 10), "0.0 s")
    })
}

#[test]
fn its_text_has_a_line_for_each_case_and_says_what_is_required_and_what_was_seen() {
    assert_eq!(
        timeless(&offline()),
        "\
FAILED   MUST   status (0.0 s)
         rule: a request goes out as the core built it: its headers and Host, none that frames, identifies or asks for less, its body under its Content-Length
         seen: no whole answer but Failed(Connect { detail: \"no network\" })
         played: 0.0 s client: a GET, 8s given
                 0.0 s client: failed, not sent
held     MUST   refused-connection
skipped  SHOULD cancelled-wait
         rule: the connection of a wait that is dropped closes: it may be of use to nobody
         because: a blocking transport is not cancelled
1 held, 1 MUST failed, 0 SHOULD failed, 0 NOTE, 1 skipped
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
fn a_finding_says_what_was_played_at_both_ends_and_how_long_it_took() {
    let exchange = |_| Outcome::Failed(TransportFailure::connect("no network"));
    let report = Subject::blocking(exchange).check_only(&["redirected-upload"]);
    let [finding] = report.findings() else { panic!("{report}") };
    assert!(finding.played[0].ends_with(" client: a POST, 8s given"), "{finding:?}");
    assert!(finding.played[1].ends_with(" client: failed, not sent"), "{finding:?}");

    let report = Subject::blocking(|exchange| visit(&exchange)).check_only(&["silence"]);
    let [finding] = report.findings() else { panic!("{report}") };
    let played = |what: &str| finding.played.iter().any(|line| line.contains(what));
    assert!(played("client: a GET, 1s given") && played("server: a GET comes"), "{report}");
    assert!(played("server: has all of it, 0 bytes"), "{report}");
    assert!(finding.took > Duration::ZERO, "{report}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["findings"][0]["played"].as_array().unwrap().len(), finding.played.len());
}

/// Sends the head of a request, and waits for no answer.
fn visit(exchange: &Exchange) -> Outcome {
    let uri = exchange.attempt.request.uri();
    let mut stream = TcpStream::connect(uri.authority().unwrap().as_str()).unwrap();
    write!(stream, "GET {} HTTP/1.1\r\n\r\n", uri.path()).unwrap();
    // Until the server has it: it hangs up or answers, or the kit stops it.
    stream.set_read_timeout(Some(exchange.time_left)).unwrap();
    let _ = stream.read(&mut [0]);
    Outcome::Failed(TransportFailure::timed_out(Reach::MaybeSent, "no answer"))
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

/// `REMOVIT_WRITE_CASES=1 cargo test -p removit-proto --features conformance` writes it.
#[test]
fn the_documentation_lists_every_case() {
    let mut list = "| case | level | what is required |\n|---|---|---|\n".to_owned();
    for case in Subject::cases() {
        list.push_str(&format!("| `{}` | {} | {} |\n", case.name, case.level, case.rule));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/conformance/cases.md");
    if std::env::var_os("REMOVIT_WRITE_CASES").is_some() {
        std::fs::write(path, &list).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), list);
}

#[test]
fn a_case_that_is_not_there_is_said_loudly() {
    let subject = Subject::blocking(|_| Outcome::Failed(TransportFailure::connect("no network")));
    let checked = std::panic::AssertUnwindSafe(|| subject.check_only(&["status", "statsu"]));
    let panic = std::panic::catch_unwind(checked).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.starts_with("there is no case \"statsu\"; there are json-upload, "), "{text}");
}
