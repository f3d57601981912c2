use removit_tokio::proto::{ApiKey, Endpoint, JobId, PollError};
use serde_json::{Value, json};

use super::*;

fn status(body: &Value) -> JobStatus {
    let id: JobId = "j-1".parse().unwrap();
    let endpoint = Endpoint::production(ApiKey::new("any").unwrap());
    let answer = http::Response::builder().status(200).body(body.to_string()).unwrap();
    JobStatus::decode(&answer, &id, &endpoint).unwrap()
}

fn of_line(line: &impl Serialize) -> Value {
    serde_json::to_value(line).unwrap()
}

#[test]
fn a_warning_of_ours_stands_behind_those_of_the_server() {
    let mut line = InputLine::new(Some("cup.jpg"));
    let warnings = json!({"state": "done", "warnings": {"white": ["small"]}});
    line.status(&status(&warnings));
    line.warn("white", "large".to_owned());
    line.warn("final", "odd".to_owned());
    let line = of_line(&line);
    assert_eq!(line["warnings"], json!({"white": ["small", "large"], "final": ["odd"]}));
    assert_eq!((&line["input"], &line["job_id"]), (&json!("cup.jpg"), &json!("j-1")));
}

#[test]
fn a_wait_that_ended_tells_the_newest_status() {
    let latest = status(&json!({
        "state": "pending", "warnings": {"white": ["small"]}, "ignored_variations": ["x"],
    }));
    let mut line = InputLine::new(None);
    let (job_id, latest) = (latest.job_id().clone(), Some(Box::new(latest)));
    line.failed(&PollError::TimedOut { job_id, latest, trouble: None }.into());
    let line = of_line(&line);
    assert_eq!((&line["outcome"], &line["job_id"]), (&json!("timed_out"), &json!("j-1")));
    assert_eq!(line["warnings"], json!({"white": ["small"]}));
    assert_eq!(line["ignored_variations"], json!(["x"]));
    assert!(line["error"].as_str().unwrap().contains("j-1"), "{line}");
}

#[test]
fn results_that_are_here_are_named_although_others_are_missing() {
    let (job_id, files) = ("j-2".parse().unwrap(), vec![PathBuf::from("out/a.png")]);
    let mut line = InputLine::new(None);
    line.failed(&Error::Incomplete { job_id, files, failed: Vec::new() });
    assert_eq!((line.outcome, line.job_id.as_deref()), ("done", Some("j-2")));
    assert_eq!(line.files, ["out/a.png"]);
}

#[test]
fn an_input_without_a_job_has_no_id() {
    let mut line = InputLine::new(None);
    line.failed(&Error::Cancelled);
    assert_eq!((line.outcome, line.job_id), ("not_sent", None));
}

#[test]
fn each_state_has_its_outcome_and_an_unknown_one_keeps_its_word() {
    for (state, outcome) in
        [("done", "done"), ("failed", "failed"), ("pending", "pending"), ("napping", "pending")]
    {
        let line = of_line(&StatusLine::new(&status(&json!({"state": state}))));
        assert_eq!((&line["state"], &line["outcome"]), (&json!(state), &json!(outcome)));
    }
}

#[test]
fn a_status_is_told_whole() {
    let line = of_line(&StatusLine::new(&status(&json!({
        "state": "done", "status": "composed", "mode": "studio", "progress": 70,
        "final_urls": {"white": "https://cdn.example/w.png"},
        "warnings": {"white": ["small"]}, "ignored_variations": ["x"],
    }))));
    let expected = json!({
        "job_id": "j-1", "outcome": "done", "state": "done", "step": "composed",
        "mode": "studio", "progress": 70, "urls": {"white": "https://cdn.example/w.png"},
        "warnings": {"white": ["small"]}, "ignored_variations": ["x"],
    });
    assert_eq!(line, expected);
    let one = status(&json!({"state": "done", "final_url": "https://cdn.example/x.png"}));
    let urls = json!({"final_url": "https://cdn.example/x.png"});
    assert_eq!(of_line(&StatusLine::new(&one))["urls"], urls);
}
