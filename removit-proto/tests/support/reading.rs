//! The contract's reading of a body, written a second time from its text over a
//! JSON reader of its own: what the decoders are compared with. Slow and plain.
//!
//! It does not undo compression: what begins like gzip is not for it.

use removit_proto::{ApiError, JobStatus, State};

use super::plain_json::{self, Json};

/// More than what a decoder reads of one body.
const MAX_VALUES: usize = 20_000;

/// Words for success that are not the documented one (rule 1).
const SUCCESSES: [&str; 6] = ["completed", "complete", "finished", "success", "succeeded", "ready"];

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

    /// The order is not compared.
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

/// The fields of an object.
type Fields = Vec<(String, Json)>;

fn get<'a>(fields: &'a Fields, name: &str) -> Option<&'a Json> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The text of a body, after a byte order mark, and whether some of it was none.
fn characters(body: &[u8]) -> (String, bool) {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|p| unit([p[0], p[1]])).collect();
        (String::from_utf16_lossy(&units), String::from_utf16(&units).is_err())
    };
    let (text, lossy) = match body {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'{', 0, _, 0, ..] => utf16(body, u16::from_le_bytes),
        [0, b'{', 0, _, ..] => utf16(body, u16::from_be_bytes),
        _ => {
            let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
            let text = String::from_utf8_lossy(body).into_owned();
            (text, std::str::from_utf8(body).is_err())
        }
    };
    // An object that was made JSON twice.
    match plain_json::value(&text) {
        Some((Json::Text(inner), end))
            if text[end..].trim().is_empty() && inner.trim_start().starts_with('{') =>
        {
            (inner, lossy)
        }
        _ => (text, lossy),
    }
}

/// The text of a body as it is kept.
pub fn kept(body: &[u8]) -> String {
    characters(body).0
}

/// The objects of a text that are in no other one: where each begins and ends,
/// and whether it stands alone.
fn objects(text: &str) -> Vec<(Fields, std::ops::Range<usize>, bool)> {
    let lower = text.to_ascii_lowercase();
    let tags = ["<html", "<!doctype", "<head", "<body", "<script"];
    let is_space = |rest: &str| rest.trim_matches([' ', '\t', '\n', '\r']).is_empty();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{') {
        let start = at + open;
        at = start + 1;
        let Some((Json::Map(fields), len)) = plain_json::value(&text[start..]) else { continue };
        if !sane(&text[start..start + len]) {
            continue;
        }
        at = start + len;
        let after = text[at..].trim_start_matches([' ', '\t', '\0']).chars().next();
        let ends = after.is_none_or(|c| "\r\n<{".contains(c));
        let is_whole = is_space(&text[..start]) && is_space(&text[at..]);
        let in_page = !is_whole && tags.into_iter().any(|tag| lower.contains(tag));
        let is_alone = is_whole || (ends && begins_a_line(&text[..start]) && !in_page);
        found.push((fields, start..at, is_alone));
    }
    found
}

/// The texts of the objects that stand alone.
fn alone(text: &str) -> Vec<&str> {
    let alone = objects(text).into_iter().filter(|(.., is_alone)| *is_alone);
    alone.map(|(_, range, _)| &text[range]).collect()
}

/// The object that a text is, or the best of those in it that are `wanted`: of
/// those that stand alone the last, or of the others the last (rule 16).
fn object(text: &str, wanted: impl Fn(&Fields, bool) -> bool) -> Option<Fields> {
    let is_space = |rest: &str| rest.trim_matches([' ', '\t', '\n', '\r']).is_empty();
    let found = objects(text);
    if let [(fields, range, _)] = &found[..] {
        if is_space(&text[..range.start]) && is_space(&text[range.end..]) {
            return Some(fields.clone());
        }
    }
    let mut good: Vec<_> =
        found.into_iter().filter(|(fields, _, alone)| wanted(fields, *alone)).collect();
    good.sort_by_key(|(.., is_alone)| *is_alone);
    good.pop().map(|(fields, ..)| fields)
}

/// Whether nothing of the line comes before what follows this text.
fn begins_a_line(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '\u{feff}']).chars().last();
    before.is_none_or(|c| "\r\n>}".contains(c))
}

/// Whether there are fewer commas than anyone needs.
fn sane(object: &str) -> bool {
    object.matches(',').count() < MAX_VALUES
}

/// A text, or a number as its text; `null`, absence and the empty text are the
/// same, and so is a value of another type.
pub fn text(value: Option<&Json>) -> Option<String> {
    match value? {
        Json::Text(text) | Json::Number(text) => Some(text.clone()).filter(|t| !t.is_empty()),
        _ => None,
    }
}

/// A list of texts, however PHP wrote it: `[]`, `{}`, one text alone.
fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::List(values) => values.iter().filter_map(|v| text(Some(v))).collect(),
        Json::Map(fields) => fields.iter().filter_map(|(_, v)| text(Some(v))).collect(),
        single => text(Some(single)).into_iter().collect(),
    }
}

/// A map, or PHP's list for the map of 0, 1, 2 and so on.
fn entries(value: Option<&Json>) -> Vec<(String, &Json)> {
    match value {
        Some(Json::Map(fields)) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Some(Json::List(values)) => {
            values.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect()
        }
        _ => Vec::new(),
    }
}

/// What a 202 says.
#[derive(Debug, PartialEq)]
pub struct Accepted {
    pub job_id: String,
    pub status: Option<String>,
    pub mode: Option<String>,
    /// Whether the id alone was found.
    pub salvaged: bool,
}

/// The body of an upload's answer: a readable one, or the first id in it (rule 3).
pub fn accepted(body: &[u8]) -> Option<Accepted> {
    let (all, lossy) = characters(body);
    let id = |text: &str| {
        let fits = !text.trim().is_empty() && text.len() <= 4096;
        (fits && !(lossy && text.contains('\u{fffd}'))).then(|| text.to_owned())
    };
    let named = |fields: &Fields| id(&text(get(fields, "job_id"))?);
    let whole = |only_alone: bool| {
        let fields =
            object(&all, |fields, is_alone| (is_alone || !only_alone) && named(fields).is_some())?;
        let [status, mode] = ["status", "mode"].map(|name| text(get(&fields, name)));
        Some(Accepted { job_id: named(&fields)?, status, mode, salvaged: false })
    };
    let key = "\"job_id\"";
    let first_in = |text: &str| {
        let starts =
            (0..text.len()).filter(|at| text.as_bytes()[*at..].starts_with(key.as_bytes()));
        let mut found = starts.filter_map(|at| id(&whole_after_colon(&text[at + key.len()..])?));
        found.next().map(|job_id| Accepted { job_id, status: None, mode: None, salvaged: true })
    };
    let starts = all.char_indices().filter(|(at, c)| *c == '{' && begins_a_line(&all[..*at]));
    let starts: Vec<_> = starts.map(|(at, _)| at).collect();
    let has_no_end = |at: &&usize| !matches!(plain_json::value(&all[**at..]), Some((Json::Map(_), len)) if sane(&all[**at..][..len]));
    let mut unfinished = starts.iter().rev().take(16).filter(has_no_end);
    let alone = alone(&all);
    whole(true)
        .or_else(|| unfinished.find_map(|at| first_in(&all[*at..])))
        .or_else(|| alone.iter().find_map(|object| first_in(object)))
        .or_else(|| whole(false).filter(|_| alone.is_empty()))
        .or_else(|| first_in(&all).filter(|_| alone.is_empty()))
}

/// A text, or a number whose last digit is known to be its last.
fn whole_after_colon(rest: &str) -> Option<String> {
    let space = [' ', '\t', '\n', '\r'];
    let rest = rest.trim_start_matches(space).strip_prefix(':')?;
    let (value, end) = plain_json::value(rest)?;
    match &value {
        Json::Text(_) => text(Some(&value)),
        Json::Number(_) => {
            let next = rest[end..].chars().next()?;
            (",}".contains(next) || space.contains(&next)).then(|| text(Some(&value)))?
        }
        _ => None,
    }
}

/// What a status body says of the job `asked`; `None` where it says nothing.
pub fn status(body: &[u8], asked: &str) -> Option<Status> {
    let (all, lossy) = characters(body);
    let says = |fields: &Fields, name| text(get(fields, name)).is_some();
    let fields = object(&all, |fields, is_alone| {
        (says(fields, "state") || says(fields, "status")) && (is_alone || says(fields, "job_id"))
    })?;
    let field = |name| text(get(&fields, name));
    let named = field("job_id").filter(|named| !(lossy && named.contains('\u{fffd}')));
    if named.is_some_and(|named| !named.trim().eq_ignore_ascii_case(asked)) {
        return None;
    }
    let url = |value: Option<&Json>| match value {
        Some(Json::Text(url)) if !url.trim().is_empty() => Some(url.clone()),
        _ => None,
    };
    let one = url(get(&fields, "final_url")).map(|url| (None, url));
    let mut results: Vec<_> = one.into_iter().collect();
    let named = get(&fields, "final_urls");
    results.extend(url(named).map(|lone| (Some("0".to_owned()), lone)));
    for (name, value) in entries(named) {
        results.extend(url(Some(value)).map(|url| (Some(name), url)));
    }
    let warned = get(&fields, "warnings");
    let warnings = match warned {
        Some(Json::Map(_)) => entries(warned).into_iter().map(|(k, v)| (k, texts(v))).collect(),
        // Nobody's contract, and too good to lose: warnings without a variation.
        Some(other) if !texts(other).is_empty() => vec![(String::new(), texts(other))],
        _ => Vec::new(),
    };
    let status = Status {
        state: state(field("state").as_deref(), field("status").as_deref(), !results.is_empty())?,
        step: field("status"),
        mode: field("mode"),
        progress: field("progress").and_then(|text| progress(&text)),
        results,
        warnings,
        ignored_variations: get(&fields, "ignored_variations").map(texts).unwrap_or_default(),
    };
    Some(status.sorted())
}

/// Rules 1 and 2: `state` decides, and `status` where it is absent; a failure in
/// `status` counts where `state` says nothing that speaks against it.
fn state(state: Option<&str>, status: Option<&str>, has_results: bool) -> Option<State> {
    let word = |text: Option<&str>| text.map(|t| t.trim().to_ascii_lowercase());
    let is_failure = |word: &Option<String>| matches!(word, Some(w) if FAILURES.contains(&&**w));
    let meant = |word: String| match SUCCESSES.contains(&&*word) {
        true if has_results => "done".to_owned(),
        true => "pending".to_owned(),
        false => word,
    };
    // A success without a result is a failure where `status` says that.
    if has_results.eq(&false)
        && word(state).is_some_and(|word| SUCCESSES.contains(&&*word))
        && is_failure(&word(status))
    {
        return Some(State::Failed);
    }
    let (decides, informs) = (word(state).map(meant), word(status).map(meant));
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

/// Rules 5 and 15: 33, 33.0, "33", " 33 %", 3.3e1; within 0 to 100.
///
/// A float is good enough here: it is far from the numbers of its neighbours.
fn progress(text: &str) -> Option<u8> {
    let text = text.trim().trim_end_matches('%').trim_end();
    let has_words = text.chars().any(|c| c.is_alphabetic() && !"eE".contains(c));
    let number: f64 = text.parse().ok().filter(|_| !has_words)?;
    Some((0..=100_u8).rev().find(|percent| f64::from(*percent) <= number).unwrap_or(0))
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
    let (all, _) = characters(body);
    let explains = |fields: &Fields| {
        let [error, message] = ["error", "message"].map(|name| text(get(fields, name)));
        let details = get(fields, "details").map(texts_below).unwrap_or_default();
        error.is_some() || message.is_some() || details
    };
    let fields = object(&all, |fields, is_alone| is_alone && explains(fields)).unwrap_or_default();
    let details = entries(get(&fields, "details")).into_iter().map(|(k, v)| (k, texts(v)));
    Explained {
        code: text(get(&fields, "error")),
        message: text(get(&fields, "message")),
        details: sorted(details.collect()),
    }
}

/// Whether `details` has any text: by itself, or below a field.
fn texts_below(value: &Json) -> bool {
    !texts(value).is_empty() || entries(Some(value)).iter().any(|(_, v)| !texts(v).is_empty())
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
