//! A job from its creation to its end.

use serde_json::json;

use super::*;
use crate::simulator::{Fate, Stage};

fn slow() -> Simulator {
    Simulator::new(Config::default().with(|config| {
        config.queued_for = Duration::from_secs(10);
        config.pending_for = Duration::from_secs(20);
    }))
}

fn fated(fate: Fate) -> Simulator {
    scripted(Kind::Upload, When::Always, Fault::Fate(fate))
}

fn end(simulator: &mut Simulator, upload: Request<Bytes>) -> Value {
    let id = created(simulator, at(0), upload);
    told(simulator, at(0), &id)
}

fn names(body: &Value) -> Vec<&str> {
    let map = body["final_urls"].as_object().unwrap();
    map.keys().map(String::as_str).collect()
}

#[test]
fn a_job_goes_from_the_queue_through_its_steps_to_its_end() {
    let mut simulator = slow();
    let id = created(&mut simulator, at(100), json_upload(REMOTE));
    for (seconds, status, state, progress) in [
        (100, "queued", "pending", 0),
        (109, "queued", "pending", 0),
        (110, "pending_clipping", "pending", 0),
        (115, "pending_clipping", "pending", 25),
        (120, "pending_compose", "pending", 50),
        (129, "pending_compose", "pending", 95),
        (130, "done", "done", 100),
        (9999, "done", "done", 100),
    ] {
        let body = told(&mut simulator, at(seconds), &id);
        assert_eq!(body["status"], status, "at {seconds}");
        assert_eq!(body["state"], state, "at {seconds}");
        assert_eq!(body["progress"], progress, "at {seconds}");
    }
    assert_eq!(simulator.account().jobs[0].last_told, Some(Stage::Done));
}

#[test]
fn each_mode_has_its_variations() {
    for (mode, variations) in [
        ("background", vec!["background"]),
        ("clipping", vec!["clipping"]),
        ("params", vec!["background", "clipping", "compose", "shadowTop"]),
    ] {
        let upload = json!({"file_url": "https://example.com", "mode": mode, "params": "p"});
        let body = end(&mut instant(), json_upload(upload.to_string()));
        assert_eq!(names(&body), variations);
        assert_eq!(body.get("warnings").is_some(), mode == "params");
    }
}

#[test]
fn a_job_belongs_to_its_key() {
    let mut simulator = instant();
    let id = created(&mut simulator, at(0), json_upload(REMOTE));
    let mut by_bearer = status(&id);
    by_bearer.headers_mut().remove("X-API-Key");
    let value = "Bearer test-key".parse().unwrap();
    by_bearer.headers_mut().insert("authorization", value);
    assert_eq!(api(&mut simulator, at(0), by_bearer).response.status(), 200);
    let mut stranger = status(&id);
    let value = "stranger".parse().unwrap();
    stranger.headers_mut().insert("X-API-Key", value);
    assert_eq!(api(&mut simulator, at(0), stranger).response.status(), 404);
}

#[test]
fn the_id_may_be_percent_encoded() {
    let mut simulator = instant();
    let id = created(&mut simulator, at(0), json_upload(REMOTE));
    assert_eq!(told(&mut simulator, at(0), &id.replace('-', "%2D"))["job_id"], *id);
}

#[test]
fn a_status_request_without_an_id_is_invalid() {
    for query in ["", "?", "?job_id", "?job_id=", "?id=5"] {
        let request = keyed(Request::get(format!("/api/v1/status{query}")));
        let reply = api(&mut instant(), at(0), request.body(Bytes::new()).unwrap());
        assert_eq!(reply.response.status(), 422, "{query}");
        assert!(body(&reply)["details"]["job_id"][0].is_string(), "{query}");
    }
}

#[test]
fn a_new_job_may_be_unknown_for_a_while() {
    let config = Config::instant().with(|config| config.visible_after = Duration::from_secs(5));
    let mut simulator = Simulator::new(config);
    let id = created(&mut simulator, at(0), json_upload(REMOTE));
    assert_eq!(api(&mut simulator, at(4), status(&id)).response.status(), 404);
    assert_eq!(api(&mut simulator, at(5), status(&id)).response.status(), 200);
}

#[test]
fn a_job_may_fail_for_good() {
    let (state, status) = ("FAILED".to_owned(), "error".to_owned());
    let body = end(&mut fated(Fate::Failed { state, status }), json_upload(REMOTE));
    assert_eq!((&body["state"], &body["status"]), (&json!("FAILED"), &json!("error")));
    assert_eq!((&body["final_url"], body.get("final_urls")), (&Value::Null, None));
}

#[test]
fn a_job_may_never_end() {
    let mut simulator = fated(Fate::NeverEnds);
    let id = created(&mut simulator, at(0), json_upload(REMOTE));
    let body = told(&mut simulator, at(1_000_000), &id);
    assert_eq!((&body["state"], &body["progress"]), (&json!("pending"), &json!(99)));
}

#[test]
fn a_job_may_be_done_without_a_result() {
    let body = end(&mut fated(Fate::NoResult), json_upload(REMOTE));
    assert_eq!(body["state"], "done");
    assert_eq!((body.get("final_url"), body.get("final_urls")), (None, None));
}

#[test]
fn results_may_come_in_the_other_form_or_in_both() {
    for (fate, delivery, one, map) in [
        (Fate::Done, "url", false, true),
        (Fate::Done, "final_url", true, false),
        (Fate::OtherDelivery, "url", true, false),
        (Fate::OtherDelivery, "final_url", false, true),
        (Fate::BothDeliveries, "url", true, true),
    ] {
        let upload = json!({"file_url": "https://example.com", "delivery_mode": delivery});
        let body = end(&mut fated(fate.clone()), json_upload(upload.to_string()));
        let came = (body["final_url"].is_string(), body["final_urls"].is_object());
        assert_eq!(came, (one, map), "{fate:?} {delivery}");
    }
}

#[test]
fn hostile_names_have_addresses_that_work() {
    let hostile = ["../../etc/passwd", "", "CON"].map(str::to_owned).to_vec();
    let mut simulator = fated(Fate::Names(hostile));
    let body = end(&mut simulator, json_upload(REMOTE));
    assert_eq!(names(&body), ["", "../../etc/passwd", "CON"]);
    for url in body["final_urls"].as_object().unwrap().values() {
        let reply = download(&mut simulator, at(0), url.as_str().unwrap());
        assert_eq!(reply.response.status(), 200, "{url}");
    }
}

#[test]
fn hostile_addresses_are_told_as_they_are() {
    let urls = vec!["file:///etc/passwd".to_owned(), "javascript:1".to_owned()];
    let body = end(&mut fated(Fate::Addresses(urls)), json_upload(REMOTE));
    assert_eq!(
        body["final_urls"],
        json!({"result1": "file:///etc/passwd", "result2": "javascript:1"})
    );
}
