//! What was found, for people and for programs.

use core::fmt;
use core::time::Duration;

use serde::Serialize;
use serde_json::json;

/// How binding a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A transport that fails it can lose, double or leak a paid job, or can
    /// hang.
    Must,
    /// A transport that fails it is safe, and costs its user a retry, a question
    /// or some traffic.
    Should,
    /// It costs nobody anything, and may be meant so; worth knowing.
    Note,
}

/// What a case is called, and what it requires: [`Subject::cases`](super::Subject::cases).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CaseInfo {
    /// Its name, for [`Subject::check_only`](super::Subject::check_only).
    pub name: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What is required, and by which rule.
    pub rule: &'static str,
}

/// How one case went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// It holds.
    Held,
    /// It does not hold; what was seen.
    Failed(String),
    /// It was not tried; why not.
    Skipped(String),
}

/// One case of a [`Report`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Names the case, for [`Subject::check_only`](super::Subject::check_only).
    pub case: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What is required, and by which rule.
    pub rule: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What happened at both ends, in order, each with its time since the case began:
    /// no header, and nothing of a body.
    pub played: Vec<String>,
    /// How long it took.
    #[serde(serialize_with = "seconds")]
    pub took: Duration,
}

/// Every case with its finding, in the kit's order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a report says whether the transport may be used"]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(super) const fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// The findings, one for each case.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The names of the cases of this level that failed.
    #[must_use]
    pub fn failed(&self, level: Level) -> Vec<&'static str> {
        self.names(|f| f.level == level && matches!(f.verdict, Verdict::Failed(_)))
    }

    /// The names of the cases that were not tried.
    #[must_use]
    pub fn skipped(&self) -> Vec<&'static str> {
        self.names(|f| matches!(f.verdict, Verdict::Skipped(_)))
    }

    /// Whether no [`Must`](Level::Must) failed.
    #[must_use]
    pub fn is_conforming(&self) -> bool {
        self.failed(Level::Must).is_empty()
    }

    /// For a test: passes where no [`Must`](Level::Must) failed.
    ///
    /// # Panics
    /// Where one failed, with each rule that does not hold and what was seen.
    #[track_caller]
    #[expect(clippy::panic, reason = "it is there for tests, to fail them")]
    pub fn assert_conforming(&self) {
        if !self.is_conforming() {
            panic!("the transport must not carry paid jobs\n{self}");
        }
    }

    /// The report as a JSON object: counts, and an array of findings.
    #[must_use]
    pub fn to_json(&self) -> String {
        json!({
            "conforming": self.is_conforming(),
            "held": self.held(),
            "failed_must": self.failed(Level::Must).len(),
            "failed_should": self.failed(Level::Should).len(),
            "failed_note": self.failed(Level::Note).len(),
            "skipped": self.skipped().len(),
            "findings": self.findings,
        })
        .to_string()
    }

    fn held(&self) -> usize {
        self.names(|f| f.verdict == Verdict::Held).len()
    }

    fn names(&self, which: impl Fn(&Finding) -> bool) -> Vec<&'static str> {
        self.findings.iter().filter(|finding| which(finding)).map(|f| f.case).collect()
    }
}

impl fmt::Display for Report {
    /// A line for each case, and below each failed one what is required and what
    /// was seen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let (mark, seen) = match &finding.verdict {
                Verdict::Held => ("held", None),
                Verdict::Failed(seen) => ("FAILED", Some(("seen", seen))),
                Verdict::Skipped(why) => ("skipped", Some(("because", why))),
            };
            let took = finding.took.as_secs_f64();
            match finding.verdict {
                Verdict::Failed(_) => {
                    writeln!(f, "{mark:<8} {:<6} {} ({took:.1} s)", finding.level, finding.case)?;
                }
                _ => writeln!(f, "{mark:<8} {:<6} {}", finding.level, finding.case)?,
            }
            if let Some((word, text)) = seen {
                writeln!(f, "         rule: {}", finding.rule)?;
                writeln!(f, "         {word}: {text}")?;
                for (at, line) in finding.played.iter().enumerate() {
                    let word = if at == 0 { "played:" } else { "       " };
                    writeln!(f, "         {word} {line}")?;
                }
            }
        }
        let count = |level| self.failed(level).len();
        let (must, should, note) = (count(Level::Must), count(Level::Should), count(Level::Note));
        let skipped = self.skipped().len();
        writeln!(
            f,
            "{} held, {must} MUST failed, {should} SHOULD failed, {note} NOTE, {skipped} skipped",
            self.held()
        )
    }
}

fn seconds<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(took.as_secs_f64())
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Note => "NOTE",
        })
    }
}
