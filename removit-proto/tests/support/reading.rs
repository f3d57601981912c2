//! The contract's reading of a body, written a second time from its text over
//! `serde_json::Value`: what the decoders are compared with. Slow and plain.

use removit_proto::{ApiError, JobStatus, State};
use serde_json::{Map, Value};

/// More than what a decoder reads of one body.
const MAX_VALUES: usize = 20_000;

/// The words that end a job for good (rule 1).
const FAILURES: [&str; 6] = ["failed", "error", "cancelled", "canceled", "rejected", "expired"];

/// The fields of a status answer.
#[derive(Debug, PartialEq)]
pub struct Status {
    pub state: State,
    pub step: Option<String>,
    pub mode: Option<String>,
    pub progress: Option<u8>,
    /// `final_url` under no name, then `final_urls`, by name.
    pub results: Vec<(Option<String>, String)>,
    pub warnings: Vec<(String, Vec<String>)>,
    pub ignored_variations: Vec<String>,
}

impl Status {
    /// What a decoder made of a body.
    pub fn of(status: &JobStatus) -> Self {
        let results = status.results().iter();
        Self {
            state: status.state().clone(),
            step: status.step().map(str::to_owned),
            mode: status.mode().map(str::to_owned),
            progress: status.progress(),
            results: results
                .map(|link| (link.variation().map(str::to_owned), link.url().to_owned()))
                .collect(),
            warnings: status.warnings().to_vec(),
            ignored_variations: status.ignored_variations().to_vec(),
        }
        .sorted()
    }

    /// `serde_json::Value` does not keep the order of keys.
    fn sorted(mut self) -> Self {
        self.results.sort();
        self.warnings = sorted(self.warnings);
        self.ignored_variations.sort();
        self
    }
}

fn sorted(mut entries: Vec<(String, Vec<String>)>) -> Vec<(String, Vec<String>)> {
    entries.iter_mut().for_each(|(_, texts)| texts.sort());
    entries.sort();
    entries
}

/// The JSON object that a body is, where it is one of a sane size.
pub fn object(body: &[u8]) -> Option<Map<String, Value>> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) if count(&Value::Object(fields.clone())) <= MAX_VALUES => {
            Some(fields)
        }
        _ => None,
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(count).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// A text, or a number as its text; `null`, absence and the empty text are the
/// same, and so is a value of another type.
pub fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(match (number.as_u64(), number.as_i64()) {
            (Some(whole), _) => whole.to_string(),
            (_, Some(whole)) => whole.to_string(),
            _ => number.as_f64()?.to_string(),
        }),
        _ => None,
    }
}

/// A list of texts, however PHP wrote it: `[]`, `{}`, one text alone.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(|v| text(Some(v))).collect(),
        Value::Object(fields) => fields.values().filter_map(|v| text(Some(v))).collect(),
        single => text(Some(single)).into_iter().collect(),
    }
}

/// A map, or PHP's list for the map of 0, 1, 2 and so on.
fn entries(value: Option<&Value>) -> Vec<(String, &Value)> {
    match value {
        Some(Value::Object(fields)) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Some(Value::Array(values)) => {
            values.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect()
        }
        _ => Vec::new(),
    }
}

/// The id in the body of an upload's answer, where it is where it belongs.
pub fn job_id(body: &[u8]) -> Option<String> {
    id(&text(object(body)?.get("job_id"))?)
}

/// The id of an unreadable body: the first text after a key `job_id` that can
/// be an id (rule 3).
pub fn salvaged_id(body: &[u8]) -> Option<String> {
    let key = br#""job_id""#;
    let starts = (0..body.len()).filter(|at| body[*at..].starts_with(key));
    starts.filter_map(|at| string_after_colon(&body[at + key.len()..])).find_map(|text| id(&text))
}

fn string_after_colon(rest: &[u8]) -> Option<String> {
    let value = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let inner = value.strip_prefix(b"\"")?;
    let mut escaped = false;
    let end = inner.iter().position(|b| {
        let ends = *b == b'"' && !escaped;
        escaped = *b == b'\\' && !escaped;
        ends
    })?;
    serde_json::from_slice(&value[..end + 2]).ok()
}

fn id(text: &str) -> Option<String> {
    let id = text.trim();
    let fits = (1..=512).contains(&id.len()) && !id.chars().any(char::is_control);
    fits.then(|| id.to_owned())
}

/// What a status body says of the job `asked`; `None` where it says nothing.
pub fn status(body: &[u8], asked: &str) -> Option<Status> {
    let fields = object(body)?;
    let field = |name| text(fields.get(name));
    if field("job_id").is_some_and(|named| !named.trim().eq_ignore_ascii_case(asked)) {
        return None;
    }
    let mut results: Vec<_> = field("final_url").map(|url| (None, url)).into_iter().collect();
    for (name, url) in entries(fields.get("final_urls")) {
        results.extend(text(Some(url)).map(|url| (Some(name), url)));
    }
    let warnings = match fields.get("warnings") {
        Some(Value::Object(_)) => {
            entries(fields.get("warnings")).into_iter().map(|(k, v)| (k, texts(v))).collect()
        }
        // Nobody's contract, and too good to lose: warnings without a variation.
        Some(other) if !texts(other).is_empty() => vec![(String::new(), texts(other))],
        _ => Vec::new(),
    };
    let status = Status {
        state: state(field("state").as_deref(), field("status").as_deref(), !results.is_empty())?,
        step: field("status"),
        mode: field("mode"),
        progress: fields.get("progress").and_then(progress),
        results,
        warnings,
        ignored_variations: fields.get("ignored_variations").map(texts).unwrap_or_default(),
    };
    Some(status.sorted())
}

/// Rules 1 and 2: `state` decides, and `status` where it is absent; a failure in
/// `status` counts where `state` says nothing that speaks against it.
fn state(state: Option<&str>, status: Option<&str>, has_results: bool) -> Option<State> {
    let word = |text: Option<&str>| text.map(|t| t.trim().to_ascii_lowercase());
    let is_failure = |word: &Option<String>| matches!(word, Some(w) if FAILURES.contains(&&**w));
    let (decides, informs) = (word(state), word(status));
    Some(match decides.as_deref() {
        None => match informs?.as_str() {
            "done" => State::Done,
            failure if FAILURES.contains(&failure) => State::Failed,
            _step => State::Pending,
        },
        Some("done") if !has_results && is_failure(&informs) => State::Failed,
        Some("done") => State::Done,
        Some(failure) if FAILURES.contains(&failure) => State::Failed,
        Some("queued" | "pending") => State::Pending,
        Some(step) if step.starts_with("pending_") => State::Pending,
        Some(_) if is_failure(&informs) => State::Failed,
        Some(_) => State::Unknown(state?.to_owned()),
    })
}

/// Rule 5: 33, 33.0, "33", " 33 %"; within 0 to 100.
fn progress(value: &Value) -> Option<u8> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().trim_end_matches('%').trim_end().parse().ok()?,
        _ => return None,
    };
    let percent = (0..=100_u8).rev().find(|percent| f64::from(*percent) <= number);
    number.is_finite().then_some(percent.unwrap_or(0))
}

/// What an error body explains: `error`, `message`, `details`.
#[derive(Debug, PartialEq)]
pub struct Explained {
    pub code: Option<String>,
    pub message: Option<String>,
    pub details: Vec<(String, Vec<String>)>,
}

impl Explained {
    /// What a decoder made of a body.
    pub fn of(error: &ApiError) -> Self {
        Self {
            code: error.code().map(str::to_owned),
            message: error.message().map(str::to_owned),
            details: sorted(error.details().to_vec()),
        }
    }

    /// Every text of it.
    pub fn texts(&self) -> impl Iterator<Item = &String> {
        let details = self.details.iter();
        let texts = details.flat_map(|(name, texts)| texts.iter().chain([name]));
        texts.chain(&self.code).chain(&self.message)
    }
}

/// Rules 5 and 6: what is no JSON object explains nothing.
pub fn explained(body: &[u8]) -> Explained {
    let fields = object(body).unwrap_or_default();
    let details = entries(fields.get("details")).into_iter().map(|(k, v)| (k, texts(v)));
    Explained {
        code: text(fields.get("error")),
        message: text(fields.get("message")),
        details: sorted(details.collect()),
    }
}

/// Rule 3: whether an answer without a job's id says that there is no job.
pub fn says_no_job(status: u16, body: &[u8], has_retry_after: bool) -> bool {
    let explained = explained(body);
    match status {
        // A proxy gave up on a request that may have arrived behind it.
        408 | 499 => false,
        503 => has_retry_after || explained.code.is_some() || explained.message.is_some(),
        _ => (300..500).contains(&status),
    }
}
