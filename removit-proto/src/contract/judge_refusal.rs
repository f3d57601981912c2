//! Is a request refused as the contract says, and does the refusal look as it should?

use serde_json::Value;

use super::answer::Answer;
use super::draft::{Auth, Call, Draft};
use super::expected::{Expected, Fault};
use super::findings::Verdicts;
use crate::Endpoint;

const FIELDS: [&str; 7] =
    ["file", "file_url", "mode", "params", "delivery_mode", "output_format", "job_id"];

/// Judges the answer to a draft that costs nothing where the contract is kept.
pub(super) fn judge(draft: &Draft, answer: &Answer, endpoint: &Endpoint) -> Verdicts {
    let expected = Expected::of(draft);
    let mut verdicts = Verdicts::default();
    answer.judge(draft.auth, endpoint, &mut verdicts);
    if verdicts.breaks("no-redirect") || verdicts.breaks("documented-status") {
        return verdicts;
    }
    let status = answer.status().as_u16();
    let seen = || answer.shown(endpoint);
    // Of a good answer that cannot be read nothing else is known. An upload may be paid for.
    if answer.body.is_none() && answer.status().is_success() && !draft.is_upload() {
        return verdicts;
    }
    if is_acceptance(draft, answer) {
        for rule in expected.forbids() {
            verdicts.judge(rule, false, || accepted_anyway(answer, endpoint));
        }
        return verdicts;
    }
    if !key_is_taken(draft.auth, status, answer, endpoint, &mut verdicts) {
        return verdicts;
    }
    let as_it_should = match &expected {
        Expected::Unauthorized { rule, faulty, .. } => {
            verdicts.judge(rule, status == 401 || (*faulty && status == 422), seen)
        }
        // Whether the credits are counted before the fields are read is open.
        Expected::Refused(_) if status == 402 => true,
        Expected::Refused(faults) => {
            let refused = verdicts.judge("validation-422", status == 422, seen);
            verdicts.held.extend(faults.iter().map(|fault| fault.rule).filter(|_| refused));
            refused
        }
        Expected::Malformed(rule) => {
            verdicts.judge(rule, matches!(status, 400 | 402 | 415 | 422), seen)
        }
        Expected::NotFound(rule) => verdicts.judge(rule, status == 404, seen),
        Expected::Accepted | Expected::Found => true,
    };
    if as_it_should && answer.body.is_some() {
        judge_body(&expected, answer, endpoint, &mut verdicts);
    }
    verdicts
}

/// Whether an upload was taken, or a look shows a job.
fn is_acceptance(draft: &Draft, answer: &Answer) -> bool {
    match draft.call {
        Call::Upload(_) => {
            answer.status() == 202 || (answer.status().is_success() && answer.accepted().is_some())
        }
        Call::Status(_) => answer.status().is_success(),
    }
}

fn accepted_anyway(answer: &Answer, endpoint: &Endpoint) -> String {
    match answer.accepted() {
        Some(accepted) => format!("accepted, as job {}, for one credit", accepted.job_id()),
        None => format!("accepted: {}", answer.shown(endpoint)),
    }
}

/// Judges whether a right key is taken; without that nothing else can be said.
fn key_is_taken(
    auth: Auth,
    status: u16,
    answer: &Answer,
    endpoint: &Endpoint,
    verdicts: &mut Verdicts,
) -> bool {
    match key_rule(auth) {
        Some(rule) => verdicts.judge(rule, status != 401, || answer.shown(endpoint)),
        None => true,
    }
}

pub(super) fn key_rule(auth: Auth) -> Option<&'static str> {
    match auth {
        Auth::XApiKey => Some("key-x-api-key"),
        Auth::Bearer => Some("key-bearer"),
        Auth::Both => Some("key-both"),
        Auth::Nothing | Auth::WrongXApiKey | Auth::WrongBearer => None,
    }
}

/// Judges the body of a refusal that has the right status.
pub(super) fn judge_body(
    expected: &Expected,
    answer: &Answer,
    endpoint: &Endpoint,
    verdicts: &mut Verdicts,
) {
    let seen = || answer.shown(endpoint);
    let error = answer.text("error");
    match answer.status().as_u16() {
        401 => {
            verdicts.judge("unauthorized-body", error == Some("unauthorized"), seen);
            if let Expected::Unauthorized { message, .. } = expected {
                let told = answer.text("message");
                verdicts.judge("unauthorized-message", told == Some(message), seen);
            }
        }
        402 => {
            verdicts.judge("credits-body", error == Some("insufficient_credits"), seen);
        }
        404 => {
            verdicts.judge("not-found-body", error == Some("not_found"), seen);
        }
        422 => {
            verdicts.judge("validation-body", error == Some("validation"), seen);
            if let Expected::Refused(faults) = expected {
                judge_details(faults, answer, endpoint, verdicts);
            }
        }
        _ => {}
    }
}

fn judge_details(faults: &[Fault], answer: &Answer, endpoint: &Endpoint, verdicts: &mut Verdicts) {
    let seen = || answer.shown(endpoint);
    let details = answer.field("details");
    let is_list =
        |value: &Value| value.as_array().is_some_and(|texts| texts.iter().all(Value::is_string));
    let is_map = |value: &Value| value.as_object().is_some_and(|map| map.values().all(is_list));
    if !verdicts.judge("validation-details", details.is_some_and(is_map), seen) {
        return;
    }
    let named: Vec<&str> = details
        .and_then(Value::as_object)
        .map(|map| map.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let unnamed = faults.iter().find(|fault| !fault.fields.iter().any(|f| named.contains(f)));
    verdicts.judge("details-name-field", unnamed.is_none(), || {
        let field = unnamed.and_then(|fault| fault.fields.first()).copied().unwrap_or_default();
        format!("nothing about {field}: {}", answer.shown(endpoint))
    });
    let at_fault = |name: &str| faults.iter().any(|fault| fault.fields.contains(&name));
    let innocent = named.iter().find(|name| FIELDS.contains(name) && !at_fault(name));
    verdicts.judge("details-name-only", innocent.is_none(), || {
        let field = innocent.copied().unwrap_or_default();
        format!("{field} is named, and was right: {}", answer.shown(endpoint))
    });
}
