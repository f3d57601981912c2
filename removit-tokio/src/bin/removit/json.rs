//! The JSON lines of `--json`: one object a line, each with its `type` and the
//! version of what it means. `schema/removit-lines.json` of the crate says what is in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use removit_tokio::Error;
use removit_tokio::proto::{JobStatus, State};
use serde::Serialize;

use crate::exit::{Exit, outcome};
use crate::output;

/// The version of the lines. Another one is another meaning; new fields are none.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Line<'a, T> {
    r#type: &'static str,
    schema: u32,
    #[serde(flatten)]
    body: &'a T,
}

fn print<T: Serialize>(kind: &'static str, body: &T, job_id: Option<&str>) {
    match serde_json::to_string(&Line { r#type: kind, schema: SCHEMA, body }) {
        Ok(line) => output::vital(&line, job_id),
        Err(error) => output::say(&format!("removit: cannot write JSON: {error}")),
    }
}

/// How one input ended: a line of type `input`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct InputLine {
    /// The path or URL as it was typed; `null` where only an id was given.
    pub(crate) input: Option<String>,
    pub(crate) job_id: Option<String>,
    pub(crate) outcome: &'static str,
    pub(crate) files: Vec<String>,
    /// By variation; the one result of `final-url` is `final_url`.
    pub(crate) urls: BTreeMap<String, String>,
    /// By variation.
    pub(crate) warnings: BTreeMap<String, Vec<String>>,
    pub(crate) ignored_variations: Vec<String>,
    pub(crate) error: Option<String>,
    /// What a run would do with it: of a dry run alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) would: Option<&'static str>,
}

impl InputLine {
    pub(crate) fn new(input: Option<&str>) -> Self {
        Self { input: input.map(str::to_owned), ..Self::default() }
    }

    /// A warning of ours beside the server's.
    pub(crate) fn warn(&mut self, variation: &str, text: String) {
        self.warnings.entry(variation.to_owned()).or_default().push(text);
    }

    /// Takes over all that a status says.
    pub(crate) fn status(&mut self, status: &JobStatus) {
        self.job_id = Some(status.job_id().to_string());
        self.urls = urls(status);
        self.warnings = warnings(status);
        self.ignored_variations = status.ignored_variations().to_vec();
    }

    pub(crate) fn failed(&mut self, error: &Error) {
        self.outcome = outcome(error);
        self.error = Some(error.to_string());
        if let Some(job_id) = error.job_id() {
            self.job_id = Some(job_id.to_string());
        }
        if let Error::Incomplete { files, .. } = error {
            self.files(files);
        }
        let latest = match error {
            Error::Poll(error) => error.latest(),
            _ => None,
        };
        if let Some(status) = latest {
            self.status(status);
        }
    }

    pub(crate) fn files(&mut self, files: &[PathBuf]) {
        self.files = files.iter().map(|path| display(path)).collect();
    }

    pub(crate) fn print(&self) {
        print("input", self, self.job_id.as_deref());
    }
}

/// How a job is: a line of type `status`.
#[derive(Debug, Serialize)]
pub(crate) struct StatusLine {
    job_id: String,
    outcome: &'static str,
    state: String,
    step: Option<String>,
    mode: Option<String>,
    progress: Option<u8>,
    urls: BTreeMap<String, String>,
    warnings: BTreeMap<String, Vec<String>>,
    ignored_variations: Vec<String>,
}

impl StatusLine {
    pub(crate) fn new(status: &JobStatus) -> Self {
        let outcome = outcome_of_status(status);
        let state = match status.state() {
            State::Unknown(word) => word.to_owned(),
            _ => outcome.to_owned(),
        };
        Self {
            job_id: status.job_id().to_string(),
            outcome,
            state,
            step: status.step().map(str::to_owned),
            mode: status.mode().map(str::to_owned),
            progress: status.progress(),
            urls: urls(status),
            warnings: warnings(status),
            ignored_variations: status.ignored_variations().to_vec(),
        }
    }

    pub(crate) fn print(&self) {
        print("status", self, None);
    }
}

/// In the words of the lines.
pub(crate) fn outcome_of_status(status: &JobStatus) -> &'static str {
    match status.state() {
        State::Done => "done",
        State::Failed => "failed",
        _ => "pending",
    }
}

/// What a run came to: a line of type `summary`.
#[derive(Debug, Serialize)]
pub(crate) struct SummaryLine<'a> {
    pub(crate) inputs: u64,
    /// Inputs whose results are all on disk.
    pub(crate) saved: u64,
    /// Results that are on disk.
    pub(crate) files: u64,
    /// Inputs whose job is done, and whose results are not all on disk.
    pub(crate) done_not_saved: u64,
    /// By what became of them.
    pub(crate) outcomes: &'a BTreeMap<&'static str, u64>,
    pub(crate) by_earlier_runs: u64,
    /// Left for a later run by `--max-jobs`.
    pub(crate) held: u64,
    pub(crate) results_left_out: u64,
    pub(crate) left_out: &'a BTreeMap<&'static str, u64>,
    /// Jobs that this run paid for.
    pub(crate) jobs_paid: u64,
    pub(crate) elapsed_ms: u64,
    pub(crate) journal: Option<String>,
    pub(crate) go_on: Option<String>,
    pub(crate) exit: u8,
}

impl SummaryLine<'_> {
    pub(crate) fn print(&self) {
        print("summary", self, None);
    }
}

/// A setting that holds: a line of type `setting`.
#[derive(Debug, Serialize)]
pub(crate) struct SettingLine<'a> {
    /// The option, behind its command where that has its own value.
    pub(crate) name: &'a str,
    /// `null` of the key.
    pub(crate) values: Option<&'a [String]>,
    pub(crate) source: &'static str,
    pub(crate) variable: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u64>,
    pub(crate) profile: Option<String>,
}

impl SettingLine<'_> {
    pub(crate) fn print(&self) {
        print("setting", self, None);
    }
}

/// What goes wrong with the run as a whole: a line of type `error`.
#[derive(Debug, Serialize)]
struct ErrorLine<'a> {
    error: &'a str,
    exit: u8,
}

pub(crate) fn print_error(error: &str, exit: Exit) {
    print("error", &ErrorLine { error, exit: exit as u8 }, None);
}

fn urls(status: &JobStatus) -> BTreeMap<String, String> {
    let name = |variation: Option<&str>| variation.unwrap_or("final_url").to_owned();
    status.results().iter().map(|link| (name(link.variation()), link.url().to_owned())).collect()
}

fn warnings(status: &JobStatus) -> BTreeMap<String, Vec<String>> {
    status.warnings().iter().cloned().collect()
}

pub(crate) fn display(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
