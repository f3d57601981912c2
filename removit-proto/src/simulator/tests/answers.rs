//! The documented bodies, exactly.

use serde_json::json;

use super::*;
use crate::simulator::Keys;

const EXPECTED_ID: &str = "019cdc54-2673-dc32-b9e5-6e1d36cc9e8a";

/// The text with the simulator's own id and addresses in the documented form.
fn as_documented(reply: &Reply, id: &str) -> Value {
    let text = String::from_utf8(reply.response.body().to_vec()).unwrap();
    let text = text
        .replace(&format!("/results/{id}/"), "/results/")
        .replace(id, EXPECTED_ID)
        .replace(".png", ".webp");
    serde_json::from_str(&text).unwrap()
}

fn params_job(delivery: &str) -> Request<Bytes> {
    json_upload(
        json!({"file_url": "https://example.com/image.jpg", "mode": "params", "params": "mon_set",
            "delivery_mode": delivery, "output_format": "webp"})
        .to_string(),
    )
}

#[test]
fn an_accepted_upload() {
    let mut simulator = instant();
    let reply = api(&mut simulator, at(0), params_job("url"));
    let id = simulator.account().jobs[0].id.clone();
    assert_eq!(reply.response.status(), 202);
    assert_eq!(
        as_documented(&reply, &id),
        json!({"job_id": EXPECTED_ID, "status": "queued", "mode": "params"})
    );
}

#[test]
fn a_pending_job() {
    let mut simulator = Simulator::new(Config::default().with(|config| {
        config.queued_for = Duration::from_secs(10);
        config.pending_for = Duration::from_secs(100);
    }));
    let id = created(&mut simulator, at(0), params_job("url"));
    let reply = api(&mut simulator, at(10 + 33), status(&id));
    assert_eq!(
        as_documented(&reply, &id),
        json!({"job_id": EXPECTED_ID, "status": "pending_compose", "state": "pending",
            "mode": "params", "progress": 33, "final_url": null})
    );
}

#[test]
fn a_job_done_with_a_map_of_results() {
    let mut simulator = instant();
    let id = created(&mut simulator, at(0), params_job("url"));
    let reply = api(&mut simulator, at(0), status(&id));
    assert_eq!(
        as_documented(&reply, &id),
        json!({"job_id": EXPECTED_ID, "status": "done", "state": "done", "mode": "params",
            "progress": 100,
            "final_urls": {
                "background": "https://cdn.example.com/results/background.webp",
                "compose": "https://cdn.example.com/results/compose.webp",
                "shadowTop": "https://cdn.example.com/results/shadowTop.webp",
                "clipping": "https://cdn.example.com/results/clipping.webp"},
            "warnings": {"shadow_wall": ["params not provided"]},
            "ignored_variations": ["shadow_wall"]})
    );
}

#[test]
fn a_job_done_with_one_result() {
    let mut simulator = instant();
    let id = created(&mut simulator, at(0), params_job("final_url"));
    let reply = api(&mut simulator, at(0), status(&id));
    assert_eq!(
        as_documented(&reply, &id),
        json!({"job_id": EXPECTED_ID, "status": "done", "state": "done", "mode": "params",
            "progress": 100, "final_url": "https://cdn.example.com/results/clipping.webp"})
    );
}

#[test]
fn a_missing_key() {
    let mut simulator = instant();
    let mut upload = json_upload(REMOTE);
    upload.headers_mut().remove("X-API-Key");
    let reply = api(&mut simulator, at(0), upload);
    assert_eq!(reply.response.status(), 401);
    assert_eq!(body(&reply), json!({"error": "unauthorized", "message": "API key missing"}));
}

#[test]
fn a_refused_key() {
    let config = Config::instant().with(|config| config.keys = Keys::only(&["another"]));
    let mut simulator = Simulator::new(config);
    let reply = api(&mut simulator, at(0), json_upload(REMOTE));
    assert_eq!(reply.response.status(), 401);
    assert_eq!(body(&reply), json!({"error": "unauthorized", "message": "API key invalid"}));
}

#[test]
fn an_account_without_credits() {
    let config = Config::instant().with(|config| config.credits = Some(1));
    let mut simulator = Simulator::new(config);
    created(&mut simulator, at(0), json_upload(REMOTE));
    let reply = api(&mut simulator, at(0), json_upload(REMOTE));
    assert_eq!(reply.response.status(), 402);
    assert_eq!(body(&reply), json!({"error": "insufficient_credits"}));
    assert_eq!(simulator.account().credits_left, Some(0));
    assert_eq!(simulator.account().jobs.len(), 1);
}

#[test]
fn an_unknown_job() {
    let mut simulator = instant();
    let reply = api(&mut simulator, at(0), status("none"));
    assert_eq!(reply.response.status(), 404);
    assert_eq!(body(&reply), json!({"error": "not_found"}));
}

#[test]
fn an_upload_without_a_source_and_with_a_wrong_mode() {
    let mut simulator = instant();
    let reply = api(&mut simulator, at(0), json_upload(r#"{"mode":"magic"}"#));
    assert_eq!(reply.response.status(), 422);
    assert_eq!(
        body(&reply),
        json!({"error": "validation", "details": {
            "file": ["You must provide either file_url or file"],
            "mode": ["The value you selected is not a valid choice."]}})
    );
}

#[test]
fn every_answer_carries_the_time_of_the_vendor() {
    let mut simulator = instant();
    let reply = api(&mut simulator, at(784_111_777), status("none"));
    let date = &reply.response.headers()["date"];
    assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    for beyond_http in [at(253_402_300_800), Instant::FAR_FUTURE] {
        let reply = api(&mut simulator, beyond_http, status("none"));
        assert_eq!(reply.response.headers().get("date"), None);
    }
}
