//! A folder with photos, results and a journal, written line by line: inputs in every
//! state, and as many as one likes.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const PHOTO: &[u8] = include_bytes!("../../../assets/rocket.jpg");
const AT: &str = "2026-11-24T11:07:00.000Z";

pub(crate) struct Shop {
    folder: TempDir,
    lines: String,
    inputs: u64,
}

impl Shop {
    /// A journal of no inputs.
    pub(crate) fn new() -> Self {
        let header = json!({
            "kind": "header", "format": "removit-journal", "version": 1, "minor": 0, "at": AT,
            "by": "removit 0.1.0", "api": "https://api.example",
        });
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("photos")).unwrap();
        fs::create_dir(folder.path().join("out")).unwrap();
        Self { folder, lines: format!("{header}\n"), inputs: 0 }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An input under its name, a path in the folder, and what is said of it: records
    /// without key, time and job.
    pub(crate) fn input(&mut self, name: &str, records: &[Value]) {
        let photo = self.path(name);
        self.planned(&json!({"file": photo}), records);
    }

    /// A photo that the vendor fetches.
    pub(crate) fn url(&mut self, url: &str) {
        self.planned(&json!({"url": url}), &[]);
    }

    fn planned(&mut self, input: &Value, records: &[Value]) {
        self.inputs += 1;
        let folder = json!({"folder": {"path": self.path("out"), "stem": "x"}});
        let planned = json!({"kind": "planned", "input": input, "destination": folder});
        for record in [&planned].into_iter().chain(records) {
            let mut record = record.clone();
            record["key"] = format!("{:064x}", self.inputs).into();
            record["at"] = AT.into();
            if record["job_id"] == "?" {
                record["job_id"] = format!("019cdc54-{:08x}", self.inputs).into();
            }
            if let Some(path) = record["path"].as_str().map(|path| self.path(path)) {
                record["path"] = path.to_string_lossy().into();
            }
            writeln!(self.lines, "{record}").unwrap();
        }
    }

    /// A photo and its results, which are files that a browser shows.
    pub(crate) fn saved(&mut self, stem: &str, variations: &[&str], elapsed_ms: u64) {
        let name = format!("photos/{stem}.jpg");
        fs::write(self.path(&name), PHOTO).unwrap();
        let mut records = done(variations, elapsed_ms);
        for variation in variations {
            let path = format!("out/{stem}-{variation}.jpg");
            fs::write(self.path(&path), PHOTO).unwrap();
            records.push(json!({"kind": "saved", "variation": variation, "path": path,
                                "len": PHOTO.len()}));
        }
        self.input(&name, &records);
    }

    /// One of each state.
    pub(crate) fn of_every_state() -> Self {
        let mut shop = Self::new();
        shop.saved("cup", &["clipping", "compose", "shadowTop"], 4_250);
        shop.saved("hat", &["clipping"], 9_000);
        shop.input("photos/planned.jpg", &[]);
        shop.input("photos/fresh.jpg", &[intent(), accepted(), looked(33)]);
        shop.input("photos/open.jpg", &[intent()]);
        shop.input("photos/lost.jpg", &[intent(), not_accepted("ambiguous", "no answer came")]);
        shop.input("photos/poor.jpg", &[intent(), not_accepted("rejected", "no credits")]);
        let failed = json!({"kind": "ended", "job_id": "?", "outcome": "failed",
                            "elapsed_ms": 8_000, "reason": "the server says: broken file"});
        shop.input("photos/broken.jpg", &[intent(), accepted(), failed]);
        let late = json!({"kind": "ended", "job_id": "?", "outcome": "timed_out",
                          "elapsed_ms": 600_000, "reason": "not done in 10 minutes"});
        shop.input("photos/slow.jpg", &[intent(), accepted(), late]);
        shop.input("photos/done.jpg", &done(&["clipping", "compose"], 12_000));
        shop
    }

    /// Writes the journal, and has the program write the page beside it: the page, and
    /// what `--json` says.
    #[track_caller]
    pub(crate) fn page(&self) -> (PathBuf, Value) {
        fs::write(self.path("shop.removit"), &self.lines).unwrap();
        let output = self.report(&["--html", "page.html", "--json"]).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
        (self.path("page.html"), serde_json::from_slice(&output.stdout).unwrap())
    }

    pub(crate) fn report(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_removit"));
        command.args(["report", "shop.removit"]).args(args);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

pub(crate) fn intent() -> Value {
    json!({"kind": "intent", "attempt": 1})
}

pub(crate) fn accepted() -> Value {
    json!({"kind": "accepted", "job_id": "?", "attempt": 1})
}

pub(crate) fn not_accepted(outcome: &str, reason: &str) -> Value {
    json!({"kind": "not_accepted", "attempt": 1, "outcome": outcome, "reason": reason,
           "ambiguous_attempts": u32::from(outcome == "ambiguous")})
}

fn looked(progress: u8) -> Value {
    json!({"kind": "status", "job_id": "?", "progress": progress})
}

/// All of a job that is done, with nothing fetched.
pub(crate) fn done(variations: &[&str], elapsed_ms: u64) -> Vec<Value> {
    let ended = json!({"kind": "ended", "job_id": "?", "outcome": "done",
                       "elapsed_ms": elapsed_ms, "results": variations});
    vec![intent(), accepted(), ended]
}
