//! Answers that are right and look strange: what tolerant clients must take,
//! and a few that no client can.
//!
//! Works on the JSON of a good answer; never changes what happened to the job.

use serde_json::{Map, Value, json};

/// A way for the JSON of a 2xx answer to look odd.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Odd {
    /// Every map is there and empty, and written as PHP writes it: `[]`.
    EmptyMaps,
    /// Every optional field that has no value is there and `null`.
    Nulls,
    /// Every field that is `null` is left out.
    Absent,
    /// `"33"` for 33.
    TextNumbers,
    /// `33.0` for 33.
    FloatNumbers,
    /// Another text as `state`.
    State(String),
    /// Another text as `state`, until the job is over.
    Pending(String),
    /// Another text as `status`.
    Status(String),
    /// No `state`.
    NoState,
    /// Fields that nobody documented.
    ExtraFields,
    /// `PENDING`, `DONE`.
    UpperCase,
    /// The id of another job.
    OtherJobId,
    /// No `job_id`.
    NoJobId,
    /// A PHP notice in HTML before the JSON.
    Notice,
    /// The same after the JSON.
    NoticeAfter,
    /// A notice before the JSON that quotes JSON of its own, with another id.
    QuotingNotice,
    /// A byte order mark and blank lines before the JSON.
    Marked,
    /// The `job_id` as a number, where it is one.
    NumberId,
    /// `completed` for `done`.
    Completed,
    /// The end is missing, but the `job_id` is there.
    CutAfterId,
}

impl Odd {
    /// Changes the fields, where this oddity is one of fields.
    pub(super) fn change(&self, body: &mut Map<String, Value>) {
        match self {
            Self::EmptyMaps => {
                for name in ["final_urls", "warnings", "ignored_variations"] {
                    body.entry(name).or_insert_with(|| json!([]));
                }
            }
            Self::Nulls => {
                for name in ["final_url", "final_urls", "warnings", "ignored_variations"] {
                    body.entry(name).or_insert(Value::Null);
                }
            }
            Self::Absent => body.retain(|_, value| !value.is_null()),
            Self::TextNumbers => each_number(body, |number| json!(number.to_string())),
            Self::FloatNumbers => each_number(body, |number| {
                let whole = u32::try_from(number).unwrap_or_default();
                json!(f64::from(whole))
            }),
            Self::State(text) => set(body, "state", json!(text)),
            Self::Pending(text) => {
                if body.get("state").and_then(Value::as_str) == Some("pending") {
                    set(body, "state", json!(text));
                }
            }
            Self::Status(text) => set(body, "status", json!(text)),
            Self::NoState => {
                body.remove("state");
            }
            Self::ExtraFields => {
                set(body, "eta_seconds", json!(12));
                set(body, "debug", json!({"node": "w-7", "flags": [true, null]}));
            }
            Self::UpperCase => {
                for name in ["status", "state"] {
                    if let Some(Value::String(text)) = body.get_mut(name) {
                        *text = text.to_ascii_uppercase();
                    }
                }
            }
            Self::OtherJobId => set(body, "job_id", json!("00000000-0000-0000-0000-000000000000")),
            Self::NoJobId => {
                body.remove("job_id");
            }
            Self::Completed => {
                for name in ["status", "state"] {
                    if body.get(name).and_then(Value::as_str) == Some("done") {
                        set(body, name, json!("completed"));
                    }
                }
            }
            Self::Notice
            | Self::NoticeAfter
            | Self::QuotingNotice
            | Self::Marked
            | Self::NumberId
            | Self::CutAfterId => {}
        }
    }

    /// Changes the text, where this oddity is one of text.
    pub(super) fn write(&self, body: &Map<String, Value>, text: String) -> String {
        match self {
            Self::Notice => format!("{}{text}", notice("Undefined index: shadow")),
            Self::NoticeAfter => format!("{text}{}", notice("Undefined index: shadow")),
            Self::QuotingNotice => {
                let quoted = r#"json_decode({"job_id":"none","state":"done"}): "}" expected"#;
                format!("{}{text}", notice(quoted))
            }
            Self::Marked => format!("\u{feff}\r\n\r\n{text}"),
            Self::NumberId => match body.get("job_id") {
                Some(Value::String(id)) if is_number(id) => {
                    text.replacen(&format!("\"{id}\""), id, 1)
                }
                _ => text,
            },
            Self::CutAfterId => {
                let id = body.get("job_id").unwrap_or(&Value::Null);
                format!(r#"{{"job_id":{id},"status":"que"#)
            }
            _ => text,
        }
    }
}

/// What PHP prints where it is set to show errors in HTML.
fn notice(text: &str) -> String {
    format!(
        "<br />\n<b>Notice</b>:  {text} in <b>/srv/app/Upload.php</b> on line <b>42</b><br />\n"
    )
}

fn is_number(id: &str) -> bool {
    !id.starts_with('0') && id.bytes().all(|b| b.is_ascii_digit())
}

fn set(body: &mut Map<String, Value>, name: &str, value: Value) {
    body.insert(name.to_owned(), value);
}

fn each_number(body: &mut Map<String, Value>, change: impl Fn(u64) -> Value) {
    for value in body.values_mut() {
        if let Some(number) = value.as_u64() {
            *value = change(number);
        }
    }
}
