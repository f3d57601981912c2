//! The report while it is being written.

use std::collections::BTreeMap;

use super::curl;
use super::draft::Draft;
use super::findings::Verdicts;
use super::report::{CheckedJob, Ended, Finding, Report};
use super::rule::Rule;
use super::seen::Seen;
use crate::Seed;

/// The report so far.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) report: Report,
    base_url: String,
}

impl Log {
    pub(super) fn new(base_url: &str, seed: Seed, credits_allowed: u64) -> Self {
        let report = Report {
            ended: Ended::Complete,
            findings: Vec::new(),
            judged: BTreeMap::new(),
            unjudged: BTreeMap::new(),
            troubles: BTreeMap::new(),
            jobs: Vec::new(),
            unasked_jobs: Vec::new(),
            uncovered: Vec::new(),
            requests: 0,
            credits: 0,
            credits_allowed,
            seed,
            seen: Seen::default(),
        };
        Self { report, base_url: base_url.to_owned() }
    }

    /// The command that sends a draft again.
    pub(super) fn command(&self, draft: &Draft) -> String {
        curl::command(draft, &self.base_url)
    }

    /// Takes the verdicts on one answer down. Returns the rules that are found
    /// broken for the first time.
    pub(super) fn take(&mut self, verdicts: &Verdicts, command: &str) -> Vec<&'static str> {
        for rule in &verdicts.held {
            self.count(rule);
        }
        let mut new = Vec::new();
        for (rule, seen) in &verdicts.broken {
            self.count(rule);
            match self.report.findings.iter_mut().find(|finding| finding.rule == *rule) {
                Some(finding) => finding.times = finding.times.saturating_add(1),
                None => {
                    let (rule_id, command) = ((*rule).to_owned(), command.to_owned());
                    let seen = seen.clone();
                    self.report.findings.push(Finding { rule: rule_id, seen, command, times: 1 });
                    new.push(*rule);
                }
            }
        }
        new
    }

    /// A smaller request that shows the same.
    pub(super) fn shrunk(&mut self, rule: &str, draft: &Draft, verdicts: &Verdicts) {
        let command = self.command(draft);
        let seen = verdicts.broken.iter().find(|(broken, _)| *broken == rule);
        let finding = self.report.findings.iter_mut().find(|finding| finding.rule == rule);
        if let (Some(finding), Some((_, seen))) = (finding, seen) {
            finding.command = command;
            finding.seen = seen.clone();
        }
    }

    pub(super) fn trouble(&mut self, what: impl Into<String>) {
        let times = self.report.troubles.entry(what.into()).or_default();
        *times = times.saturating_add(1);
    }

    pub(super) fn spent_credit(&mut self) {
        self.report.credits = self.report.credits.saturating_add(1);
    }

    pub(super) fn job(&mut self, at: usize) -> Option<&mut CheckedJob> {
        self.report.jobs.get_mut(at)
    }

    /// The whole report.
    pub(super) fn finish(&mut self, ended: Ended) {
        self.report.ended = ended;
        let report = &mut self.report;
        report.seen.job_seconds.sort_by(f64::total_cmp);
        let reason = reason_unjudged(report);
        for rule in Rule::all().filter(|rule| rule.is_checked_on_servers()) {
            if !report.judged.contains_key(rule.id) {
                report.unjudged.insert(rule.id.to_owned(), reason(rule.id));
            }
        }
        for rule in Rule::all().take_while(|rule| rule.id != "failure-words") {
            if rule.checked.is_empty() {
                report.unjudged.insert(rule.id.to_owned(), "nothing checks it".to_owned());
            }
        }
    }

    fn count(&mut self, rule: &str) {
        let times = self.report.judged.entry(rule.to_owned()).or_default();
        *times = times.saturating_add(1);
    }
}

/// Why a rule was not judged.
fn reason_unjudged(report: &Report) -> impl Fn(&str) -> String + use<> {
    let complete = report.ended == Ended::Complete;
    let leaked = !report.unasked_jobs.is_empty();
    let paid = report.credits_allowed > 0;
    move |rule| {
        let reason = match rule {
            _ if !complete => "the check ended before",
            "foreign-404" => "no job of another account was given",
            "credits-body" | "unavailable-body" => "no such answer was met",
            "warnings-shape" | "ignored-shape" if paid => "no job told any",
            _ if leaked => "no more uploads are sent that may cost a credit each",
            _ if !paid => "it takes a real job, and no credits are allowed",
            _ => "no job came so far",
        };
        reason.to_owned()
    }
}
