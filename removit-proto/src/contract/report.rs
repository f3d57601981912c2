//! What came of a check, for people and for programs.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rule::Rule;
use super::seen::Seen;
use crate::Seed;

/// What came of a [`Check`](super::Check).
///
/// Its JSON is what the program prints and what a later run is compared with:
/// see [`drift_from`](Self::drift_from). It holds neither the key nor a signed
/// URL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// How far the check came.
    pub ended: Ended,
    /// The rules that do not hold, each once, in the order in which they were found.
    pub findings: Vec<Finding>,
    /// How often each rule was judged.
    pub judged: BTreeMap<String, u64>,
    /// The rules of a server that were not judged, and why.
    pub unjudged: BTreeMap<String, String>,
    /// What got in the way and went by: 503s, broken connections; how often each.
    pub troubles: BTreeMap<String, u64>,
    /// Every real job.
    pub jobs: Vec<CheckedJob>,
    /// Jobs that uploads made which ought to have been refused, one credit each.
    pub unasked_jobs: Vec<String>,
    /// Options that no real job had together, formats of photos that none sent.
    pub uncovered: Vec<String>,
    /// How many requests were sent.
    pub requests: u64,
    /// How many credits the run cost, or may have cost.
    pub credits: u64,
    /// How many credits it was allowed.
    pub credits_allowed: u64,
    /// The seed, which repeats the run.
    pub seed: Seed,
    /// What the server was seen to do.
    pub seen: Seen,
}

/// How far a check came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ended {
    /// To its end.
    Complete,
    /// The key is accepted in neither header: nothing else could be judged.
    KeyRefused,
    /// The server could not be reached, or was down; the last word of it.
    Unreached(String),
    /// All requests of the policy were used up.
    RequestsSpent,
}

/// What a check comes to, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Conclusion {
    /// The key was refused: nothing could be judged.
    KeyRefused,
    /// A rule does not hold.
    Broken,
    /// The server could not be reached, or was down.
    Unreached,
    /// The account could not pay for a job that was allowed.
    NoCredits,
    /// A job was not done in time, or was lost out of sight.
    TimedOut,
    /// Every rule that was judged holds.
    Kept,
}

/// A rule that does not hold, with the smallest request that showed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// The id of the [`Rule`].
    pub rule: String,
    /// What was seen.
    pub seen: String,
    /// A curl command that sends the request again, without the key.
    pub command: String,
    /// How often the rule was found broken.
    pub times: u64,
}

/// A real job of a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckedJob {
    /// Its id; none, where the answer to the upload was lost.
    pub id: Option<String>,
    /// What it asked for.
    pub order: String,
    /// How it ended.
    pub end: JobEnding,
    /// From its 202 until it was seen to end.
    pub seconds: f64,
    /// Each step that was seen, in order.
    pub steps: Vec<String>,
}

/// How a real job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobEnding {
    /// It is under way: the check ended before.
    Open,
    /// It is done.
    Done,
    /// It failed for good; what the status said, which the contract leaves open.
    Failed(String),
    /// It was not done in time.
    TimedOut,
    /// Looks at it brought nothing any more.
    Lost,
    /// The upload's answer was lost: there may be a job.
    Ambiguous,
    /// The account has no credits: there is no job.
    NoCredits,
    /// The upload was refused: there is no job.
    Refused,
}

impl Report {
    /// What it all comes to.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let ended = |end: &JobEnding| self.jobs.iter().any(|job| job.end == *end);
        match &self.ended {
            Ended::KeyRefused => Conclusion::KeyRefused,
            _ if !self.findings.is_empty() => Conclusion::Broken,
            Ended::Unreached(_) => Conclusion::Unreached,
            _ if ended(&JobEnding::NoCredits) => Conclusion::NoCredits,
            _ if [JobEnding::TimedOut, JobEnding::Open, JobEnding::Lost].iter().any(ended) => {
                Conclusion::TimedOut
            }
            _ => Conclusion::Kept,
        }
    }

    /// The ids of the rules that do not hold.
    #[must_use]
    pub fn broken(&self) -> Vec<&str> {
        self.findings.iter().map(|finding| finding.rule.as_str()).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let text = Rule::by_id(&finding.rule).map_or("", |rule| rule.text);
            writeln!(f, "BROKEN   {}: {text}", finding.rule)?;
            writeln!(f, "         seen:  {}", finding.seen)?;
            writeln!(f, "         again: {}", finding.command)?;
            if finding.times > 1 {
                writeln!(f, "         {} times", finding.times)?;
            }
        }
        for id in &self.unasked_jobs {
            writeln!(f, "PAID     job {id}: one credit for an upload that ought to be refused")?;
        }
        for job in &self.jobs {
            write!(f, "job      {}", job.id.as_deref().unwrap_or("(its id is not known)"))?;
            let steps = job.steps.join(", ");
            let seconds = job.seconds;
            writeln!(f, ": {}: {} after {seconds:.1} s ({steps})", job.order, job.end)?;
        }
        for (trouble, times) in &self.troubles {
            writeln!(f, "trouble  {trouble}, {times} times")?;
        }
        self.write_unjudged(f)?;
        if !self.uncovered.is_empty() {
            writeln!(f, "not met  {}", self.uncovered.join("; "))?;
        }
        let held = self.judged.len().saturating_sub(self.findings.len());
        let (broken, unjudged) = (self.findings.len(), self.unjudged.len());
        writeln!(f, "{held} rules hold, {broken} broken, {unjudged} not judged")?;
        write!(f, "{} requests, {} credits", self.requests, self.credits)?;
        writeln!(f, "; {}", self.ended)
    }
}

impl Report {
    /// The rules with the same reason in one line.
    fn write_unjudged(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (rule, why) in &self.unjudged {
            by_reason.entry(why).or_default().push(rule);
        }
        for (why, rules) in by_reason {
            writeln!(f, "unjudged {}: {why}", rules.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("the check came to its end"),
            Self::KeyRefused => f.write_str("the key is refused: nothing else was judged"),
            Self::Unreached(why) => write!(f, "the server was not reached, or is down: {why}"),
            Self::RequestsSpent => f.write_str("stopped: no more requests are allowed"),
        }
    }
}

impl fmt::Display for JobEnding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("under way"),
            Self::Done => f.write_str("done"),
            Self::Failed(body) => write!(f, "failed for good: {body}"),
            Self::TimedOut => f.write_str("not done in time"),
            Self::Lost => f.write_str("out of sight"),
            Self::Ambiguous => f.write_str("the answer was lost: a job may exist, and be charged"),
            Self::NoCredits => f.write_str("no credits, so no job"),
            Self::Refused => f.write_str("refused, so no job"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::log::Log;

    fn report() -> Report {
        Log::new("https://a.example", Seed::new(1), 2).report
    }

    fn job(end: JobEnding) -> CheckedJob {
        let steps = vec!["queued".to_owned(), "done".to_owned()];
        CheckedJob { id: None, order: "clipping".to_owned(), end, seconds: 1.25, steps }
    }

    fn finding(times: u64) -> Finding {
        let (rule, seen) = ("key-echo".to_owned(), "the key".to_owned());
        Finding { rule, seen, command: "curl".to_owned(), times }
    }

    #[test]
    fn ends_are_told_in_words() {
        for (end, told) in [
            (Ended::Complete, "the check came to its end"),
            (Ended::KeyRefused, "the key is refused: nothing else was judged"),
            (Ended::Unreached("x".to_owned()), "the server was not reached, or is down: x"),
            (Ended::RequestsSpent, "stopped: no more requests are allowed"),
        ] {
            assert_eq!(end.to_string(), told);
        }
        for (end, told) in [
            (JobEnding::Open, "under way"),
            (JobEnding::Done, "done"),
            (JobEnding::Failed("x".to_owned()), "failed for good: x"),
            (JobEnding::TimedOut, "not done in time"),
            (JobEnding::Lost, "out of sight"),
            (JobEnding::Ambiguous, "the answer was lost: a job may exist, and be charged"),
            (JobEnding::NoCredits, "no credits, so no job"),
            (JobEnding::Refused, "refused, so no job"),
        ] {
            assert_eq!(end.to_string(), told);
        }
    }

    #[test]
    fn a_conclusion_is_the_first_that_holds() {
        let unreached = || Ended::Unreached("x".to_owned());
        for (ended, findings, end, conclusion) in [
            (Ended::KeyRefused, 1, JobEnding::Open, Conclusion::KeyRefused),
            (unreached(), 1, JobEnding::Open, Conclusion::Broken),
            (unreached(), 0, JobEnding::NoCredits, Conclusion::Unreached),
            (Ended::Complete, 0, JobEnding::NoCredits, Conclusion::NoCredits),
            (Ended::Complete, 0, JobEnding::TimedOut, Conclusion::TimedOut),
            (Ended::Complete, 0, JobEnding::Open, Conclusion::TimedOut),
            (Ended::Complete, 0, JobEnding::Lost, Conclusion::TimedOut),
            (Ended::Complete, 0, JobEnding::Done, Conclusion::Kept),
            (Ended::RequestsSpent, 0, JobEnding::Refused, Conclusion::Kept),
        ] {
            let mut report = report();
            (report.ended, report.jobs) = (ended, vec![job(end)]);
            report.findings = (0..findings).map(|_| finding(1)).collect();
            assert_eq!(report.conclusion(), conclusion, "{report}");
            assert_eq!(report.broken().len(), findings);
        }
    }

    #[test]
    fn a_report_for_people_has_a_line_for_everything() {
        let mut report = report();
        report.findings = vec![finding(1), finding(3)];
        report.unasked_jobs.push("j-1".to_owned());
        report.jobs.push(job(JobEnding::Done));
        report.troubles.insert("a 502".to_owned(), 2);
        for rule in ["a", "b"] {
            report.unjudged.insert(rule.to_owned(), "no job came so far".to_owned());
        }
        report.uncovered = vec!["x".to_owned(), "y".to_owned()];
        report.judged = ["key-echo", "c", "d", "e"].map(|rule| (rule.to_owned(), 1)).into();
        (report.requests, report.credits) = (9, 1);
        let told = report.to_string();
        let text = Rule::by_id("key-echo").unwrap().text;
        let once =
            format!("BROKEN   key-echo: {text}\n         seen:  the key\n         again: curl\n");
        let rest = "PAID     job j-1: one credit for an upload that ought to be refused\n\
            job      (its id is not known): clipping: done after 1.2 s (queued, done)\n\
            trouble  a 502, 2 times\n\
            unjudged a, b: no job came so far\n\
            not met  x; y\n\
            2 rules hold, 2 broken, 2 not judged\n\
            9 requests, 1 credits; the check came to its end\n";
        assert_eq!(told, format!("{once}{once}         3 times\n{rest}"));
    }
}
