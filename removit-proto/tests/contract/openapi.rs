//! The OpenAPI description says what the rules and the documented bodies say.

use std::collections::BTreeSet;

use removit_proto::Outcome;
use removit_proto::contract::{OPENAPI, Rule};
use serde_json::{Value, json};

use crate::against::{check_double, policy, strict};

fn description() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// Whether a body is one of this named schema.
fn allows(schema: &str, body: &Value) -> bool {
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("openapi.json", description()).unwrap();
    let mut schemas = boon::Schemas::new();
    let place = format!("openapi.json#/components/schemas/{schema}");
    let at = compiler.compile(&place, &mut schemas).unwrap();
    schemas.validate(body, at).is_ok()
}

fn vector(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_documented_body_is_one_of_its_schema() {
    for (schema, name) in [
        ("UploadByUrl", "upload-request-background"),
        ("UploadByUrl", "upload-request-remote"),
        ("Accepted", "upload-accepted-202"),
        ("Status", "status-pending-200"),
        ("Status", "status-done-final-url-200"),
        ("Status", "status-done-final-urls-200"),
        ("Unauthorized", "error-401-missing"),
        ("Unauthorized", "error-401-invalid"),
        ("InsufficientCredits", "error-402"),
        ("NotFound", "error-404"),
        ("Validation", "error-422"),
    ] {
        assert!(allows(schema, &vector(name)), "{name} is no {schema}");
    }
}

#[test]
fn what_a_rule_forbids_is_of_no_schema() {
    let status = vector("status-pending-200");
    for (rule, name, value) in [
        ("status-state", "state", json!("napping")),
        ("progress-range", "progress", json!(101)),
        ("progress-range", "progress", json!("33")),
        ("status-step", "status", json!(3)),
        ("status-mode", "mode", json!("shadow")),
        ("variation-name", "final_urls", json!({"../x": "https://a.example/x"})),
        ("delivery-url-map", "final_urls", json!(["https://a.example/x"])),
        ("warnings-shape", "warnings", json!({"x": "text"})),
        ("ignored-shape", "ignored_variations", json!({"0": "x"})),
    ] {
        assert!(Rule::by_id(rule).is_some());
        let mut body = status.clone();
        body[name] = value;
        assert!(!allows("Status", &body), "{rule}: {body}");
    }
    for (rule, upload) in [
        ("source-required", json!({})),
        ("file-url-type", json!({"file_url": 7})),
        ("mode-choice", json!({"file_url": "https://a.example/x", "mode": "clip"})),
        ("params-required", json!({"file_url": "https://a.example/x", "mode": "params"})),
        ("params-type", json!({"file_url": "https://a.example/x", "params": 7})),
        ("delivery-choice", json!({"file_url": "https://a.example/x", "delivery_mode": "urls"})),
        ("format-choice", json!({"file_url": "https://a.example/x", "output_format": "gif"})),
    ] {
        assert!(Rule::by_id(rule).is_some());
        assert!(!allows("UploadByUrl", &upload), "{rule}: {upload}");
    }
    for (rule, schema, body) in [
        (
            "accepted-job-id",
            "Accepted",
            json!({"job_id": "", "status": "queued", "mode": "clipping"}),
        ),
        (
            "accepted-status",
            "Accepted",
            json!({"job_id": "j", "status": "done", "mode": "clipping"}),
        ),
        ("unauthorized-body", "Unauthorized", json!({"error": "no", "message": "API key missing"})),
        ("unauthorized-message", "Unauthorized", json!({"error": "unauthorized", "message": "?"})),
        ("credits-body", "InsufficientCredits", json!({"error": "payment_required"})),
        ("not-found-body", "NotFound", json!({"error": "unknown_job"})),
        ("validation-body", "Validation", json!({"error": "invalid", "details": {}})),
        ("validation-details", "Validation", json!({"error": "validation", "details": {"a": "b"}})),
        ("unavailable-body", "Error", json!({})),
    ] {
        assert!(Rule::by_id(rule).is_some());
        assert!(!allows(schema, &body), "{rule}: {body}");
    }
}

#[test]
fn choices_of_the_description_are_those_of_the_rules() {
    let schemas = &description()["components"]["schemas"];
    for (rule, schema) in [
        ("mode-choice", "Mode"),
        ("delivery-choice", "DeliveryMode"),
        ("format-choice", "OutputFormat"),
    ] {
        let text = Rule::by_id(rule).unwrap().text;
        let of_rule: BTreeSet<_> = text.split('`').skip(3).step_by(2).collect();
        let choices = schemas[schema]["enum"].as_array().unwrap().iter();
        let of_schema: BTreeSet<_> = choices.filter_map(Value::as_str).collect();
        assert_eq!(of_rule, of_schema, "{rule}");
    }
}

/// Each answer of a whole check is described for its endpoint and status.
#[test]
fn every_answer_of_the_simulator_is_described() {
    let mut met = BTreeSet::new();
    check_double(strict(), policy(6), |asked, outcome| {
        let path = asked.head.uri().path();
        if let (Outcome::Response(answer), true) = (&outcome, path.starts_with("/api/")) {
            let method = if path.ends_with("upload") { "post" } else { "get" };
            let status = answer.status().as_u16().to_string();
            let description = description();
            let mut response = &description["paths"][path][method]["responses"][&status];
            if let Some(named) = response["$ref"].as_str() {
                response = description.pointer(named.trim_start_matches('#')).unwrap();
            }
            let schema = &response["content"]["application/json"]["schema"]["$ref"];
            let schema =
                schema.as_str().unwrap_or_else(|| panic!("{path} {status} is not described"));
            let name = schema.rsplit('/').next().unwrap();
            let body = serde_json::from_slice(answer.body()).unwrap();
            if met.insert((path.to_owned(), status, answer.body().clone())) {
                assert!(allows(name, &body), "{path}: no {name}: {body}");
            }
        }
        outcome
    });
    let kinds: BTreeSet<_> =
        met.iter().map(|(path, status, _)| (path.as_str(), status.as_str())).collect();
    assert_eq!(kinds.len(), 8, "{kinds:?}");
}
