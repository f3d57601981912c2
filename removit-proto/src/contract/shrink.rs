//! Smaller drafts that may show the same: with a field less, a plainer value, a
//! plainer way to send it.

use serde_json::{Value, json};

use super::draft::{Asked, Auth, Call, Content, Draft, FilePart};
use super::expected::Expected;

/// The drafts that are one step smaller, the boldest step first. Each of them
/// costs nothing where the contract is kept.
pub(super) fn smaller(draft: &Draft) -> Vec<Draft> {
    let mut all = Vec::new();
    if matches!(draft.auth, Auth::Both | Auth::Bearer) {
        all.push(draft.clone().with_auth(Auth::XApiKey));
    }
    if draft.auth == Auth::WrongBearer {
        all.push(draft.clone().with_auth(Auth::WrongXApiKey));
    }
    let calls = match &draft.call {
        Call::Status(asked) => asked_less(asked).into_iter().map(Call::Status).collect(),
        Call::Upload(content) => content_less(content).into_iter().map(Call::Upload).collect(),
    };
    let calls: Vec<Call> = calls;
    all.extend(calls.into_iter().map(|call| Draft { auth: draft.auth, call }));
    all.retain(|smaller| smaller != draft && Expected::of(smaller).is_free());
    all
}

fn asked_less(asked: &Asked) -> Vec<Asked> {
    match asked {
        Asked::Strange(id) => {
            let chars: Vec<char> = id.chars().collect();
            let half = chars.len().div_euclid(2);
            let parts = [chars.get(..half), chars.get(half..)];
            let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
            parts.map(|part| Asked::Strange(part.iter().collect())).collect()
        }
        _ => Vec::new(),
    }
}

fn content_less(content: &Content) -> Vec<Content> {
    match content {
        Content::Raw(_) => Vec::new(),
        Content::Json(fields) => {
            let mut all: Vec<_> = without_one(fields).into_iter().map(Content::Json).collect();
            for (at, (_, value)) in fields.iter().enumerate() {
                for plainer in plainer(value) {
                    let mut fields = fields.clone();
                    if let Some((_, value)) = fields.get_mut(at) {
                        *value = plainer;
                    }
                    all.push(Content::Json(fields));
                }
            }
            all
        }
        Content::Form(fields, file) => {
            let mut all = vec![Content::Json(
                fields.iter().map(|(name, text)| (*name, json!(text))).collect(),
            )];
            all.extend(file.is_some().then(|| Content::Form(fields.clone(), None)));
            let fewer = without_one(fields).into_iter();
            all.extend(fewer.map(|fields| Content::Form(fields, file.clone())));
            if let Some(file) = file.as_ref().filter(|file| file.name != "f") {
                let file = FilePart { name: "f".to_owned(), ..file.clone() };
                all.push(Content::Form(fields.clone(), Some(file)));
            }
            all
        }
    }
}

fn without_one<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let without = |at| {
        let kept = items.iter().enumerate().filter(|(n, _)| *n != at);
        kept.map(|(_, item)| item.clone()).collect()
    };
    (0..items.len()).map(without).collect()
}

fn plainer(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) if text.chars().count() > 1 => vec![json!(""), json!("x")],
        Value::Array(items) if !items.is_empty() => vec![json!([])],
        Value::Object(fields) if !fields.is_empty() => vec![json!({})],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;
    use crate::contract::luck::Luck;
    use crate::contract::probes::{Means, all};

    #[test]
    fn what_is_shrunk_stays_free_and_comes_to_an_end() {
        let means = Means { photo_url: "https://a.example/x", foreign_job: None, mixed: 200 };
        for mut draft in all(&means, &mut Luck::new(Seed::new(1))) {
            for step in 0.. {
                assert!(step < 40, "no end: {draft:?}");
                let Some(next) = smaller(&draft).into_iter().next_back() else { break };
                assert!(Expected::of(&next).is_free(), "{next:?}");
                draft = next;
            }
        }
    }
}
