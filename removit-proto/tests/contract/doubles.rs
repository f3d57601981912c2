//! Vendors that are wrong on purpose: negative controls. Each breaks exactly the
//! rules that it names, and no server's rule that is checked is broken by none.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use removit_proto::Outcome;
use removit_proto::contract::Rule;
use serde_json::{Value, json};

use crate::against::{Asked, KEY, Run, check_double, policy, strict};

/// An answer on its way, and what was asked.
struct Exchange<'a> {
    asked: &'a Asked,
    answer: &'a mut Response<Bytes>,
    /// What a double remembers between two answers.
    memory: &'a mut BTreeMap<String, u64>,
}

struct Double {
    name: &'static str,
    breaks: &'static [&'static str],
    change: fn(&mut Exchange<'_>),
}

impl Exchange<'_> {
    fn path(&self) -> &str {
        self.asked.head.uri().path()
    }

    fn is_upload(&self) -> bool {
        self.path().ends_with("/upload")
    }

    fn is_status(&self) -> bool {
        self.path().ends_with("/status")
    }

    fn is_result(&self) -> bool {
        !self.is_upload() && !self.is_status()
    }

    fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    fn set_status(&mut self, status: u16) {
        *self.answer.status_mut() = StatusCode::from_u16(status).unwrap();
    }

    fn says(&self, text: &str) -> bool {
        String::from_utf8_lossy(self.answer.body()).contains(text)
    }

    fn body(&self) -> Value {
        serde_json::from_slice(self.answer.body()).unwrap_or_default()
    }

    fn set(&mut self, name: &str, value: Value) {
        let mut body = self.body();
        if let Some(fields) = body.as_object_mut() {
            fields.insert(name.to_owned(), value);
            *self.answer.body_mut() = body.to_string().into();
        }
    }

    fn answer(&mut self, status: u16, body: impl Into<Bytes>) {
        self.set_status(status);
        *self.answer.body_mut() = body.into();
    }

    fn is_done(&self) -> bool {
        self.is_status() && self.body()["state"] == "done"
    }

    fn is_pending(&self) -> bool {
        self.is_status() && self.body()["state"] == "pending"
    }

    fn is_accepted(&self) -> bool {
        self.is_upload() && self.status() == 202
    }

    fn has_header(&self, name: &str) -> bool {
        self.asked.head.headers().contains_key(name)
    }

    fn has_wrong_key(&self) -> bool {
        let headers = self.asked.head.headers();
        headers.values().any(|value| {
            !value.is_empty() && String::from_utf8_lossy(value.as_bytes()).contains("wrong-key")
        })
    }

    /// Takes what the right vendor refuses, where the refusal is about this field alone.
    fn takes(&mut self, field: &str, if_asked: impl Fn(&str) -> bool) {
        let details = self.body()["details"].as_object().cloned().unwrap_or_default();
        let alone = details.len() == 1 && details.contains_key(field);
        if self.is_upload() && self.status() == 422 && alone && if_asked(&self.asked.body) {
            let body = json!({"job_id": "leaked-1", "status": "queued", "mode": "clipping"});
            self.answer(202, body.to_string());
        }
    }

    fn count(&mut self, what: &str) -> u64 {
        let count = self.memory.entry(what.to_owned()).or_default();
        *count += 1;
        *count
    }
}

fn error(word: &str) -> String {
    json!({ "error": word }).to_string()
}

const DOUBLES: &[Double] = &[
    // Keys
    Double {
        name: "takes the key as a bearer's alone",
        breaks: &["key-x-api-key"],
        change: |x| {
            if x.has_header("x-api-key")
                && !x.has_header("authorization")
                && !x.has_wrong_key()
                && !x.is_result()
            {
                let body = json!({"error": "unauthorized", "message": "API key missing"});
                x.answer(401, body.to_string());
            }
        },
    },
    Double {
        name: "takes no bearer's key",
        breaks: &["key-bearer"],
        change: |x| {
            if x.has_header("authorization") && !x.has_header("x-api-key") && !x.has_wrong_key() {
                let body = json!({"error": "unauthorized", "message": "API key missing"});
                x.answer(401, body.to_string());
            }
        },
    },
    Double {
        name: "is confused by two keys",
        breaks: &["key-both"],
        change: |x| {
            if x.has_header("authorization") && x.has_header("x-api-key") {
                let body = json!({"error": "unauthorized", "message": "API key invalid"});
                x.answer(401, body.to_string());
            }
        },
    },
    Double {
        name: "asks for a key with 400",
        breaks: &["key-missing"],
        change: |x| {
            if x.says("API key missing") {
                x.answer(400, error("unauthorized"));
            }
        },
    },
    Double {
        name: "takes any key",
        breaks: &["key-invalid"],
        change: |x| {
            if x.says("API key invalid") && x.is_status() {
                x.answer(404, error("not_found"));
            }
        },
    },
    Double {
        name: "renames unauthorized",
        breaks: &["unauthorized-body"],
        change: |x| {
            if x.status() == 401 {
                x.set("error", json!("forbidden"));
            }
        },
    },
    Double {
        name: "has one message for any key",
        breaks: &["unauthorized-message"],
        change: |x| {
            if x.status() == 401 {
                x.set("message", json!("API key missing"));
            }
        },
    },
    Double {
        name: "repeats the key",
        breaks: &["key-echo"],
        change: |x| {
            if x.has_header("x-api-key") && !x.has_wrong_key() {
                x.answer.headers_mut().insert("x-debug", HeaderValue::from_static(KEY));
            }
        },
    },
    Double {
        name: "repeats a wrong key",
        breaks: &["key-echo"],
        change: |x| {
            if x.says("API key invalid") {
                x.set("key", json!("removit-check-wrong-key"));
            }
        },
    },
    // Uploads that are refused
    Double {
        name: "takes an upload of nothing",
        breaks: &["source-required"],
        change: |x| {
            x.takes("file", |body| !body.contains("file") && body.starts_with('{'));
        },
    },
    Double {
        name: "takes two sources",
        breaks: &["source-exclusive"],
        change: |x| {
            x.takes("file", |body| body.contains("name=\"file\"") && body.contains("file_url"));
        },
    },
    Double {
        name: "takes a number for a URL",
        breaks: &["file-url-type"],
        change: |x| {
            x.takes("file_url", |body| body.contains("\"file_url\":7"));
        },
    },
    Double {
        name: "takes any scheme",
        breaks: &["file-url-web"],
        change: |x| {
            x.takes("file_url", |body| body.contains("ftp://"));
        },
    },
    Double {
        name: "takes a text for a photo",
        breaks: &["file-is-image"],
        change: |x| {
            x.takes("file", |body| body.contains("text/plain"));
        },
    },
    Double {
        name: "takes an empty file",
        breaks: &["file-not-empty"],
        change: |x| {
            x.takes("file", |body| body.contains("Content-Type: image/png\r\n\r\n\r\n"));
        },
    },
    Double {
        name: "takes any mode",
        breaks: &["mode-choice"],
        change: |x| x.takes("mode", |_| true),
    },
    Double {
        name: "takes any delivery",
        breaks: &["delivery-choice"],
        change: |x| x.takes("delivery_mode", |_| true),
    },
    Double {
        name: "takes any format",
        breaks: &["format-choice"],
        change: |x| x.takes("output_format", |_| true),
    },
    Double {
        name: "needs no params",
        breaks: &["params-required"],
        change: |x| {
            x.takes("params", |body| !body.contains("\"params\":"));
        },
    },
    Double {
        name: "takes any params",
        breaks: &["params-type"],
        change: |x| {
            x.takes("params", |body| body.contains("\"params\":7"));
        },
    },
    Double {
        name: "calls broken JSON not found",
        breaks: &["malformed-json"],
        change: |x| {
            if x.status() == 400 {
                x.answer(404, error("not_found"));
            }
        },
    },
    Double {
        name: "takes a form that is none",
        breaks: &["malformed-form"],
        change: |x| {
            if x.says("\"body\":") {
                x.answer(404, error("not_found"));
            }
        },
    },
    Double {
        name: "knows no XML",
        breaks: &["unread-type"],
        change: |x| {
            if x.asked.body.contains("<upload/>") {
                x.answer(404, error("not_found"));
            }
        },
    },
    // How a refusal looks
    Double {
        name: "refuses with 400",
        breaks: &["validation-422"],
        change: |x| {
            if x.is_upload() && x.status() == 422 {
                x.set_status(400);
            }
        },
    },
    Double {
        name: "renames validation",
        breaks: &["validation-body"],
        change: |x| {
            if x.status() == 422 {
                x.set("error", json!("invalid"));
            }
        },
    },
    Double {
        name: "tells one text for a field",
        breaks: &["validation-details"],
        change: |x| {
            if x.status() == 422 {
                x.set("details", json!({"file": "missing"}));
            }
        },
    },
    Double {
        name: "lists what is wrong",
        breaks: &["validation-details"],
        change: |x| {
            if x.status() == 422 {
                x.set("details", json!(["missing"]));
            }
        },
    },
    Double {
        name: "says nothing of formats",
        breaks: &["details-name-field"],
        change: |x| {
            if x.status() == 422 {
                let mut details = x.body()["details"].clone();
                if details.as_object_mut().is_some_and(|d| d.remove("output_format").is_some()) {
                    x.set("details", details);
                }
            }
        },
    },
    Double {
        name: "blames the mode for all",
        breaks: &["details-name-only"],
        change: |x| {
            if x.status() == 422 {
                let mut details = x.body()["details"].clone();
                details["mode"] = json!(["is not right"]);
                x.set("details", details);
            }
        },
    },
    Double {
        name: "renames what is owed",
        breaks: &["credits-body"],
        change: |x| {
            if x.is_accepted() {
                x.answer(402, error("payment_required"));
            }
        },
    },
    Double {
        name: "is down without a word",
        breaks: &["unavailable-body"],
        change: |x| {
            if x.count("requests") == 9 {
                x.answer(503, "");
            }
        },
    },
    Double {
        name: "answers in HTML",
        breaks: &["body-json"],
        change: |x| {
            if x.status() == 404 {
                x.answer(404, "<h1>Not Found</h1>");
            }
        },
    },
    Double {
        name: "prints a notice",
        breaks: &["body-json"],
        change: |x| {
            if x.is_accepted() {
                let body = [b"Notice: x\n".as_slice(), x.answer.body()].concat();
                *x.answer.body_mut() = body.into();
            }
        },
    },
    Double {
        name: "fails at odd ids",
        breaks: &["documented-status"],
        change: |x| {
            if x.is_status() && x.asked.head.uri().query().is_some_and(|q| q.contains("%27")) {
                x.answer(500, error("internal"));
            }
        },
    },
    Double {
        name: "has moved",
        breaks: &["no-redirect"],
        change: |x| {
            if x.is_upload() {
                x.answer(308, "");
            }
        },
    },
    // Uploads that are accepted
    Double {
        name: "accepts with 200",
        breaks: &["upload-202"],
        change: |x| {
            if x.is_accepted() {
                x.set_status(200);
            }
        },
    },
    Double {
        name: "refuses backgrounds",
        breaks: &["upload-202"],
        change: |x| {
            if x.is_accepted() && x.asked.body.contains("background") {
                let body = json!({"error": "validation", "details": {"mode": ["no"]}});
                x.answer(422, body.to_string());
            }
        },
    },
    Double {
        name: "has numbers for ids",
        breaks: &["accepted-job-id"],
        change: |x| {
            if x.is_accepted() {
                let number = x.count("jobs");
                x.set("job_id", json!(70 + number));
            }
            if x.is_status()
                && x.asked
                    .head
                    .uri()
                    .query()
                    .is_some_and(|q| q.starts_with("job_id=7") && q.len() == 9)
            {
                x.answer(429, error("later"));
            }
        },
    },
    Double {
        name: "accepts as pending",
        breaks: &["accepted-status"],
        change: |x| {
            if x.is_accepted() {
                x.set("status", json!("pending"));
            }
        },
    },
    Double {
        name: "forgets the mode",
        breaks: &["accepted-mode"],
        change: |x| {
            if x.is_accepted() {
                x.set("mode", json!("background"));
            }
        },
    },
    Double {
        name: "has one id for all",
        breaks: &["job-id-unique"],
        change: |x| {
            if x.is_accepted() {
                x.set("job_id", json!("the-one"));
            }
            if x.is_status() && x.asked.head.uri().query() == Some("job_id=the-one") {
                x.answer(429, error("later"));
            }
        },
    },
    // Looking at a job
    Double {
        name: "looks without an id",
        breaks: &["job-id-required"],
        change: |x| {
            if x.says("job_id is required") {
                x.answer(200, "{}");
            }
        },
    },
    Double {
        name: "shows any job",
        breaks: &["unknown-404"],
        change: |x| {
            let id = x
                .asked
                .head
                .uri()
                .query()
                .unwrap_or_default()
                .trim_start_matches("job_id=")
                .to_owned();
            if x.is_status() && x.status() == 404 && id.len() == 36 && !id.ends_with('g') {
                x.answer(200, json!({"job_id": id, "status": "queued"}).to_string());
            }
        },
    },
    Double {
        name: "wants ids of one shape",
        breaks: &["strange-404"],
        change: |x| {
            let odd = x
                .asked
                .head
                .uri()
                .query()
                .is_some_and(|query| query.contains('%') || query.len() > 200);
            if x.is_status() && odd && x.status() == 404 {
                let body = json!({"error": "validation", "details": {"job_id": ["no UUID"]}});
                x.answer(422, body.to_string());
            }
        },
    },
    Double {
        name: "shows jobs of others",
        breaks: &["foreign-404"],
        change: |x| {
            if x.asked.head.uri().query() == Some("job_id=theirs") {
                x.answer(200, json!({"job_id": "theirs", "status": "queued"}).to_string());
            }
        },
    },
    Double {
        name: "renames not found",
        breaks: &["not-found-body"],
        change: |x| {
            if x.status() == 404 && x.is_status() {
                x.set("error", json!("unknown_job"));
            }
        },
    },
    Double {
        name: "forgets its jobs",
        breaks: &["job-visible"],
        change: |x| {
            if x.is_status() && x.status() == 200 {
                x.answer(404, error("not_found"));
            }
        },
    },
    Double {
        name: "shows another job",
        breaks: &["status-job-id"],
        change: |x| {
            if x.is_status() && x.status() == 200 {
                x.set("job_id", json!("another"));
            }
        },
    },
    Double {
        name: "shows another mode",
        breaks: &["status-mode"],
        change: |x| {
            if x.is_status() && x.status() == 200 {
                x.set("mode", json!("shadow"));
            }
        },
    },
    Double {
        name: "numbers its steps",
        breaks: &["status-step"],
        change: |x| {
            if x.is_status() && x.status() == 200 {
                x.set("status", json!(3));
            }
        },
    },
    Double {
        name: "has a new state",
        breaks: &["status-state"],
        change: |x| {
            if x.is_pending() {
                x.set("state", json!("napping"));
            }
        },
    },
    Double {
        name: "writes progress as text",
        breaks: &["progress-range"],
        change: |x| {
            if x.is_pending() {
                x.set("progress", json!("33"));
            }
        },
    },
    Double {
        name: "counts to a thousand",
        breaks: &["progress-range"],
        change: |x| {
            if x.is_done() {
                x.set("progress", json!(1000));
            }
        },
    },
    Double {
        name: "goes backwards",
        breaks: &["progress-rises"],
        change: |x| {
            if x.is_pending() {
                let id = x.body()["job_id"].to_string();
                let progress = 100 - 10 * x.count(&id);
                x.set("progress", json!(progress));
            }
        },
    },
    Double {
        name: "is done at 99 %",
        breaks: &["progress-done"],
        change: |x| {
            if x.is_done() {
                x.set("progress", json!(99));
            }
        },
    },
    Double {
        name: "has results too early",
        breaks: &["no-result-before-done"],
        change: |x| {
            if x.is_pending() {
                x.set("final_url", json!("https://cdn.example.com/early.png"));
            }
        },
    },
    Double {
        name: "takes done back",
        breaks: &["done-stays"],
        change: |x| {
            if x.is_done() {
                let id = x.body()["job_id"].to_string();
                if x.count(&id) == 2 {
                    x.set("state", json!("pending"));
                }
            }
        },
    },
    Double {
        name: "is done without a result",
        breaks: &["done-has-result"],
        change: |x| {
            if x.is_done() {
                x.set("final_url", Value::Null);
                x.set("final_urls", json!([]));
            }
        },
    },
    Double {
        name: "lists one result",
        breaks: &["delivery-final-url"],
        change: |x| {
            let url = x.body()["final_url"].clone();
            if x.is_done() && url.is_string() {
                x.set("final_urls", json!({"clipping": url}));
                x.set("final_url", Value::Null);
            }
        },
    },
    Double {
        name: "has a list for a map",
        breaks: &["delivery-url-map"],
        change: |x| {
            let urls = x.body()["final_urls"].as_object().cloned();
            if let (true, Some(urls)) = (x.is_done(), urls) {
                x.set("final_urls", urls.values().cloned().collect());
            }
        },
    },
    Double {
        name: "names results after paths",
        breaks: &["variation-name"],
        change: |x| {
            let urls = x.body()["final_urls"].as_object().cloned();
            if let (true, Some(urls)) = (x.is_done(), urls) {
                let renamed = urls.into_iter().map(|(name, url)| (format!("../{name}"), url));
                x.set("final_urls", Value::Object(renamed.collect()));
            }
        },
    },
    Double {
        name: "has flat warnings",
        breaks: &["warnings-shape"],
        change: |x| {
            if x.is_done() {
                x.set("warnings", json!(["params not provided"]));
            }
        },
    },
    Double {
        name: "has a map of ignored variations",
        breaks: &["ignored-shape"],
        change: |x| {
            if x.is_done() {
                x.set("ignored_variations", json!({"0": "shadow"}));
            }
        },
    },
    // Results
    Double {
        name: "has results in plain text",
        breaks: &["result-url"],
        change: |x| {
            if x.is_done() {
                let body = String::from_utf8_lossy(x.answer.body()).replace("https://", "http://");
                *x.answer.body_mut() = body.into();
            }
        },
    },
    Double {
        name: "lets results go",
        breaks: &["result-there"],
        change: |x| {
            if x.is_result() {
                x.answer(403, "<Error/>");
            }
        },
    },
    Double {
        name: "serves a page for a picture",
        breaks: &["result-image"],
        change: |x| {
            if x.is_result() {
                x.answer(200, "<html>not ready</html>");
            }
        },
    },
    Double {
        name: "serves GIF for all",
        breaks: &["result-format"],
        change: |x| {
            if x.is_result() {
                x.answer(200, "GIF89a and so on");
            }
        },
    },
];

fn run(double: &Double) -> Run {
    let mut memory = BTreeMap::new();
    let policy = policy(4).with(|policy| {
        policy.foreign_job = Some("theirs".parse().unwrap());
    });
    // Long enough for several looks at a job that is pending.
    let config = strict().with(|config| config.pending_for = Duration::from_secs(12));
    check_double(config, policy, |asked, outcome| match outcome {
        Outcome::Response(mut answer) => {
            (double.change)(&mut Exchange { asked, answer: &mut answer, memory: &mut memory });
            Outcome::Response(answer)
        }
        other => other,
    })
}

#[test]
fn each_double_breaks_exactly_the_rules_that_it_names() {
    let mut wrong = Vec::new();
    for double in DOUBLES {
        let run = run(double);
        let found: BTreeSet<_> = run.report.broken().into_iter().collect();
        let meant: BTreeSet<_> = double.breaks.iter().copied().collect();
        if found != meant {
            wrong.push(format!("{}: {found:?} instead of {meant:?}\n{}", double.name, run.report));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_that_is_checked_is_broken_by_a_double() {
    let broken: BTreeSet<_> = DOUBLES.iter().flat_map(|double| double.breaks).copied().collect();
    let checked = Rule::all().filter(|rule| rule.is_checked_on_servers()).map(|rule| rule.id);
    let missing: Vec<_> = checked.filter(|id| !broken.contains(id)).collect();
    assert_eq!(missing, [""; 0], "no double breaks these");
}

#[test]
fn no_report_holds_the_key_and_each_finding_can_be_repeated() {
    for double in DOUBLES {
        let report = run(double).report;
        let text = format!("{report}{}", serde_json::to_string(&report).unwrap());
        assert!(!text.contains(KEY), "{}: {text}", double.name);
        for finding in &report.findings {
            assert!(finding.command.starts_with("curl "), "{}: {finding:?}", double.name);
        }
    }
}

#[test]
fn what_is_accepted_against_the_contract_is_told_with_its_job_and_not_done_again() {
    let double = DOUBLES.iter().find(|double| double.name == "takes any format").unwrap();
    let run = run(double);
    assert_eq!(run.report.unasked_jobs, ["leaked-1"]);
    assert_eq!(run.report.credits, 5, "four that were allowed, and one");
    let text = run.report.to_string();
    assert!(text.contains("PAID     job leaked-1"), "{text}");
}
