//! The answer to an upload that made a job: the paid job's id.

use http::Response;
use serde::{Deserialize, Serialize};

use crate::api::answer::Answer;
use crate::api::job_id::JobId;
use crate::api::loose_json::{Loose, salvage};
use crate::api::word::{Word, word};

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
    status: Option<Word>,
    mode: Option<Word>,
    salvaged: bool,
    earlier_ambiguous: u32,
    #[serde(default)]
    further: Vec<JobId>,
}

/// More ids than one upload has attempts are never kept.
const MOST_FURTHER: usize = 64;

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
        let salvaged = |text: &str| {
            let job_id = salvage(text, "job_id", |text| id(&answer, text))?;
            Some(Self { salvaged: true, ..Self::of(job_id) })
        };
        let own = Self::documented(&answer, |is_alone| is_alone)
            .or_else(|| answer.unfinished().find_map(salvaged))
            .or_else(|| answer.alone().map(Loose::as_str).find_map(salvaged));
        // What a notice quotes has an id, too: it counts where the server said nothing else.
        let is_silent = || answer.alone().next().is_none();
        own.or_else(|| Self::documented(&answer, |_| true).filter(|_| is_silent()))
            .or_else(|| salvaged(answer.text()).filter(|_| is_silent()))
    }

    fn documented(answer: &Answer<'_>, counts: impl Fn(bool) -> bool) -> Option<Self> {
        let named = |body: Loose<'_>| id(answer, &body.get("job_id")?.text()?);
        let wanted = |body: Loose<'_>, is_alone: bool| counts(is_alone) && named(body).is_some();
        let [job_id, status, mode] = answer.fields(["job_id", "status", "mode"], wanted)?;
        let accepted = Self::of(id(answer, &job_id?.text()?)?);
        let text = |field: Option<Loose<'_>>| field.and_then(Loose::text).map(word);
        Some(Self { status: text(status), mode: text(mode), ..accepted })
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

/// A text as a job's id, where it is one and came undamaged.
fn id(answer: &Answer<'_>, text: &str) -> Option<JobId> {
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

    fn id(body: &[u8]) -> Option<String> {
        let answer = Response::builder().status(202).body(body).unwrap();
        Accepted::decode(&answer).map(|accepted| accepted.job_id().to_string())
    }

    #[test]
    fn an_id_keeps_its_writing() {
        let long = "123456789012345678901234567890";
        for number in ["42", "33.0", "1e3", "-7", "1E400", long] {
            assert_eq!(id(format!(r#"{{"job_id":{number}}}"#).as_bytes()).as_deref(), Some(number));
        }
        for (json, text) in [
            (r#"" x ""#, " x "),
            (r#""a\"b\\c\/""#, "a\"b\\c/"),
            (r#""line\nbreak\u0000""#, "line\nbreak\0"),
            (r#""\ud83d\ude00""#, "\u{1f600}"),
            (r#""\ud800""#, "\\ud800"),
        ] {
            let whole = format!(r#"{{"job_id":{json},"status":"queued"}}"#);
            assert_eq!(id(whole.as_bytes()).as_deref(), Some(text));
            assert_eq!(id(&whole.as_bytes()[..whole.len() - 5]).as_deref(), Some(text));
        }
    }

    #[test]
    fn an_id_that_came_damaged_is_none() {
        assert_eq!(id(b"{\"job_id\":\"a\xffb\"}"), None);
        assert_eq!(id(b"{\"job_id\":\"a\",\"mode\":\"\xff\"}").as_deref(), Some("a"));
        assert_eq!(id("{\"job_id\":\"\u{fffd}\"}".as_bytes()).as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn noise_around_the_json_is_passed_over() {
        let json = r#"{"job_id":"right","status":"queued","mode":"params"}"#;
        let notice = "<br />\n<b>Notice</b>:  Undefined index: {\"job_id\":\"wrong\"} in <b>a.php</b> on line <b>4</b><br />\n";
        for body in [
            format!("\u{feff}{json}"),
            format!("\r\n\t {json}\r\n"),
            format!("{notice}{json}"),
            format!("{json}{notice}"),
            format!("PHP Warning:  Array {{\"job_id\": 5}} given, \"}}\" seen\n{json}"),
            format!("{{\n{{\"debug\":[1]}}\n{json}\n{{\"memory\":7}}"),
            serde_json::to_string(json).unwrap(),
        ] {
            let answer = Response::builder().status(202).body(body.clone()).unwrap();
            let accepted = Accepted::decode(&answer).unwrap();
            assert_eq!(accepted.job_id().as_str(), "right", "{body}");
            let read = (accepted.status(), accepted.mode(), accepted.is_salvaged());
            assert_eq!(read, (Some("queued"), Some("params"), false), "{body}");
        }
    }

    #[test]
    fn an_id_that_a_notice_quotes_is_not_taken_for_one_that_was_cut_off() {
        let notice = "<b>Notice</b>: json_decode({\"job_id\":\"wrong\"}) in <b>a.php</b><br />\n";
        for rest in [
            r#"{"job_id":"right","status":"que"#,
            r#"{"status":"queued","job_id":"right","mode""#,
            "{\"job_id\":\"right\",\"variations\":[\n{\"a\":1},\n{\"b\"",
        ] {
            assert_eq!(
                id(format!("{notice}{rest}").as_bytes()).as_deref(),
                Some("right"),
                "{rest}"
            );
        }
        assert_eq!(id(format!("{notice}{{\"status\":\"queued\"}}").as_bytes()), None);
        // Better than none.
        assert_eq!(id(notice.as_bytes()).as_deref(), Some("wrong"));
    }

    #[test]
    fn an_id_is_salvaged_from_gzip_that_is_cut_off() {
        let json = br#"{"job_id":"019cdc54-2673-dc32-b9e5-6e1d36cc9e8a","status":"queued","mode":"params"}"#;
        let mut gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
        gzip.extend(miniz_oxide::deflate::compress_to_vec(json, 6));
        for encoding in ["gzip", "identity", "br"] {
            let answer = Response::builder().status(202).header("content-encoding", encoding);
            let answer = answer.body(&gzip[..gzip.len() - 9]).unwrap();
            let accepted = Accepted::decode(&answer).unwrap();
            assert_eq!(accepted.job_id().as_str(), "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a");
            assert!(accepted.is_salvaged());
        }
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

    #[test]
    fn each_job_that_was_made_beside_it_is_told_once() {
        let of = |id: &str| decode(202, &format!(r#"{{"job_id":"{id}"}}"#)).unwrap();
        let mut accepted = of("a").after_ambiguous(3);
        assert_eq!((accepted.earlier_ambiguous(), accepted.further()), (3, &[][..]));
        let mut other = of("b");
        other.also(of("c"));
        for _ in 0..2 {
            accepted.also(other.clone());
            accepted.also(of("a"));
        }
        let further: Vec<_> = accepted.further().iter().map(JobId::as_str).collect();
        assert_eq!(further, ["b", "c"]);
        (0..2 * MOST_FURTHER).for_each(|n| accepted.also(of(&n.to_string())));
        assert_eq!(accepted.further().len(), MOST_FURTHER);
    }

    #[test]
    fn an_acceptance_has_the_servers_own_words() {
        let accepted = decode(200, r#"{"job_id":"a","status":"queued","mode":"Odd"}"#).unwrap();
        assert_eq!((accepted.status(), accepted.mode()), (Some("queued"), Some("Odd")));
        assert!(!accepted.is_salvaged());
        let bare = decode(299, r#"{"job_id":"a"}"#).unwrap();
        assert_eq!((bare.status(), bare.mode()), (None, None));
        assert_eq!(decode(300, r#"{"job_id":"a"}"#), None);
    }
}
