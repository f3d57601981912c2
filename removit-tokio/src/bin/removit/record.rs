//! One input's JSON line.

use std::path::Path;

use removit_tokio::proto::JobStatus;
use removit_tokio::{Error, Saved};
use serde::Serialize;

use crate::exit::outcome;
use crate::stdout;

/// What is printed with `--json`, one object a line and one line an input.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Record {
    /// The path or URL as it was typed; `null` where only an id was given.
    pub(crate) input: Option<String>,
    pub(crate) job_id: Option<String>,
    pub(crate) outcome: &'static str,
    pub(crate) files: Vec<String>,
    pub(crate) urls: Vec<Url>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) ignored_variations: Vec<String>,
    pub(crate) error: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Url {
    /// `null` for `final_url`.
    variation: Option<String>,
    url: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Warning {
    variation: String,
    texts: Vec<String>,
}

impl Record {
    pub(crate) fn new(input: Option<&str>) -> Self {
        Self { input: input.map(str::to_owned), ..Self::default() }
    }

    /// Takes over all that a status says.
    pub(crate) fn status(&mut self, status: &JobStatus) {
        self.job_id = Some(status.job_id().to_string());
        let url = |link: &removit_tokio::proto::ResultLink| Url {
            variation: link.variation().map(str::to_owned),
            url: link.url().to_owned(),
        };
        self.urls = status.results().iter().map(url).collect();
        let warning = |(variation, texts): &(String, Vec<String>)| Warning {
            variation: variation.clone(),
            texts: texts.clone(),
        };
        self.warnings = status.warnings().iter().map(warning).collect();
        self.ignored_variations = status.ignored_variations().to_vec();
    }

    pub(crate) fn saved(&mut self, saved: &[Saved]) {
        self.files = saved.iter().map(|saved| display(&saved.path)).collect();
    }

    pub(crate) fn failed(&mut self, error: &Error) {
        self.outcome = outcome(error);
        self.error = Some(error.to_string());
        if let Some(job_id) = error.job_id() {
            self.job_id = Some(job_id.to_string());
        }
        if let Error::Download { saved, .. } = error {
            self.saved(saved);
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

    pub(crate) fn files(&mut self, files: &[std::path::PathBuf]) {
        self.files = files.iter().map(|path| display(path)).collect();
    }

    pub(crate) fn print(&self) {
        match serde_json::to_string(self) {
            Ok(line) => stdout::line(&line),
            Err(error) => eprintln!("removit: cannot write JSON: {error}"),
        }
    }
}

pub(crate) fn display(path: &Path) -> String {
    path.display().to_string()
}
