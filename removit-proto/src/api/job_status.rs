//! `GET /api/v1/status`: reading the answer.
//!
//! Reading is tolerant (contract, rules 1, 2, 5, 9 and 10): unknown values keep
//! their text, and only an answer that says nothing about a job is an error.
//! Whether to look again is the `Poller`'s to decide.

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

use http::Response;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::api::answer::Answer;
use crate::api::endpoint::Endpoint;
use crate::api::job_id::JobId;
use crate::api::job_state::State;
use crate::api::loose_json::Loose;
use crate::api::percent::percentage;
use crate::api::result_link::ResultLink;
use crate::api::status_unreadable::StatusUnreadable;
use crate::api::word::{Word, word};

/// What a status answer says.
///
/// ```
/// use removit_proto::{ApiKey, Endpoint, JobStatus, State};
///
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let answer = http::Response::new(
///     br#"{"job_id":"j","status":"pending_compose","state":"pending","progress":33}"#.as_slice(),
/// );
/// let status = JobStatus::decode(&answer, &"j".parse()?, &endpoint)?;
/// assert_eq!(status.state(), &State::Pending);
/// assert_eq!(status.step(), Some("pending_compose"));
/// assert_eq!(status.progress(), Some(33));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct JobStatus(Arc<Said>);

/// What a status says. Shared, since the machine that read it keeps it beside whoever is
/// told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "JobStatus")]
pub(super) struct Said {
    pub(super) job_id: JobId,
    pub(super) state: State,
    pub(super) step: Option<Word>,
    pub(super) mode: Option<Word>,
    pub(super) progress: Option<u8>,
    pub(super) results: Vec<ResultLink>,
    pub(super) warnings: Vec<(String, Vec<String>)>,
    pub(super) ignored_variations: Vec<String>,
    pub(super) body: String,
}

impl JobStatus {
    /// Reads the body of a 200 answer about `job_id`. Copies of the endpoint's
    /// key in its texts are replaced, but not in a result's URL: that is fetched
    /// as it is written, or not at all.
    ///
    /// # Errors
    /// [`StatusUnreadable`]. It costs time only: the job is not affected
    /// (contract, rule 12).
    pub fn decode<B: AsRef<[u8]>>(
        answer: &Response<B>,
        job_id: &JobId,
        endpoint: &Endpoint,
    ) -> Result<Self, StatusUnreadable> {
        let answer = Answer::read(answer);
        let (said, body) = Said::read(&answer, job_id, endpoint)?;
        Ok(Self(Arc::new(Said { body: body.into_owned(), ..said })))
    }

    /// As [`decode`](Self::decode), into the memory of the status before, where nobody
    /// else holds that. It stays as it was where the answer is no status.
    pub(crate) fn decode_over<B: AsRef<[u8]>>(
        before: &mut Option<Self>,
        answer: &Response<B>,
        job_id: &JobId,
        endpoint: &Endpoint,
    ) -> Result<(), StatusUnreadable> {
        let answer = Answer::read(answer);
        let (said, text) = Said::read(&answer, job_id, endpoint)?;
        if let Some(place) = before.as_mut().and_then(|status| Arc::get_mut(&mut status.0)) {
            let mut body = core::mem::take(&mut place.body);
            // Not much more than it takes: some jobs are watched for long.
            if body.capacity() <= text.len().saturating_mul(2) {
                body.clear();
                body.push_str(&text);
            } else {
                body = text.into_owned();
            }
            *place = Said { body, ..said };
        } else {
            *before = Some(Self(Arc::new(Said { body: text.into_owned(), ..said })));
        }
        Ok(())
    }

    pub(super) const fn of_said(said: Arc<Said>) -> Self {
        Self(said)
    }

    pub(super) fn said(&self) -> &Said {
        &self.0
    }

    /// The job that was asked about.
    #[must_use]
    pub fn job_id(&self) -> &JobId {
        &self.0.job_id
    }

    /// What to decide on.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.0.state
    }

    /// The workflow step in the server's own word, such as `pending_compose`.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        self.0.step.as_deref()
    }

    /// The job's mode.
    #[must_use]
    pub fn mode(&self) -> Option<&str> {
        self.0.mode.as_deref()
    }

    /// Percent of the work done, 0 to 100.
    #[must_use]
    pub fn progress(&self) -> Option<u8> {
        self.0.progress
    }

    /// The results: `final_url` first, then `final_urls` in the server's order.
    /// Both are taken whatever delivery was asked for (contract, rule 9).
    #[must_use]
    pub fn results(&self) -> &[ResultLink] {
        &self.0.results
    }

    /// What the server warns of, by variation.
    #[must_use]
    pub fn warnings(&self) -> &[(String, Vec<String>)] {
        &self.0.warnings
    }

    /// The variations that were asked for and not made.
    #[must_use]
    pub fn ignored_variations(&self) -> &[String] {
        &self.0.ignored_variations
    }

    /// The whole body as it came, at most the 1 MiB that is read, but for copies
    /// of the key.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.0.body
    }
}

impl Said {
    /// What an answer says of a job, and its text, which is not copied yet.
    fn read<'a>(
        answer: &'a Answer<'_>,
        job_id: &JobId,
        endpoint: &Endpoint,
    ) -> Result<(Self, Cow<'a, str>), StatusUnreadable> {
        let keys = [
            "job_id",
            "state",
            "status",
            "mode",
            "progress",
            "final_url",
            "final_urls",
            "warnings",
            "ignored_variations",
        ];
        let fields = answer.fields(keys, is_status).ok_or_else(|| StatusUnreadable::of(answer))?;
        let [named, state, step, mode, progress, single, several, warned, ignored] = fields;
        let named = text(named).filter(|named| answer.is_faithful(named));
        if named.is_some_and(|named| !job_id.is_named_by(&named)) {
            return Err(StatusUnreadable::OtherJob);
        }
        // What holds no key as a whole holds none in its parts.
        let is_clean = endpoint.is_clean(answer.text());
        let clean = |text: &str| if is_clean { text.to_owned() } else { endpoint.redact(text) };
        let cleaned_word =
            |text: Cow<'_, str>| if is_clean { word(text) } else { word(clean(&text).into()) };
        let results = results(single, several, |name| if is_clean { name } else { clean(&name) });
        let (state, step) = (text(state), text(step));
        let state = State::decide(state.as_deref(), step.as_deref(), !results.is_empty())
            .ok_or(StatusUnreadable::NoStatus)?
            .map_word(clean);
        let said = Self {
            job_id: job_id.clone(),
            state,
            step: step.map(cleaned_word),
            mode: text(mode).map(cleaned_word),
            progress: text(progress).as_deref().and_then(percentage),
            results,
            warnings: warned.map(|map| warnings(map, clean)).unwrap_or_default(),
            ignored_variations: ignored
                .map(|list| cleaned(&list.texts(), clean))
                .unwrap_or_default(),
            body: String::new(),
        };
        let text = answer.text();
        let body = if is_clean { text.into() } else { endpoint.redact(text).into() };
        Ok((said, body))
    }
}

impl Serialize for JobStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JobStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Arc::new(Said::deserialize(deserializer)?)))
    }
}

impl fmt::Debug for JobStatus {
    /// Without the body, whose URLs may be signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobStatus")
            .field("job_id", &self.0.job_id)
            .field("state", &self.0.state)
            .field("step", &self.0.step)
            .field("progress", &self.0.progress)
            .field("results", &self.0.results)
            .finish_non_exhaustive()
    }
}

/// Whether an object among other text is a status; one that does not stand alone
/// only where it says of which job.
fn is_status(json: Loose<'_>, is_alone: bool) -> bool {
    let says = |key| json.get(key).and_then(Loose::text).is_some();
    (says("state") || says("status")) && (is_alone || says("job_id"))
}

fn text(field: Option<Loose<'_>>) -> Option<Cow<'_, str>> {
    field.and_then(Loose::text)
}

/// `final_url` and `final_urls`, which may be there both.
fn results(
    single: Option<Loose<'_>>,
    several: Option<Loose<'_>>,
    clean: impl Fn(String) -> String,
) -> Vec<ResultLink> {
    let url =
        |value: Loose<'_>| value.string().filter(|url| !url.trim().is_empty()).map(Cow::into_owned);
    let single = single.and_then(url);
    let named = several.map(|map| match url(map) {
        Some(lone) => vec![("0".to_owned(), lone)],
        None => map.entries(url),
    });
    let named = named.unwrap_or_default();
    let link = |(name, url)| ResultLink { variation: Some(clean(name)), url };
    let mut results: Vec<ResultLink> = named.into_iter().map(link).collect();
    if let Some(url) = single {
        results.insert(0, ResultLink { variation: None, url });
    }
    results
}

/// `warnings` is a map of lists, but a lone list of texts is understood too.
fn warnings(value: Loose<'_>, clean: impl Fn(&str) -> String) -> Vec<(String, Vec<String>)> {
    let texts = if value.is_map() {
        value.entries(|texts| Some(texts.texts()))
    } else {
        let texts = Some(value.texts()).filter(|texts| !texts.is_empty());
        texts.map(|texts| (String::new(), texts)).into_iter().collect()
    };
    texts.into_iter().map(|(name, texts)| (clean(&name), cleaned(&texts, &clean))).collect()
}

fn cleaned(texts: &[String], clean: impl Fn(&str) -> String) -> Vec<String> {
    texts.iter().map(|text| clean(text)).collect()
}

#[cfg(test)]
mod tests;
