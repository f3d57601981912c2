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
