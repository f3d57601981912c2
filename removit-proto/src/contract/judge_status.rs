//! Does an answer about a job say what the contract says, and does it fit what
//! was said before?

use serde_json::Value;

use super::answer::Answer;
use super::findings::Verdicts;
use super::order::Order;
use crate::{Endpoint, ResultUrl, State};

/// What earlier answers about the same job said.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) progress: Option<i64>,
    pub(super) done: bool,
}

/// Where the job is by this answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Pending,
    Done,
    /// With the whole body: how that looks is open.
    Failed,
}

/// The words for a failure (contract, rule 1).
const FAILED: [&str; 6] = ["failed", "error", "cancelled", "canceled", "rejected", "expired"];

/// Judges a 200 whose body is JSON.
pub(super) fn judge(
    job_id: &str,
    order: &Order,
    told: &mut Told,
    answer: &Answer,
    endpoint: &Endpoint,
    verdicts: &mut Verdicts,
) -> Stage {
    let seen = || answer.shown(endpoint);
    verdicts.judge("status-job-id", answer.text("job_id") == Some(job_id), seen);
    let mode = order.mode.unwrap_or("clipping");
    verdicts.judge("status-mode", answer.text("mode") == Some(mode), seen);
    verdicts.judge("status-step", answer.text("status").is_some(), seen);
    let state = answer.text("state");
    let known = ["pending", "queued", "done"].iter().chain(&FAILED);
    let known: Vec<_> = known.copied().collect();
    verdicts.judge("status-state", state.is_some_and(|state| known.contains(&state)), seen);
    // Read as a client reads it, so that a job under another word is followed all the same.
    let stage = match State::decide(state, answer.text("status"), !results(answer).is_empty()) {
        Some(State::Done) => Stage::Done,
        Some(State::Failed) => Stage::Failed,
        _ => Stage::Pending,
    };
    let stays = !told.done || stage == Stage::Done;
    if told.done {
        verdicts.judge("done-stays", stays, seen);
    }
    if stays {
        judge_progress(&stage, told, answer, endpoint, verdicts);
        judge_results(&stage, order, answer, endpoint, verdicts);
    }
    told.done |= stage == Stage::Done;
    stage
}

fn judge_progress(
    stage: &Stage,
    told: &mut Told,
    answer: &Answer,
    endpoint: &Endpoint,
    verdicts: &mut Verdicts,
) {
    let seen = || answer.shown(endpoint);
    let progress = answer.field("progress").and_then(Value::as_i64);
    let in_range = progress.filter(|progress| (0..=100).contains(progress));
    if !verdicts.judge("progress-range", in_range.is_some(), seen) {
        return;
    }
    let before = told.progress;
    verdicts.judge("progress-rises", before <= progress, || {
        format!("{} after {}", progress.unwrap_or_default(), before.unwrap_or_default())
    });
    told.progress = before.max(progress);
    if *stage == Stage::Done {
        verdicts.judge("progress-done", progress == Some(100), seen);
    }
}

fn judge_results(
    stage: &Stage,
    order: &Order,
    answer: &Answer,
    endpoint: &Endpoint,
    verdicts: &mut Verdicts,
) {
    let seen = || answer.shown(endpoint);
    let one = answer.field("final_url");
    // An empty map may be written as `[]` (contract, rule 5).
    let many = answer.field("final_urls").filter(|value| !is_empty(value));
    if *stage != Stage::Done {
        verdicts.judge("no-result-before-done", one.is_none() && many.is_none(), seen);
        return;
    }
    judge_remarks(answer, endpoint, verdicts);
    if !verdicts.judge("done-has-result", one.is_some() || many.is_some(), seen) {
        return;
    }
    if order.delivery == Some("final_url") {
        verdicts.judge("delivery-final-url", one.is_some_and(Value::is_string), seen);
    } else {
        let is_map =
            |value: &Value| value.as_object().is_some_and(|map| map.values().all(Value::is_string));
        verdicts.judge("delivery-url-map", many.is_some_and(is_map), seen);
    }
    let results = results(answer);
    let odd = results.iter().find(|(name, _)| name.as_deref().is_some_and(|n| !is_plain(n)));
    if results.iter().any(|(name, _)| name.is_some()) {
        verdicts.judge("variation-name", odd.is_none(), || {
            let name = odd.and_then(|(name, _)| name.as_deref()).unwrap_or_default();
            let shown: String = name.chars().take(60).collect();
            format!("a variation called {shown:?}")
        });
    }
    if !results.is_empty() {
        let unsafe_url = results.iter().find(|(_, url)| ResultUrl::check(url, endpoint).is_err());
        verdicts.judge("result-url", unsafe_url.is_none(), || {
            let shown: String = unsafe_url
                .map(|(_, url)| without_query(url).chars().take(120).collect())
                .unwrap_or_default();
            format!("a result at {shown:?}")
        });
    }
}

fn judge_remarks(answer: &Answer, endpoint: &Endpoint, verdicts: &mut Verdicts) {
    let seen = || answer.shown(endpoint);
    let is_list =
        |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    if let Some(warnings) = answer.field("warnings") {
        let map = warnings.as_object().is_some_and(|map| map.values().all(is_list));
        verdicts.judge("warnings-shape", map || is_empty(warnings), seen);
    }
    if let Some(ignored) = answer.field("ignored_variations") {
        verdicts.judge("ignored-shape", is_list(ignored), seen);
    }
}

/// The results that an answer names: each with its variation's name, where it has one.
pub(super) fn results(answer: &Answer) -> Vec<(Option<String>, String)> {
    let one = answer.text("final_url").map(|url| (None, url.to_owned()));
    let many = answer.field("final_urls").and_then(Value::as_object);
    let many = many
        .into_iter()
        .flatten()
        .filter_map(|(name, url)| Some((Some(name.clone()), url.as_str()?.to_owned())));
    one.into_iter().chain(many).collect()
}

/// A signed URL is a secret: what follows the `?` is not told.
pub(super) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.len() <= 100 && name.chars().all(plain)
}
