//! What a server was seen to do, whether the contract speaks of it or not: what
//! the next run is compared with.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::judge_status::results;
use crate::ResultUrl;

/// Everything that a run saw and that should not change overnight: names and
/// words, never a value that identifies a job or a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seen {
    /// Under each topic (`states`, `fields of a status`, …) what was met.
    pub facts: BTreeMap<String, BTreeSet<String>>,
    /// How long each job took from its 202 until it was seen to be done, in
    /// seconds, the shortest first.
    pub job_seconds: Vec<f64>,
}

/// What the topics are called.
pub(super) mod topic {
    pub(in super::super) const STATES: &str = "states";
    pub(in super::super) const STEPS: &str = "steps";
    pub(in super::super) const VARIATIONS: &str = "variations";
    pub(in super::super) const HOSTS: &str = "hosts of results";
    pub(in super::super) const ERRORS: &str = "errors";
    pub(in super::super) const MESSAGES: &str = "messages";
    pub(in super::super) const WARNINGS: &str = "warnings";
    pub(in super::super) const FAILURES: &str = "looks of a failed job";
    pub(in super::super) const REDIRECTS: &str = "redirects of results";
    pub(in super::super) const EXPIRIES: &str = "told expiries of results";
    pub(in super::super) const EARLY: &str = "just after a 202";
}

impl Seen {
    pub(super) fn note(&mut self, topic: impl Into<String>, what: impl Into<String>) {
        self.facts.entry(topic.into()).or_default().insert(what.into());
    }

    /// An answer that refuses. `sent` are texts of the request, which a message
    /// may repeat.
    pub(super) fn refusal(&mut self, answer: &Answer, sent: &[&str]) {
        let status = answer.status().as_u16();
        self.head(&format!("a {status}"), answer);
        let Some(body) = &answer.body else { return };
        self.fields(&format!("a {status}"), body);
        if let Some(error) = answer.text("error") {
            self.note(topic::ERRORS, format!("{status} {}", plain(error, sent)));
        }
        if let Some(message) = answer.text("message") {
            self.note(topic::MESSAGES, format!("{status} {}", plain(message, sent)));
        }
        for (field, texts) in
            answer.field("details").and_then(Value::as_object).into_iter().flatten()
        {
            for text in texts.as_array().into_iter().flatten().filter_map(Value::as_str) {
                self.note(topic::MESSAGES, format!("{status} {field}: {}", plain(text, sent)));
            }
        }
    }

    /// The answer to a real upload.
    pub(super) fn accepted(&mut self, answer: &Answer) {
        self.head("a 202", answer);
        if let Some(body) = &answer.body {
            self.fields("a 202", body);
        }
    }

    /// A good answer about a job.
    pub(super) fn status(&mut self, answer: &Answer) {
        self.head("a status", answer);
        let Some(body) = &answer.body else { return };
        self.fields("a status", body);
        for (name, topic) in [("state", topic::STATES), ("status", topic::STEPS)] {
            if let Some(word) = answer.text(name) {
                self.note(topic, plain(word, &[]));
            }
        }
        for (variation, _) in results(answer) {
            if let Some(variation) = variation {
                self.note(topic::VARIATIONS, plain(&variation, &[]));
            }
        }
        for (name, texts) in
            answer.field("warnings").and_then(Value::as_object).into_iter().flatten()
        {
            for text in texts.as_array().into_iter().flatten().filter_map(Value::as_str) {
                self.note(topic::WARNINGS, format!("{name}: {}", plain(text, &[])));
            }
        }
    }

    /// Where a result is, and whether its address tells when it expires.
    pub(super) fn result(&mut self, url: &ResultUrl) {
        self.note(topic::HOSTS, origin(url.as_str()));
        let query = url.as_str().split_once('?').map(|(_, query)| query).unwrap_or_default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if name.to_ascii_lowercase().contains("expire") {
                self.note(topic::EXPIRIES, format!("{name}={}", plain(value, &[])));
            }
        }
    }

    /// Where a redirect of a result leads.
    pub(super) fn redirect(&mut self, status: u16, to: &ResultUrl) {
        self.note(topic::REDIRECTS, format!("{status} to {}", origin(to.as_str())));
    }

    /// How a job that failed for good looks, which the contract leaves open.
    pub(super) fn failed(&mut self, answer: &Answer) {
        for (name, value) in answer.body.iter().flatten() {
            let told = match (name.as_str(), value) {
                ("job_id", _) => "(the job's id)".to_owned(),
                (_, Value::String(text)) => plain(text, &[]),
                (_, value) => plain(&value.to_string(), &[]),
            };
            self.note(topic::FAILURES, format!("{}: {told}", plain(name, &[])));
        }
    }

    /// The names of an answer's headers, and its type.
    pub(super) fn head(&mut self, what: &str, answer: &Answer) {
        for name in answer.response.headers().keys() {
            self.note(format!("headers of {what}"), name.as_str());
        }
        let content_type = answer.header("content-type");
        if !content_type.is_empty() {
            self.note(format!("type of {what}"), plain(&content_type, &[]));
        }
    }

    fn fields(&mut self, what: &str, body: &Map<String, Value>) {
        for (name, value) in body {
            // What is null at times is no other field then.
            if !value.is_null() {
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "number",
                    Value::String(_) => "string",
                    Value::Array(_) => "list",
                    Value::Object(_) => "map",
                };
                self.note(format!("fields of {what}"), format!("{}: {kind}", plain(name, &[])));
            }
        }
    }
}

/// Scheme and host. Of a loopback host the port is another one each time.
fn origin(url: &str) -> String {
    let uri: http::Uri = url.parse().unwrap_or_default();
    let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
    match uri.port_u16() {
        Some(port) if scheme == "https" => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    }
}

/// A server's text, bounded, without what was sent and without numbers: those
/// differ from run to run.
fn plain(text: &str, sent: &[&str]) -> String {
    let mut text = text.to_owned();
    for part in sent.iter().filter(|part| part.len() > 3) {
        text = text.replace(part, "…");
    }
    let mut plain = String::new();
    for c in text.chars().take(200) {
        match c {
            '0'..='9' if plain.ends_with('#') => {}
            '0'..='9' => plain.push('#'),
            c if c.is_control() => plain.push('\u{fffd}'),
            c => plain.push(c),
        }
    }
    plain
}
