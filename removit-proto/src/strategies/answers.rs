//! What a server answers: as its pages say, oddly, and damaged.

use bytes::Bytes;
use http::{Response, StatusCode};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The 202 of the pages.
pub fn documented_acceptance() -> impl Strategy<Value = Response<Bytes>> {
    (job_id(), mode()).prop_map(|(id, mode)| {
        answer(202, json!({"job_id": id, "status": "queued", "mode": mode}).to_string())
    })
}

/// Each refusal of the pages: 401, 402, 404, 422 and 503.
pub fn documented_refusal() -> impl Strategy<Value = Response<Bytes>> {
    prop::sample::select(vec![
        (401, json!({"error": "unauthorized", "message": "API key missing"})),
        (401, json!({"error": "unauthorized", "message": "API key invalid"})),
        (402, json!({"error": "insufficient_credits"})),
        (404, json!({"error": "not_found"})),
        (422, json!({"error": "validation", "details": {"mode": ["is no choice"]}})),
        (503, json!({"error": "service_unavailable"})),
    ])
    .prop_map(|(status, body)| answer(status, body.to_string()))
}

/// A status of the pages: queued, pending, or done in either delivery.
pub fn documented_status() -> impl Strategy<Value = Response<Bytes>> {
    status_body().prop_map(|body| answer(200, Value::Object(body).to_string()))
}

/// A status that is legal and looks strange, as servers in PHP write it: maps as
/// lists, numbers as text, nulls and absences, more fields, upper case, and noise
/// around the JSON.
pub fn odd_status() -> impl Strategy<Value = Response<Bytes>> {
    (status_body(), any::<[bool; 6]>()).prop_map(|(mut body, odd)| {
        let [empty, text, nulls, more, upper, noise] = odd;
        if empty {
            body.insert("warnings".to_owned(), json!([]));
        }
        if let (true, Some(progress)) = (text, body.get_mut("progress")) {
            *progress = json!(progress.to_string());
        }
        if nulls {
            body.entry("final_url").or_insert(Value::Null);
            body.entry("final_urls").or_insert(Value::Null);
        }
        if more {
            body.insert("eta_seconds".to_owned(), json!(12.5));
        }
        if upper {
            for name in ["state", "status"] {
                if let Some(Value::String(word)) = body.get_mut(name) {
                    *word = word.to_ascii_uppercase();
                }
            }
        }
        let json = Value::Object(body).to_string();
        let notice = "\u{feff}<br />\n<b>Notice</b>: Undefined index<br />\n";
        answer(200, if noise { format!("{notice}{json}") } else { json })
    })
}

/// A status that something happened to: another status code, a field of another
/// type or gone, cut off, or with bytes that were changed.
pub fn damaged_status() -> impl Strategy<Value = Response<Bytes>> {
    let other = prop_oneof![
        Just(None),
        prop::sample::select(vec![
            json!(null),
            json!(true),
            json!(-7),
            json!(1e300),
            json!(""),
            json!("failed"),
            json!([]),
            json!(["x", null, {"y": [7]}]),
            json!({"0": "x", "1": null}),
        ])
        .prop_map(Some),
    ];
    let code = prop::sample::select(vec![200_u16, 200, 200, 202, 204, 302, 404, 429, 500, 503]);
    let bytes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    let place = any::<prop::sample::Index>();
    (status_body(), (place, other), prop::option::of(any::<prop::sample::Index>()), bytes, code)
        .prop_map(|(mut body, (place, other), cut, bytes, code)| {
            let names: Vec<String> = body.keys().cloned().collect();
            if !names.is_empty() {
                let name = place.get(&names);
                match other {
                    Some(value) => body.insert(name.clone(), value),
                    None => body.remove(name),
                };
            }
            let mut text = Value::Object(body).to_string().into_bytes();
            for (at, byte) in bytes {
                let at = at.index(text.len());
                if let Some(place) = text.get_mut(at) {
                    *place = byte;
                }
            }
            if let Some(cut) = cut {
                text.truncate(cut.index(text.len()));
            }
            answer(code, text)
        })
}

fn status_body() -> impl Strategy<Value = Map<String, Value>> {
    let stage = prop_oneof![
        Just(("queued", "pending", 0..=0_u8, false)),
        Just(("pending_compose", "pending", 1..=99, false)),
        Just(("done", "done", 100..=100, true)),
    ];
    let stage = stage.prop_flat_map(|(step, state, progress, done)| {
        (Just(step), Just(state), progress, Just(done))
    });
    let one = any::<bool>();
    (job_id(), mode(), stage, one).prop_map(|(id, mode, (step, state, progress, done), one)| {
        let url = |name: &str| json!(format!("https://cdn.example.com/results/{name}.webp"));
        let fields = [
            ("job_id", json!(id)),
            ("status", json!(step)),
            ("state", json!(state)),
            ("mode", json!(mode)),
            ("progress", json!(progress)),
        ];
        let result = match (done, one) {
            (false, _) => ("final_url", Value::Null),
            (true, true) => ("final_url", url("clipping")),
            (true, false) => (
                "final_urls",
                json!({"background": url("background"), "clipping": url("clipping")}),
            ),
        };
        let fields = fields.into_iter().chain([result]);
        fields.map(|(name, value)| (name.to_owned(), value)).collect()
    })
}

fn job_id() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[!-~]{1,40}"]
}

fn mode() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["background", "clipping", "params"])
}

pub(super) fn answer(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    answer
}
