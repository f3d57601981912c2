//! The answer to an upload that made a job: the paid job's id.

use http::Response;
use serde::{Deserialize, Serialize};

use crate::api::answer::Answer;
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
}

impl Accepted {
    /// Reads a 2xx answer to an upload. Where the body is not the documented
    /// one, the `job_id` alone is looked for (contract, rule 3). Compression, a byte
    /// order mark and notices around the JSON are passed over (rules 14 and 16).
    ///
    /// `None` means that no id could be found. With a 2xx status a job may
    /// exist all the same: the upload is ambiguous.
    #[must_use]
    pub fn decode<B: AsRef<[u8]>>(answer: &Response<B>) -> Option<Self> {
        if !answer.status().is_success() {
            return None;
        }
        let answer = Answer::read(answer);
        Self::documented(&answer).or_else(|| {
            let job_id = salvage(answer.text(), "job_id", |text| id(&answer, text))?;
            Some(Self { job_id, status: None, mode: None, salvaged: true, earlier_ambiguous: 0 })
        })
    }

    fn documented(answer: &Answer) -> Option<Self> {
        let named = |body: Loose<'_>| id(answer, &body.get("job_id")?.text()?);
        let body = answer.object(|body, _| named(body).is_some())?;
        let text = |key| body.get(key).and_then(Loose::text);
        Some(Self {
            job_id: named(body)?,
            status: text("status"),
            mode: text("mode"),
            salvaged: false,
            earlier_ambiguous: 0,
        })
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

    /// How many earlier attempts ended ambiguous before this one was accepted:
    /// up to so many further jobs may exist and be charged. Zero unless the
    /// caller asked for ambiguous uploads to be sent again.
    #[must_use]
    pub const fn earlier_ambiguous(&self) -> u32 {
        self.earlier_ambiguous
    }

    pub(crate) fn after_ambiguous(mut self, attempts: u32) -> Self {
        self.earlier_ambiguous = attempts;
        self
    }
}

/// A text as a job's id, where it is one and came undamaged.
fn id(answer: &Answer, text: &str) -> Option<JobId> {
    text.parse().ok().filter(|_| answer.is_faithful(text))
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
    fn an_error_answer_accepts_nothing() {
        assert_eq!(decode(500, r#"{"job_id":"abc"}"#), None);
    }
}
