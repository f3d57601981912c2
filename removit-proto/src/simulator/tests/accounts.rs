//! The books: what tests may rely on as the truth.

use serde_json::json;

use super::*;
use crate::simulator::Canned;

const LONG_KEY: &str = "rk_live_0123456789";

#[test]
fn a_refused_upload_costs_nothing() {
    let mut simulator = instant();
    let _refused = api(&mut simulator, at(0), json_upload("{}"));
    created(&mut simulator, at(0), json_upload(REMOTE));
    assert_eq!(simulator.account().credits_spent, 1);
    assert_eq!(simulator.account().requests(Kind::Upload), 2);
    assert_eq!(simulator.account().requests(Kind::Status), 0);
}

#[test]
fn every_poll_is_noted_with_its_time_whatever_the_answer() {
    let down = Fault::Answer(Canned::Unavailable { retry_after: None });
    let mut simulator = scripted(Kind::Status, When::Nth(2), down);
    simulator.add_rule(Rule::new(Kind::Status, When::Nth(3), Fault::DropBeforeBody));
    let id = created(&mut simulator, at(0), json_upload(REMOTE));
    let none = simulator.account().jobs[0].shortest_poll_gap();
    assert_eq!(none, None);
    for seconds in [2, 5, 7, 11] {
        let _any = api(&mut simulator, at(seconds), status(&id));
    }
    let job = simulator.account().job(&id).unwrap();
    assert_eq!(job.polls, [at(2), at(5), at(7), at(11)]);
    assert_eq!(job.shortest_poll_gap(), Some(Duration::from_secs(2)));
}

#[test]
fn a_key_is_noted_at_the_host_that_saw_it() {
    let mut simulator = instant();
    assert!(!simulator.account().key_seen_at(Origin::Api));
    created(&mut simulator, at(0), json_upload(REMOTE));
    assert!(simulator.account().key_seen_at(Origin::Api));
    assert!(!simulator.account().key_seen_at(Origin::Results));
    // A client that follows a redirect with its key in hand.
    let reply = simulator.exchange(at(0), Origin::Results, json_upload(REMOTE));
    assert_eq!(reply.response.status(), 404);
    assert!(simulator.account().key_seen_at(Origin::Results));
}

#[test]
fn the_account_can_be_asked_over_http_without_a_key() {
    let mut simulator = instant();
    let mut upload = json_upload(REMOTE);
    let value = LONG_KEY.parse().unwrap();
    upload.headers_mut().insert("X-API-Key", value);
    let id = created(&mut simulator, at(3), upload);
    let request = Request::get("/simulator/account").body(Bytes::new()).unwrap();
    let reply = api(&mut simulator, at(4), request);
    let books = body(&reply);
    assert_eq!(books["jobs"][0]["id"], *id);
    assert_eq!(books["jobs"][0]["created_at"], 3.0);
    assert_eq!(
        books["jobs"][0]["order"]["source"],
        json!({"file_url": "https://example.com/image.jpg"})
    );
    assert_eq!(books["credits_spent"], 1);
    assert_eq!(books["keys_seen"], json!({"api": ["…6789"]}));
    assert_eq!(books["requests"], json!({"upload": 1, "other": 1}));
}

#[test]
fn no_debug_text_shows_a_key() {
    let mut simulator = instant();
    let mut upload = json_upload(REMOTE);
    let value = LONG_KEY.parse().unwrap();
    upload.headers_mut().insert("X-API-Key", value);
    created(&mut simulator, at(0), upload);
    let text = format!("{simulator:?}");
    assert!(text.contains("…6789") && !text.contains(LONG_KEY), "{text}");
}

#[test]
fn other_paths_and_methods_are_told_so() {
    let mut simulator = instant();
    for (method, path, code) in [
        ("GET", "/api/v1/upload", 405),
        ("POST", "/api/v1/status", 405),
        ("GET", "/", 404),
        ("DELETE", "/results/a/b", 404),
    ] {
        let request = keyed(Request::builder().method(method).uri(path));
        let reply = api(&mut simulator, at(0), request.body(Bytes::new()).unwrap());
        assert_eq!(reply.response.status(), code, "{method} {path}");
    }
    assert_eq!(simulator.account().requests(Kind::Other), 4);
}
