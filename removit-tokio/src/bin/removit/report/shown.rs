//! One input as the page shows it: texts for people, and URLs of its files.

use std::collections::BTreeMap;

use removit_tokio::proto::journal::{Entry, Input, Job, JobOutcome, Saved, Stage};
use serde::Serialize;

use super::item::{Item, Why};
use super::links::Links;
use super::summary::STAGES;
use crate::inputs::name::of_journal;
use crate::shell::printable;

#[derive(Serialize)]
pub(super) struct Shown {
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    copies: Vec<String>,
    /// Its stage, in the words of the JSON object.
    state: &'static str,
    /// What there is to do about it is told once for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<String>,
    key: String,
    #[serde(skip_serializing_if = "is_zero")]
    possible_jobs: u64,
    /// From acceptance to done, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    /// In percent, of a job under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<u8>,
    /// Where the photo is, if it is a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<Picture>,
    /// The results that are still to be fetched, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
}

/// A result on disk.
#[derive(Serialize)]
struct Picture {
    #[serde(skip_serializing_if = "Option::is_none")]
    variation: Option<String>,
    /// Its name, without its folder.
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    len: u64,
}

impl Shown {
    pub(super) fn of(entry: &Entry, links: &Links) -> Self {
        let why = [
            (Why::Ambiguous, "ambiguous"),
            (Why::Failed, "failed"),
            (Why::NotAccepted, "not_accepted"),
            (Why::GivenUp, "given_up"),
        ];
        let listed = why.into_iter().find_map(|(why, word)| Some((Item::of(entry, why)?, word)));
        let (item, why) = listed.unzip();
        let job = entry.job();
        let ended = job.and_then(Job::ended).filter(|ended| ended.outcome == JobOutcome::Done);
        let under_way = job.filter(|_| entry.stage() == Stage::Accepted).and_then(Job::latest);
        let mut names = entry.places().iter().map(|place| name(place.input()));
        Self {
            name: names.next().unwrap_or_else(|| format!("the input with key {}", entry.key())),
            copies: names.collect(),
            state: state(entry.stage()),
            why,
            reason: item.and_then(|item| item.reason).map(|reason| printable(&reason)),
            job_id: job.map(|job| printable(&job.id().to_string())),
            key: entry.key().to_string(),
            possible_jobs: entry.possible_jobs(),
            ms: ended.map(|ended| ended.elapsed_ms),
            progress: under_way.and_then(|status| status.progress),
            photo: photo(entry, links),
            results: pictures(entry).map(|saved| Picture::of(saved, links)).collect(),
            missing: missing(entry),
        }
    }
}

impl Picture {
    fn of(saved: &Saved, links: &Links) -> Self {
        let path = saved.path.to_path();
        let name = path.as_deref().and_then(|path| path.file_name());
        Self {
            variation: saved.variation.as_deref().map(printable),
            file: printable(&match name {
                Some(name) => name.to_string_lossy().into_owned(),
                None => saved.path.to_string(),
            }),
            url: path.and_then(|path| links.to(&path)),
            len: saved.len,
        }
    }
}

/// The input's name for people. A signed URL's query is a secret of the user's, and the
/// page is for others too.
fn name(input: &Input) -> String {
    let name = of_journal(input);
    match (input, name.split_once('?')) {
        (Input::Url(_), Some((before, _))) => printable(&format!("{before}?…")),
        _ => printable(&name),
    }
}

fn photo(entry: &Entry, links: &Links) -> Option<String> {
    match entry.places().first()?.input() {
        Input::File(path) => links.to(&path.to_path()?),
        // Nothing is fetched from where the vendor fetches it.
        _ => None,
    }
}

/// One file for each variation, although copies have one each: that of the first place,
/// as it was saved last.
fn pictures(entry: &Entry) -> impl Iterator<Item = &Saved> {
    let mut found: BTreeMap<Option<&str>, &Saved> = BTreeMap::new();
    for saved in entry.saved() {
        let variation = saved.variation.as_deref();
        if found.get(&variation).is_none_or(|before| saved.place <= before.place) {
            found.insert(variation, saved);
        }
    }
    found.into_values()
}

fn missing(entry: &Entry) -> Vec<String> {
    let mut names: Vec<_> =
        entry.unsaved().map(|(_, variation)| printable(variation.unwrap_or("result"))).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn state(stage: Stage) -> &'static str {
    STAGES.into_iter().find_map(|(of, name, _)| (of == stage).then_some(name)).unwrap_or("unknown")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
