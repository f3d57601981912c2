//! The report of a check as JUnit XML: one test for each rule, one for the drift.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use removit_tokio::proto::contract::Rule;

use crate::check_run::Run;

pub(crate) fn text(run: &Run) -> Result<String, SerializeError> {
    let mut suite = TestSuite::new("contract");
    for rule in Rule::all() {
        suite.add_test_cases(of_rule(rule, run));
    }
    if !run.drift.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let texts: Vec<_> = run.drift.iter().map(ToString::to_string).collect();
        status.set_message(texts.join("; "));
        suite.add_test_case(TestCase::new("as-in-the-baseline", status));
    }
    let mut report = Report::new("removit check");
    report.add_test_suite(suite);
    report.to_string()
}

/// `None` for a rule that binds no server.
fn of_rule(rule: &Rule, run: &Run) -> Option<TestCase> {
    let report = &run.report;
    let finding = report.findings.iter().find(|finding| finding.rule == rule.id);
    let status = if let Some(finding) = finding {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(rule.text);
        status.set_description(format!("seen: {}\nagain: {}", finding.seen, finding.command));
        status
    } else if report.judged.contains_key(rule.id) {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::skipped();
        status.set_message(report.unjudged.get(rule.id)?);
        status
    };
    Some(TestCase::new(rule.id, status))
}

#[cfg(test)]
mod tests {
    use removit_tokio::proto::contract::{Check, CheckPolicy, Conclusion, Drift};
    use removit_tokio::proto::{ApiKey, Endpoint, Seed};
    use serde_json::json;

    use super::*;

    /// The rules, in order: one broken, one that holds, one unjudged; no other counts.
    fn run() -> Run {
        let endpoint = Endpoint::production(ApiKey::new("any").unwrap());
        let check = Check::new(endpoint, CheckPolicy::default(), Seed::new(1));
        let mut report = check.report().clone();
        let ids: Vec<_> = Rule::all().map(|rule| rule.id).take(3).collect();
        let [broken, holds, unjudged] = ids[..] else { panic!("{ids:?}") };
        let finding = json!({"rule": broken, "seen": "this", "command": "curl x", "times": 1});
        report.findings = vec![serde_json::from_value(finding).unwrap()];
        report.judged = [(broken.to_owned(), 1), (holds.to_owned(), 2)].into();
        report.unjudged = [(unjudged.to_owned(), "no credits".to_owned())].into();
        let drift = vec![Drift::New { topic: "states".into(), what: "napping".into() }];
        Run { conclusion: Conclusion::Broken, drift, report }
    }

    #[test]
    fn a_rule_fails_succeeds_or_is_skipped_and_one_that_binds_no_server_is_left_out() {
        let run = run();
        let cases: Vec<_> = Rule::all().filter_map(|rule| of_rule(rule, &run)).collect();
        let [broken, holds, unjudged] = &cases[..] else { panic!("{cases:?}") };
        assert!(matches!(broken.status, TestCaseStatus::NonSuccess { .. }), "{broken:?}");
        assert!(matches!(holds.status, TestCaseStatus::Success { .. }), "{holds:?}");
        assert!(matches!(unjudged.status, TestCaseStatus::Skipped { .. }), "{unjudged:?}");
    }

    #[test]
    fn what_changed_is_one_test_more() {
        let mut run = run();
        let xml = text(&run).unwrap();
        assert!(xml.contains(r#"tests="4" skipped="1" errors="0" failures="2""#), "{xml}");
        assert!(xml.contains(r#"message="new in states: napping""#), "{xml}");
        assert!(xml.contains("seen: this\nagain: curl x"), "{xml}");
        run.drift.clear();
        assert!(!text(&run).unwrap().contains("as-in-the-baseline"));
    }
}
