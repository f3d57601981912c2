//! An answer of the API as the check reads it: strictly.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::draft::{Auth, WRONG_KEY};
use super::findings::Verdicts;
use crate::{ANSWER_LIMIT, Accepted, Endpoint};

/// One answer, whole or cut off.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) response: Response<Bytes>,
    pub(super) whole: bool,
    /// The body, where it is one JSON object and nothing else.
    pub(super) body: Option<Map<String, Value>>,
}

impl Answer {
    pub(super) fn new(response: Response<Bytes>, whole: bool) -> Self {
        let body = serde_json::from_slice(response.body()).ok().filter(|_| whole);
        Self { response, whole, body }
    }

    /// Whether the connection ended before the body did.
    pub(super) fn is_cut_off(&self) -> bool {
        let len = u64::try_from(self.response.body().len()).unwrap_or(u64::MAX);
        !self.whole && len < ANSWER_LIMIT
    }

    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.body.as_ref()?.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    /// The id of the job that was made, read as loosely as a client reads it.
    pub(super) fn accepted(&self) -> Option<Accepted> {
        Accepted::decode(&self.response)
    }

    /// The status and the beginning of the body, without the key.
    pub(super) fn shown(&self, endpoint: &Endpoint) -> String {
        let text = String::from_utf8_lossy(self.response.body());
        let text = endpoint.redact(&text).replace(WRONG_KEY, "***");
        let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        let words: String = without_queries(&text)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .map(clean)
            .collect();
        let mut shown: String = words.chars().take(300).collect();
        if shown.len() < words.len() {
            shown.push_str(" …");
        }
        if shown.is_empty() {
            shown.push_str("(no body)");
        }
        format!("{} {shown}", self.status().as_u16())
    }

    /// What holds for every answer of the API, whatever was asked for.
    pub(super) fn judge(&self, auth: Auth, endpoint: &Endpoint, verdicts: &mut Verdicts) {
        verdicts.judge("key-echo", !self.echoes_key(auth, endpoint), || {
            "the key, in the answer's headers or body".to_owned()
        });
        let status = self.status();
        if !verdicts.judge("no-redirect", !status.is_redirection(), || {
            format!("{} to {}", status.as_u16(), self.header("location"))
        }) {
            return;
        }
        if !verdicts.judge("documented-status", is_documented(status), || self.shown(endpoint)) {
            return;
        }
        verdicts.judge("body-json", self.body.is_some(), || {
            let coding = self.header("content-encoding");
            match (self.whole, coding.is_empty()) {
                (_, false) => format!("compressed ({coding}), where identity was asked for"),
                (true, true) => format!("no JSON object: {}", self.shown(endpoint)),
                (false, true) => format!("cut off: {}", self.shown(endpoint)),
            }
        });
    }

    pub(super) fn header(&self, name: &str) -> String {
        let value = self.response.headers().get(name);
        value
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default()
    }

    fn echoes_key(&self, auth: Auth, endpoint: &Endpoint) -> bool {
        let holds = |text: &str| match auth {
            Auth::Nothing => false,
            Auth::WrongXApiKey | Auth::WrongBearer => text.contains(WRONG_KEY),
            Auth::XApiKey | Auth::Bearer | Auth::Both => endpoint.redact(text) != text,
        };
        let headers = self.response.headers().values();
        let mut headers = headers.map(|value| String::from_utf8_lossy(value.as_bytes()));
        headers.any(|value| holds(&value)) || holds(&String::from_utf8_lossy(self.response.body()))
    }
}

/// The codes of the contract, and those with which any HTTP server may refuse a
/// request before it reads it.
fn is_documented(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 202 | 400 | 401 | 402 | 404 | 405 | 413 | 415 | 422 | 429 | 503)
}

/// The text with the query of each URL left out: a signature is a secret.
fn without_queries(text: &str) -> String {
    let mut parts = text.split('?');
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.find(|c: char| c == '"' || c.is_whitespace()).unwrap_or(part.len());
        let (query, rest) = part.split_at_checked(after).unwrap_or((part, ""));
        let in_url = kept
            .rsplit(['"', ' '])
            .next()
            .is_some_and(|word| word.contains("://") || word.contains(":\\/\\/"));
        kept.push('?');
        kept.push_str(if in_url { "…" } else { query });
        kept.push_str(rest);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_not_shown() {
        let text = r#"{"final_url":"https://a.example/x?sig=s3cret","message":"why? so"}"#;
        let shown = without_queries(text);
        assert_eq!(shown, r#"{"final_url":"https://a.example/x?…","message":"why? so"}"#);
        let escaped = without_queries(r#"{"u":"https:\/\/a.example\/x?sig=s3cret&x"}"#);
        assert!(!escaped.contains("s3cret"), "{escaped}");
    }
}
