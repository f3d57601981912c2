//! The answer to an upload that made a job: the paid job's id.

use http::Response;
use serde::{Deserialize, Serialize};

use crate::api::job_id::JobId;
use crate::api::loose_json::{Loose, salvage};

/// A job that the server accepted, and charged for.
///
/// ```
/// use removit_proto::Accepted;
///
/// let answer = http::Response::builder()
///     .status(202)
///     .body(br#"{"job_id":"019cdc54-2673","status":"queued","mode":"params"}"#.as_slice())?;
/// let accepted = Accepted::decode(&answer).expect("a job id");
/// assert_eq!(accepted.job_id().as_str(), "019cdc54-2673");
/// assert_eq!(accepted.status(), Some("queued"));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    job_id: JobId,
    status: Option<String>,
    mode: Option<String>,
    salvaged: bool,
    earlier_ambiguous: u32,
    #[serde(default)]
    further: Vec<JobId>,
}

/// More ids than one upload has attempts are never kept.
const MOST_FURTHER: usize = 64;

impl Accepted {
    /// Reads a 2xx answer to an upload. Where the body is not the documented
    /// one, the `job_id` alone is looked for (contract, rule 3).
    ///
    /// `None` means that no id could be found. With a 2xx status a job may
    /// exist all the same: the upload is ambiguous.
    #[must_use]
    pub fn decode<B: AsRef<[u8]>>(answer: &Response<B>) -> Option<Self> {
        if !answer.status().is_success() {
            return None;
        }
        let body = answer.body().as_ref();
        Self::documented(body).or_else(|| {
            let job_id = salvage(body, "job_id", |text| JobId::try_from(text).ok())?;
            Some(Self { salvaged: true, ..Self::of(job_id) })
        })
    }

    fn documented(body: &[u8]) -> Option<Self> {
        let body = Loose::object(body)?;
        let text = |key| body.get(key).and_then(Loose::text).map(str::to_owned);
        let accepted = Self::of(JobId::try_from(text("job_id")?).ok()?);
        Some(Self { status: text("status"), mode: text("mode"), ..accepted })
    }

    fn of(job_id: JobId) -> Self {
        let (salvaged, earlier_ambiguous, further) = (false, 0, Vec::new());
        Self { job_id, status: None, mode: None, salvaged, earlier_ambiguous, further }
    }

    /// The job's id: store it at once.
    #[must_use]
    pub const fn job_id(&self) -> &JobId {
        &self.job_id
    }

    /// The first workflow step, usually `queued`.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// The mode as the server understood it.
    #[must_use]
    pub fn mode(&self) -> Option<&str> {
        self.mode.as_deref()
    }

    /// Whether the id was found in a body that could not be read otherwise.
    #[must_use]
    pub const fn is_salvaged(&self) -> bool {
        self.salvaged
    }

    /// How many other attempts of the same upload ended ambiguous: up to so many
    /// jobs whose id is not known may exist and be charged. Zero unless the caller
    /// asked for ambiguous uploads to be sent again.
    #[must_use]
    pub const fn earlier_ambiguous(&self) -> u32 {
        self.earlier_ambiguous
    }

    /// Further jobs of the same upload, all of them paid for: it was sent again, as
    /// the caller asked, and then the answer to an earlier attempt came after all.
    /// Store these ids as well.
    #[must_use]
    pub fn further(&self) -> &[JobId] {
        &self.further
    }

    pub(crate) const fn after_ambiguous(mut self, attempts: u32) -> Self {
        self.earlier_ambiguous = attempts;
        self
    }

    /// Takes in that another attempt of the same upload was accepted, too.
    pub(crate) fn also(&mut self, other: Self) {
        for id in core::iter::once(other.job_id).chain(other.further) {
            let is_known = id == self.job_id || self.further.contains(&id);
            if !is_known && self.further.len() < MOST_FURTHER {
                self.further.push(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(status: u16, body: &str) -> Option<Accepted> {
        let answer = Response::builder().status(status).body(body.to_owned()).unwrap();
        Accepted::decode(&answer)
    }

    #[test]
    fn an_id_that_is_a_number_is_kept_as_text() {
        assert_eq!(decode(202, r#"{"job_id":42}"#).unwrap().job_id().as_str(), "42");
    }

    #[test]
    fn an_id_is_salvaged_from_a_cut_off_body() {
        let accepted = decode(202, r#"{"job_id":"abc","status":"que"#).unwrap();
        assert_eq!(accepted.job_id().as_str(), "abc");
        assert!(accepted.is_salvaged());
    }

    #[test]
    fn a_text_that_is_no_id_does_not_end_the_search() {
        let accepted = decode(202, r#"{"job_id":"","data":{"job_id":"abc"}}"#).unwrap();
        assert_eq!(accepted.job_id().as_str(), "abc");
    }

    #[test]
    fn a_half_id_is_not_salvaged() {
        assert_eq!(decode(202, r#"{"job_id":"ab"#), None);
    }

    #[test]
    fn an_id_that_is_known_is_no_further_job() {
        let named = |id: &str| decode(202, &format!(r#"{{"job_id":"{id}"}}"#)).unwrap();
        let mut accepted = named("a");
        for id in ["a", "b", "c", "b"] {
            accepted.also(named(id));
        }
        assert_eq!(accepted.further(), [named("b").job_id, named("c").job_id]);
        (0..100).for_each(|n| accepted.also(named(&n.to_string())));
        assert_eq!(accepted.further().len(), MOST_FURTHER);
    }

    #[test]
    fn an_error_answer_accepts_nothing() {
        assert_eq!(decode(500, r#"{"job_id":"abc"}"#), None);
    }
}
