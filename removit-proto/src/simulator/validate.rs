//! What an upload asks for, or the vendor's objections to it: the contract's
//! table of fields, read strictly. `null` is absence in every one of them (rule 5):
//! `"output_format": null` asks for the default.

use std::collections::BTreeMap;

use http::Uri;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::media_type::essence;
use super::payload::{Payload, ReceivedFile};
use super::received::Received;

const MODES: [&str; 3] = ["background", "clipping", "params"];
const DELIVERIES: [&str; 2] = ["url", "final_url"];
const FORMATS: [&str; 6] = ["png", "jpg", "jpeg", "psd", "tiff", "webp"];
const MIME_TYPES: [&str; 11] = [
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "image/avif",
    "image/tiff",
    "image/x-tiff",
    "application/tiff",
    "image/vnd.adobe.photoshop",
    "application/vnd.adobe.photoshop",
    "image/svg+xml",
];

const NO_CHOICE: &str = "The value you selected is not a valid choice.";
const NO_SOURCE: &str = "You must provide either file_url or file";

/// What a valid upload asked for, with the contract's defaults filled in.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Order {
    /// Where the picture comes from.
    pub source: Source,
    /// `mode`
    pub mode: String,
    /// `params`, unless it was absent or `null`.
    pub params: Option<Value>,
    /// `params` as its text came, with every digit of its numbers.
    pub params_text: Option<String>,
    /// `delivery_mode`
    pub delivery_mode: String,
    /// `output_format`
    pub output_format: String,
    /// The fields exactly as they came, without the file.
    pub fields: Map<String, Value>,
}

/// Where the picture of a job comes from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// `file_url`. The simulator fetches nothing.
    FileUrl(String),
    /// `file`
    File(ReceivedFile),
}

/// Why an upload is refused before its fields count.
pub(super) enum Refusal {
    /// 400: not JSON, though it says so.
    MalformedJson,
    /// 413: a JSON body beyond any reason.
    TooLong,
    /// 422
    Invalid(Details),
}

/// The objections to each field.
#[derive(Debug, Default)]
pub(super) struct Details(BTreeMap<&'static str, Vec<String>>);

impl Details {
    pub(super) fn one(field: &'static str, message: &str) -> Self {
        let mut details = Self::default();
        details.add(field, message);
        details
    }

    pub(super) fn body(&self) -> Value {
        json!({"error": "validation", "details": self.0})
    }

    fn add(&mut self, field: &'static str, message: &str) {
        self.0.entry(field).or_default().push(message.to_owned());
    }
}

/// Judges an upload.
pub(super) fn order(received: Received) -> Result<Order, Refusal> {
    let is_json = received.is_json();
    match received.payload {
        Payload::TooLong => Err(Refusal::TooLong),
        Payload::Malformed(reason) => {
            let mut details = Details::one("file", NO_SOURCE);
            details.add("body", &reason);
            Err(Refusal::Invalid(details))
        }
        Payload::Form(form) => {
            let fields = form.fields.into_iter();
            let fields = fields.map(|(name, text)| (name, Value::String(text)));
            let fields: Map<_, _> = fields.collect();
            let text = fields.get("params").and_then(Value::as_str).map(str::to_owned);
            judge(fields, form.file, text).map_err(Refusal::Invalid)
        }
        // A type that the server does not read leaves it without any field.
        Payload::Text(_) if !is_json => judge(Map::new(), None, None).map_err(Refusal::Invalid),
        Payload::Text(text) => match serde_json::from_slice(&text) {
            Ok(Value::Object(fields)) => {
                let written = serde_json::from_slice::<BTreeMap<String, &RawValue>>(&text);
                let params =
                    written.ok().and_then(|fields| Some(fields.get("params")?.get().to_owned()));
                judge(fields, None, params).map_err(Refusal::Invalid)
            }
            Ok(_) => judge(Map::new(), None, None).map_err(Refusal::Invalid),
            Err(_) => Err(Refusal::MalformedJson),
        },
    }
}

fn judge(
    fields: Map<String, Value>,
    file: Option<ReceivedFile>,
    params_text: Option<String>,
) -> Result<Order, Details> {
    let mut details = Details::default();
    let source = source(&fields, file, &mut details);
    let mode = choice(&fields, "mode", &MODES, "clipping", &mut details);
    let delivery_mode = choice(&fields, "delivery_mode", &DELIVERIES, "url", &mut details);
    let output_format = choice(&fields, "output_format", &FORMATS, "png", &mut details);
    let params = params(&fields, &mut details);
    if mode == Some("params") && params.is_none() && !details.0.contains_key("params") {
        details.add("params", "params is required when mode is params.");
    }
    match (source, mode, delivery_mode, output_format) {
        (Some(source), Some(mode), Some(delivery_mode), Some(output_format))
            if details.0.is_empty() =>
        {
            Ok(Order {
                source,
                mode: mode.to_owned(),
                params_text: params_text.filter(|_| params.is_some()),
                params,
                delivery_mode: delivery_mode.to_owned(),
                output_format: output_format.to_owned(),
                fields,
            })
        }
        _ => Err(details),
    }
}

fn source(
    fields: &Map<String, Value>,
    file: Option<ReceivedFile>,
    details: &mut Details,
) -> Option<Source> {
    let file_url = fields.get("file_url").filter(|value| !value.is_null());
    match (file_url, file) {
        (None, None) => {
            details.add("file", NO_SOURCE);
            None
        }
        (Some(_), Some(_)) => {
            let message = "You cannot provide both file_url and file";
            details.add("file", message);
            None
        }
        (Some(value), None) => {
            let url = value.as_str().filter(|url| is_web_address(url));
            if url.is_none() {
                details.add("file_url", "This value is not a valid URL.");
            }
            url.map(|url| Source::FileUrl(url.to_owned()))
        }
        (None, Some(file)) => {
            let mime = file.content_type.as_deref().map(essence);
            if !mime.is_some_and(|mime| MIME_TYPES.contains(&mime.as_str())) {
                details.add("file", "The mime type of the file is invalid.");
            } else if file.len == 0 {
                details.add("file", "An empty file is not allowed.");
            }
            Some(Source::File(file))
        }
    }
}

fn is_web_address(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let scheme = uri.scheme_str().unwrap_or_default();
    matches!(scheme, "http" | "https") && uri.host().is_some_and(|host| !host.is_empty())
}

/// The choice that a field makes, or the default where it is absent or `null`.
fn choice(
    fields: &Map<String, Value>,
    name: &'static str,
    choices: &[&'static str],
    default: &'static str,
    details: &mut Details,
) -> Option<&'static str> {
    let chosen = match fields.get(name) {
        None | Some(Value::Null) => Some(default),
        Some(value) => choices.iter().copied().find(|choice| value.as_str() == Some(choice)),
    };
    if chosen.is_none() {
        details.add(name, NO_CHOICE);
    }
    chosen
}

/// A set's name, or an object; in a form an object comes as its JSON text
/// (contract, rule 7).
fn params(fields: &Map<String, Value>, details: &mut Details) -> Option<Value> {
    match fields.get("params")? {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) if text.trim_start().starts_with('{') => {
            let object = serde_json::from_str(text).ok().filter(Value::is_object);
            if object.is_none() {
                details.add("params", "params is neither a name nor a JSON object.");
            }
            object
        }
        value @ (Value::String(_) | Value::Object(_)) => Some(value.clone()),
        _ => {
            details.add("params", "params must be a string or an object.");
            None
        }
    }
}
