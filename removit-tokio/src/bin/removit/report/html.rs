//! The page of `report --html`: one file for those who judge the pictures.
//!
//! It asks no network, and holds no picture: it names the files. Whatever a stranger
//! wrote (a file's name, a server's message) is in it as JSON alone, which cannot end
//! the element it stands in; the page's policy lets no other script run than its own.
//!
//! The page is `html/page.html` with its style and script; a test opens it in a browser.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use removit_blocking::files::write_whole;
use removit_tokio::proto::journal::Journal;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::item::Why;
use super::links::Links;
use super::shown::Shown;
use super::summary::{STAGES, Summary};
use super::times::{Durations, times};
use crate::refused::Refused;
use crate::shell::printable;

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// How much of a file tells whether it is such a page.
const BEGINNING: usize = 1024;
/// What an earlier page has near its beginning, and hardly any other file.
const MARK: &str = r#"<meta name="generator" content="removit report">"#;

/// All that the page's script is told.
#[derive(Serialize)]
struct Data<'a> {
    journal: String,
    begun: Option<&'a str>,
    api: Option<String>,
    runs: usize,
    last_run: Option<&'a str>,
    is_done: bool,
    inputs_total: u64,
    copies: usize,
    jobs: usize,
    possible_jobs: u64,
    results_saved: usize,
    results_missing: usize,
    durations: Option<&'a Durations>,
    torn_lines: usize,
    broken_lines: usize,
    states: Vec<State>,
    to_do: ToDo,
    /// Of each job that is done, in milliseconds, the shortest first.
    times: Vec<u64>,
    inputs: Vec<Shown>,
}

#[derive(Serialize)]
struct State {
    name: &'static str,
    meaning: &'static str,
}

/// What to do, by why an input is listed.
#[derive(Serialize)]
struct ToDo {
    ambiguous: &'static str,
    failed: &'static str,
    not_accepted: &'static str,
    given_up: &'static str,
}

/// Writes the page whole or not at all. Only an earlier page is replaced.
pub(super) fn write(path: &Path, journal: &Journal, summary: &Summary) -> Result<(), Refused> {
    let failed = |error: &dyn std::fmt::Display| Refused::local(printable(&error.to_string()));
    if path.as_os_str() == "-" {
        return Err(Refused::usage(
            "--html -: the page names its pictures from where it is, and needs a file",
        ));
    }
    let is_ours = is_page(path);
    let links = Links::from(path).map_err(|error| failed(&error))?;
    let page = page(journal, summary, &links).map_err(|error| failed(&error))?;
    write_whole(path, is_ours, page.as_bytes()).map_err(|error| failed(&error))
}

fn is_page(path: &Path) -> bool {
    let is_file = |file: &File| file.metadata().is_ok_and(|there| there.is_file());
    // A pipe that nobody writes to would hold its opening for ever.
    if !std::fs::metadata(path).is_ok_and(|there| there.is_file()) {
        return false;
    }
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| match is_file(&file) {
        true => file.take(BEGINNING as u64).read_to_end(&mut beginning),
        false => Err(ErrorKind::InvalidInput.into()),
    });
    read.is_ok() && String::from_utf8_lossy(&beginning).contains(MARK)
}

/// The whole page.
pub(super) fn page(
    journal: &Journal,
    summary: &Summary,
    links: &Links,
) -> Result<String, serde_json::Error> {
    let data = Data {
        journal: printable(&summary.journal),
        begun: summary.begun.as_deref(),
        api: summary.api.as_deref().map(printable),
        runs: summary.runs,
        last_run: summary.last_run.as_deref(),
        is_done: summary.is_done,
        inputs_total: summary.inputs,
        copies: summary.copies,
        jobs: summary.jobs,
        possible_jobs: summary.possible_jobs,
        results_saved: summary.results_saved,
        results_missing: summary.results_missing,
        durations: summary.durations.as_ref(),
        torn_lines: summary.torn_lines.len(),
        broken_lines: summary.broken_lines.len(),
        states: STAGES.into_iter().map(|(_, name, meaning)| State { name, meaning }).collect(),
        to_do: ToDo {
            ambiguous: Why::Ambiguous.to_do(),
            failed: Why::Failed.to_do(),
            not_accepted: Why::NotAccepted.to_do(),
            given_up: Why::GivenUp.to_do(),
        },
        times: times(journal.replay.entries()),
        inputs: journal.replay.entries().iter().map(|entry| Shown::of(entry, links)).collect(),
    };
    let data = in_script(&serde_json::to_string(&data)?);
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + SCRIPT.len() + data.len());
    // The page's own text is read once: what is put in is not read again.
    for piece in PAGE.split("@@") {
        match piece {
            "POLICY" => page.push_str(&policy()),
            "STYLE" => page.push_str(STYLE),
            "SCRIPT" => page.push_str(SCRIPT),
            "DATA" => page.push_str(&data),
            text => page.push_str(text),
        }
    }
    Ok(page)
}

/// JSON that cannot end its element, nor begin a comment or another element in it:
/// such characters are in JSON's strings alone, where they have another writing.
fn in_script(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a `String` does not fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

/// Nothing but this style, this script, and pictures that lie where the page does.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; img-src 'self' file:; style-src {}; script-src {}; \
         base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'",
        hash(STYLE),
        hash(SCRIPT)
    )
}
