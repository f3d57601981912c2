//! What the contract says of a draft: the table of fields, read once more.
//!
//! It does not know how a draft came about, so that a draft that was made by
//! chance or shrunk is judged like one that was written by hand.

use serde_json::Value;

use super::draft::{Asked, Auth, Call, Content, Draft, FileBytes, FilePart};

/// The MIME types that are taken for `file`.
pub(super) const MIME_TYPES: [&str; 11] = [
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
pub(super) const MODES: [&str; 3] = ["background", "clipping", "params"];
pub(super) const DELIVERIES: [&str; 2] = ["url", "final_url"];
pub(super) const FORMATS: [&str; 6] = ["png", "jpg", "jpeg", "psd", "tiff", "webp"];

/// The answer that a draft has to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// 401; or 422 where the body has faults too: which is told first is open.
    Unauthorized { rule: &'static str, message: &'static str, faulty: bool },
    /// 422, with a word for each fault.
    Refused(Vec<Fault>),
    /// 400, 415 or 422: what is wrong is the body as such.
    Malformed(&'static str),
    /// 202
    Accepted,
    /// 404, by this rule.
    NotFound(&'static str),
    /// 200
    Found,
}

/// Why an upload or a look is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The rule by which it is.
    pub(super) rule: &'static str,
    /// The names under which `details` may tell it.
    pub(super) fields: &'static [&'static str],
}

impl Expected {
    pub(super) fn of(draft: &Draft) -> Self {
        let meant = match &draft.call {
            Call::Upload(Content::Raw(raw)) => Self::Malformed(raw.rule),
            Call::Upload(Content::Json(fields)) => {
                let field = |name| fields.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
                Self::of_faults(upload_faults(&field, None))
            }
            Call::Upload(Content::Form(fields, file)) => {
                let field = |name| {
                    let text = fields.iter().find(|(n, _)| *n == name).map(|(_, v)| v);
                    text.map(|text| Value::String(text.clone()))
                };
                Self::of_faults(upload_faults(&field, file.as_ref()))
            }
            Call::Status(Asked::Missing | Asked::Empty) => {
                Self::Refused(vec![Fault { rule: "job-id-required", fields: &["job_id"] }])
            }
            Call::Status(Asked::Unknown(_)) => Self::NotFound("unknown-404"),
            Call::Status(Asked::Strange(_)) => Self::NotFound("strange-404"),
            Call::Status(Asked::Foreign(_)) => Self::NotFound("foreign-404"),
            Call::Status(Asked::Own(_)) => Self::Found,
        };
        let faulty = matches!(meant, Self::Refused(_) | Self::Malformed(_));
        match draft.auth {
            Auth::Nothing => {
                Self::Unauthorized { rule: "key-missing", message: "API key missing", faulty }
            }
            Auth::WrongXApiKey | Auth::WrongBearer => {
                Self::Unauthorized { rule: "key-invalid", message: "API key invalid", faulty }
            }
            Auth::XApiKey | Auth::Bearer | Auth::Both => meant,
        }
    }

    fn of_faults(faults: Vec<Fault>) -> Self {
        if faults.is_empty() { Self::Accepted } else { Self::Refused(faults) }
    }

    /// Whether a server that keeps the contract makes no job of it.
    pub(super) fn is_free(&self) -> bool {
        *self != Self::Accepted
    }

    /// The rules that an acceptance would break.
    pub(super) fn forbids(&self) -> Vec<&'static str> {
        match self {
            Self::Unauthorized { rule, .. } | Self::Malformed(rule) | Self::NotFound(rule) => {
                vec![rule]
            }
            Self::Refused(faults) => faults.iter().map(|fault| fault.rule).collect(),
            Self::Accepted | Self::Found => Vec::new(),
        }
    }
}

fn upload_faults(
    field: &dyn Fn(&'static str) -> Option<Value>,
    file: Option<&FilePart>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |rule, fields| faults.push(Fault { rule, fields });
    match (field("file_url"), file) {
        (None | Some(Value::Null), None) => fault("source-required", &["file", "file_url"]),
        (Some(_), Some(_)) => fault("source-exclusive", &["file", "file_url"]),
        (Some(Value::String(url)), None) if is_web_url(&url) => {}
        (Some(Value::String(_)), None) => fault("file-url-web", &["file_url", "file"]),
        (Some(_), None) => fault("file-url-type", &["file_url", "file"]),
        (None, Some(file)) if !file.mime.is_some_and(|mime| MIME_TYPES.contains(&mime)) => {
            fault("file-is-image", &["file"]);
        }
        (None, Some(file)) if file.bytes == FileBytes::Empty => fault("file-not-empty", &["file"]),
        (None, Some(_)) => {}
    }
    let is_choice = |name, choices: &[&str]| match field(name) {
        None => true,
        Some(Value::String(text)) => choices.contains(&text.as_str()),
        Some(_) => false,
    };
    if !is_choice("mode", &MODES) {
        fault("mode-choice", &["mode"]);
    }
    if !is_choice("delivery_mode", &DELIVERIES) {
        fault("delivery-choice", &["delivery_mode"]);
    }
    if !is_choice("output_format", &FORMATS) {
        fault("format-choice", &["output_format"]);
    }
    let needed = field("mode") == Some(Value::String("params".to_owned()));
    match field("params") {
        None | Some(Value::Null) if needed => fault("params-required", &["params"]),
        None | Some(Value::Null | Value::String(_) | Value::Object(_)) => {}
        Some(_) => fault("params-type", &["params"]),
    }
    faults
}

fn is_web_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && !text.contains(char::is_whitespace)
    })
}
