//! A vendor in memory, which answers at once and notes what it was asked.

use std::io::Read;
use std::sync::Arc;
use std::time::Instant;

use http::{Request, Response};
use removit_proto::{Reach, TransportFailure};

use super::recorder::{Recorder, Step};
use crate::{Photo, RequestBody, ResponseBody, Transport};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

pub(super) const API: &str = "http://127.0.0.1:1";

/// The photo of a number, and what is made of it.
pub(super) fn photo(number: usize) -> Photo {
    let bytes = [PNG, format!("photo <{number}>").as_bytes()].concat();
    Photo::from_bytes(&format!("{number}.png"), bytes).unwrap()
}

pub(super) fn result(number: usize) -> Vec<u8> {
    [PNG, format!("the result of {number}, which is somewhat longer").as_bytes()].concat()
}

#[derive(Clone)]
pub(super) struct Vendor(pub(super) Arc<Recorder>);

impl Transport for Vendor {
    fn send(
        &self,
        request: Request<RequestBody>,
        _: Instant,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let (head, mut body) = request.into_parts();
        let mut sent = Vec::new();
        body.read_to_end(&mut sent)
            .map_err(|error| TransportFailure::broken(Reach::MaybeSent, error.to_string()))?;
        let (status, answer) = if head.method == "POST" {
            let number = number(&String::from_utf8_lossy(&sent), "photo <");
            self.0.note(Step::Sent(number));
            (202, format!(r#"{{"job_id":"job-{number}"}}"#).into_bytes())
        } else if let Some(query) = head.uri.query() {
            let number = number(query, "job_id=job-");
            self.0.note(Step::Polled(number));
            let url = format!("{API}/result-{number}");
            let answer =
                format!(r#"{{"job_id":"job-{number}","state":"done","final_url":"{url}"}}"#);
            (200, answer.into_bytes())
        } else {
            (200, result(number(head.uri.path(), "/result-")))
        };
        Ok(Response::builder().status(status).body(ResponseBody::from(answer)).unwrap())
    }
}

/// The number that follows these words.
fn number(text: &str, words: &str) -> usize {
    let at = text.find(words).unwrap_or_else(|| panic!("no {words} in {text}"));
    let digits = text[at + words.len()..].chars().take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap()
}
