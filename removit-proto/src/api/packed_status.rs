//! A status in one piece of memory: what is kept of a job until the next look at it.
//!
//! Nothing is lost: unpacked, it is what was packed. It never leaves the process; what is
//! stored is the [`JobStatus`] itself.

use core::fmt;
use std::sync::Arc;

use crate::api::job_id::JobId;
use crate::api::job_state::State;
use crate::api::job_status::{JobStatus, Said};
use crate::api::result_link::ResultLink;
use crate::api::word::{Word, in_place, place};

/// The fields in their order: numbers in groups of seven bits, texts behind their lengths,
/// and the body, which needs none, at the end.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PackedStatus(Box<[u8]>);

impl PackedStatus {
    /// The job's id is not in it: whoever keeps it knows the job.
    pub(crate) fn of(status: &JobStatus) -> Self {
        let said = status.said();
        let mut packed = Packed(Vec::with_capacity(said.body.len().saturating_add(32)));
        let (state, unknown) = match &said.state {
            State::Pending => (0, None),
            State::Done => (1, None),
            State::Failed => (2, None),
            State::Unknown(word) => (3, Some(word.as_str())),
        };
        packed.number(state);
        packed.maybe(unknown);
        packed.word(said.step.as_deref());
        packed.word(said.mode.as_deref());
        packed.number(said.progress.map_or(0, |percent| usize::from(percent).saturating_add(1)));
        packed.list(&said.results, |packed, link| {
            packed.maybe(link.variation.as_deref());
            packed.text(&link.url);
        });
        packed.list(&said.warnings, |packed, (variation, texts)| {
            packed.text(variation);
            packed.list(texts, |packed, text| packed.text(text));
        });
        packed.list(&said.ignored_variations, |packed, name| packed.text(name));
        packed.0.extend_from_slice(said.body.as_bytes());
        Self(packed.0.into_boxed_slice())
    }

    pub(crate) fn unpack(&self, job_id: &JobId) -> JobStatus {
        let mut rest = Rest(&self.0);
        let state = match (rest.number(), rest.maybe()) {
            (_, Some(word)) => State::Unknown(word),
            (1, None) => State::Done,
            (2, None) => State::Failed,
            (_, None) => State::Pending,
        };
        let said = Said {
            job_id: job_id.clone(),
            state,
            step: rest.word(),
            mode: rest.word(),
            progress: rest.number().checked_sub(1).and_then(|percent| percent.try_into().ok()),
            results: rest.list(|rest| ResultLink { variation: rest.maybe(), url: rest.text() }),
            warnings: rest.list(|rest| (rest.text(), rest.list(Rest::text))),
            ignored_variations: rest.list(Rest::text),
            body: rest.all(),
        };
        JobStatus::of_said(Arc::new(said))
    }
}

impl fmt::Debug for PackedStatus {
    /// Without what it holds, which may be signed URLs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackedStatus({} bytes)", self.0.len())
    }
}

/// That a text follows.
const OTHER: usize = 1;

struct Packed(Vec<u8>);

impl Packed {
    fn number(&mut self, mut number: usize) {
        while number > 0x7f {
            self.0.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or_default());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.number(text.map_or(0, |_| OTHER));
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// A documented word by its place, any other by its letters.
    fn word(&mut self, word: Option<&str>) {
        match word.and_then(place) {
            Some(place) => self.number(place.saturating_add(OTHER).saturating_add(1)),
            None => self.maybe(word),
        }
    }

    fn list<T>(&mut self, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.number(items.len());
        items.iter().for_each(|item| each(self, item));
    }
}

/// What is not unpacked yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn number(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0_u32);
        while let Some((byte, rest)) = self.0.split_first() {
            self.0 = rest;
            number |= usize::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            if byte & 0x80 == 0 {
                break;
            }
            shift = shift.saturating_add(7);
        }
        number
    }

    fn text(&mut self) -> String {
        let len = self.number().min(self.0.len());
        let (text, rest) = self.0.split_at(len);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    fn maybe(&mut self) -> Option<String> {
        (self.number() == OTHER).then(|| self.text())
    }

    fn word(&mut self) -> Option<Word> {
        match self.number() {
            0 => None,
            OTHER => Some(self.text().into()),
            place => in_place(place.saturating_sub(OTHER).saturating_sub(1)),
        }
    }

    fn list<T>(&mut self, each: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| each(self)).collect()
    }

    fn all(self) -> String {
        String::from_utf8_lossy(self.0).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;
    use crate::{ApiKey, Endpoint};

    #[test]
    fn a_status_that_was_packed_is_unpacked_as_it_was() {
        let endpoint = Endpoint::production(ApiKey::new("sk/secret").unwrap());
        let job_id: JobId = "j".parse().unwrap();
        let long = format!(r#"{{"state":"pending","note":"{}"}}"#, "ö".repeat(70_000));
        let key = r#"{"state":"done","final_url":"https://a.example/sk/secret"}"#;
        let warned = format!(r#"{{"state":"pending","warnings":{{"b":["{}"]}}}}"#, "x".repeat(300));
        let words = format!(r#"{{"state":"{}","mode":"{}"}}"#, "y".repeat(128), "z".repeat(20_000));
        let all = r#"{"state":"polishing","status":"pending_compose","mode":"Clipping","progress":100,
            "final_url":"https://a.example/1","final_urls":{"":"https://a.example/2","b":"x"},
            "warnings":{"b":["dark","","small"],"":[]},"ignored_variations":["","c"]}"#;
        for body in [
            r#"{"state":"pending"}"#,
            r#"{"state":"pending","status":"queued","progress":0}"#,
            r#"{"state":"failed","status":"","mode":""}"#,
            r#"{"state":"pending","status":"queued","mode":"params"}"#,
            r#"{"state":"done","final_urls":["https://a.example/x",null]}"#,
            r#"{"state":"polishing"}"#,
            &long,
            key,
            &warned,
            &words,
            all,
        ] {
            let status = JobStatus::decode(&Response::new(body), &job_id, &endpoint).unwrap();
            let packed = PackedStatus::of(&status);
            assert_eq!(packed.unpack(&job_id), status, "{body}");
            assert!(packed.0.len() < status.body().len() * 2, "{body}");
            assert_eq!(format!("{packed:?}"), format!("PackedStatus({} bytes)", packed.0.len()));
        }
    }

    #[test]
    fn a_small_number_is_one_byte_and_every_number_comes_back() {
        for (number, len) in
            [(0, 1), (1, 1), (0x7f, 1), (0x80, 2), (0x3fff, 2), (0x4000, 3), (usize::MAX, 10)]
        {
            let mut packed = Packed(Vec::new());
            packed.number(number);
            assert_eq!((packed.0.len(), Rest(&packed.0).number()), (len, number));
        }
    }
}
