//! What each fault does, and what it leaves behind on the account.

use http::StatusCode;
use serde_json::json;

use super::*;
use crate::simulator::{Canned, Coding, Fate, Ids, Odd, RetryAfter, Target, Wire};
use miniz_oxide::inflate;

/// The answer to an upload under a fault, and how many jobs there are then.
fn uploaded(fault: Fault) -> (Reply, usize) {
    let mut simulator = scripted(Kind::Upload, When::Always, fault);
    let reply = api(&mut simulator, at(0), json_upload(REMOTE));
    assert_eq!(simulator.hits(), [1]);
    (reply, simulator.account().jobs.len())
}

fn answered(canned: Canned) -> Reply {
    let (reply, jobs) = uploaded(Fault::Answer(canned));
    assert_eq!(jobs, 0);
    reply
}

/// The text of the status of a job that is done, under this oddity.
fn odd_status(odd: Odd) -> Value {
    let mut simulator = scripted(Kind::Status, When::Always, Fault::Odd(odd));
    let id = created(&mut simulator, at(0), json_upload(REMOTE));
    told(&mut simulator, at(0), &id)
}

#[test]
fn a_lost_answer_still_creates_the_job() {
    let (reply, jobs) = uploaded(Fault::DropAfterWork);
    assert_eq!((reply.wire, jobs), (Wire::DropBeforeAnswer, 1));
}

#[test]
fn a_request_lost_before_the_work_creates_nothing() {
    for fault in [Fault::DropBeforeWork, Fault::DropBeforeBody] {
        let (reply, jobs) = uploaded(fault);
        assert_eq!((reply.wire, jobs), (Wire::DropBeforeAnswer, 0));
    }
}

#[test]
fn an_answer_may_hide_that_the_job_was_created() {
    let canned = Canned::bare(StatusCode::INTERNAL_SERVER_ERROR);
    let (reply, jobs) = uploaded(Fault::AnswerAfterWork(canned));
    assert_eq!((reply.response.status().as_u16(), jobs), (500, 1));
}

#[test]
fn an_early_answer_comes_without_the_body() {
    let mut simulator = scripted(Kind::Upload, When::Always, Fault::AnswerEarly(Canned::NoCredits));
    let reply = api(&mut simulator, at(0), json_upload(REMOTE));
    assert_eq!(reply.response.status(), 402);
    assert_eq!(simulator.account().incomplete_uploads, 1);
    assert_eq!(simulator.account().jobs.len(), 0);
}

#[test]
fn only_the_chosen_requests_are_hit() {
    let mut simulator = scripted(Kind::Upload, When::Nth(2), Fault::Answer(Canned::NotFound));
    let mut codes = Vec::new();
    for _ in 0..3 {
        let reply = api(&mut simulator, at(0), json_upload(REMOTE));
        codes.push(reply.response.status().as_u16());
    }
    assert_eq!(codes, [202, 404, 202]);
    assert_eq!(simulator.hits(), [1]);
}

#[test]
fn faults_add_up() {
    let mut simulator = scripted(Kind::Upload, When::Always, Fault::Answer(Canned::NoCredits));
    for fault in [
        Fault::Delay(Duration::from_secs(2)),
        Fault::Delay(Duration::from_secs(3)),
        Fault::CutBody { after: 5 },
        Fault::Answer(Canned::KeyInvalid),
    ] {
        simulator.add_rule(Rule::new(Kind::Upload, When::Always, fault));
    }
    let reply = api(&mut simulator, at(0), json_upload(REMOTE));
    assert_eq!(reply.delay, Duration::from_secs(5));
    assert_eq!(reply.wire, Wire::CutBody { after: 5 });
    assert_eq!(reply.response.status(), 402, "of two answers the first wins");
}

#[test]
fn errors_may_say_when_to_come_back() {
    let said = [
        RetryAfter::Seconds(7),
        RetryAfter::Date(Duration::from_secs(60)),
        RetryAfter::Text("soon".to_owned()),
    ]
    .map(|value| {
        let retry_after = Some(value);
        let reply = answered(Canned::Unavailable { retry_after });
        assert_eq!(body(&reply), json!({"error": "service_unavailable"}));
        let value = &reply.response.headers()["retry-after"];
        value.to_str().unwrap().to_owned()
    });
    assert_eq!(said, ["7", "Thu, 01 Jan 1970 00:01:00 GMT", "soon"]);
}

#[test]
fn errors_may_be_of_any_kind_but_json() {
    let gateway = StatusCode::BAD_GATEWAY;
    let limited = answered(Canned::RateLimited { retry_after: None });
    assert_eq!(limited.response.status(), 429);
    let html = answered(Canned::Html(gateway));
    assert!(html.response.body().starts_with(b"<html>"));
    assert!(answered(Canned::bare(gateway)).response.body().is_empty());
    for canned in [Canned::CutJson(gateway), Canned::InvalidUtf8(gateway)] {
        let reply = answered(canned);
        assert_eq!(reply.response.status(), 502);
        let parsed = serde_json::from_slice::<Value>(reply.response.body());
        assert!(parsed.is_err());
    }
    let utf8 = answered(Canned::InvalidUtf8(gateway)).response.into_body();
    assert!(core::str::from_utf8(&utf8).is_err());
    let (status, bytes) = (gateway, 3 << 20);
    let huge = answered(Canned::Huge { status, bytes });
    assert!(huge.response.body().len() > 3 << 20);
}

#[test]
fn a_redirect_points_anywhere() {
    let location = |to| {
        let status = StatusCode::TEMPORARY_REDIRECT;
        let reply = answered(Canned::Redirect { status, to });
        assert_eq!(reply.response.status(), 307);
        reply.response.headers()["location"].to_str().unwrap().to_owned()
    };
    assert_eq!(location(Target::Here), "/api/v1/upload");
    assert_eq!(location(Target::OtherOrigin), "https://cdn.example.com/api/v1/upload");
    assert_eq!(location(Target::Text("file:///etc/passwd".to_owned())), "file:///etc/passwd");
}

#[test]
fn a_redirected_result_is_found_where_the_redirect_points() {
    for to in [Target::OtherPath, Target::RawPath, Target::OtherOrigin, Target::Here] {
        let status = StatusCode::FOUND;
        let redirect = Fault::Answer(Canned::Redirect { status, to: to.clone() });
        let mut simulator = scripted(Kind::Result, When::Nth(1), redirect);
        let id = created(&mut simulator, at(0), file_upload(PNG));
        let url = format!("https://cdn.example.com/results/{id}/clipping.png");
        let reply = download(&mut simulator, at(0), &url);
        let location = reply.response.headers()["location"].as_bytes().to_vec();
        let location = String::from_utf8(location).unwrap();
        assert_eq!(location.is_ascii(), to != Target::RawPath, "{location}");
        let location = location.replace("é", "%C3%A9").replace(' ', "%20");
        let location = location.replace('[', "%5B").replace(']', "%5D");
        let origin = if to == Target::OtherOrigin {
            assert!(location.starts_with("https://api.example.com/"), "{location}");
            Origin::Api
        } else {
            Origin::Results
        };
        let request = Request::get(location).body(Bytes::new()).unwrap();
        let reply = simulator.exchange(at(0), origin, request);
        assert_eq!(reply.response.body().as_ref(), PNG, "{to:?}");
    }
}

#[test]
fn an_odd_status_keeps_its_meaning() {
    assert_eq!(odd_status(Odd::EmptyMaps)["warnings"], json!([]));
    assert_eq!(odd_status(Odd::EmptyMaps)["final_urls"].as_object().unwrap().len(), 1);
    assert_eq!(odd_status(Odd::Nulls).get("warnings"), Some(&Value::Null));
    assert_eq!(odd_status(Odd::TextNumbers)["progress"], "100");
    assert!(odd_status(Odd::FloatNumbers)["progress"].is_f64());
    assert_eq!(odd_status(Odd::State("x".to_owned()))["state"], "x");
    assert_eq!(odd_status(Odd::Status("y".to_owned()))["status"], "y");
    assert_eq!(odd_status(Odd::NoState).get("state"), None);
    assert_eq!(odd_status(Odd::UpperCase)["state"], "DONE");
    assert!(odd_status(Odd::ExtraFields).as_object().unwrap().len() > 6);
    assert_ne!(odd_status(Odd::OtherJobId)["job_id"], odd_status(Odd::Nulls)["job_id"]);
}

#[test]
fn a_field_without_a_value_may_be_absent() {
    let config = Config::default();
    let mut simulator = Simulator::new(config);
    simulator.add_rule(Rule::new(Kind::Status, When::Nth(2), Fault::Odd(Odd::Absent)));
    let id = created(&mut simulator, at(0), json_upload(REMOTE));
    assert!(told(&mut simulator, at(0), &id).get("final_url").is_some());
    assert_eq!(told(&mut simulator, at(0), &id).get("final_url"), None);
}

#[test]
fn an_unreadable_202_may_still_hold_the_id() {
    for odd in [Odd::Notice, Odd::CutAfterId] {
        let mut simulator = scripted(Kind::Upload, When::Always, Fault::Odd(odd));
        let reply = api(&mut simulator, at(0), json_upload(REMOTE));
        let text = String::from_utf8(reply.response.body().to_vec()).unwrap();
        assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
        let id = &simulator.account().jobs[0].id;
        assert!(text.contains(&format!("\"job_id\":\"{id}\"")), "{text}");
    }
    let (reply, jobs) = uploaded(Fault::Odd(Odd::NoJobId));
    assert_eq!((body(&reply).get("job_id"), jobs), (None, 1));
}

#[test]
fn an_answer_may_be_compressed_unasked() {
    for (coding, name) in [
        (Coding::Gzip, "gzip"),
        (Coding::Deflate, "deflate"),
        (Coding::BareDeflate, "deflate"),
        (Coding::Unreadable, "br"),
    ] {
        let (reply, jobs) = uploaded(Fault::Compressed(coding));
        assert_eq!(reply.response.headers()["content-encoding"], name);
        assert_eq!(jobs, 1);
        let bytes = reply.response.body().as_ref();
        let text = match coding {
            // Ten bytes come before, and eight after.
            Coding::Gzip => inflate::decompress_to_vec(&bytes[10..bytes.len() - 8]).ok(),
            Coding::Deflate => inflate::decompress_to_vec_zlib(bytes).ok(),
            Coding::BareDeflate => inflate::decompress_to_vec(bytes).ok(),
            _ => None,
        };
        let text = text.map(|text| serde_json::from_slice::<Value>(&text).unwrap());
        assert_eq!(text.is_some(), coding != Coding::Unreadable);
        assert!(text.is_none_or(|body| body["status"] == "queued"));
    }
}

#[test]
fn a_script_may_die_in_the_middle_of_its_answer() {
    let (reply, jobs) = uploaded(Fault::ShortBody { after: 9 });
    assert_eq!((reply.wire, reply.response.body().len(), jobs), (Wire::Whole, 9, 1));
}

#[test]
fn a_result_that_is_compressed_has_no_parts() {
    let mut simulator = scripted(Kind::Result, When::Always, Fault::Compressed(Coding::Gzip));
    let id = created(&mut simulator, at(0), file_upload(PNG));
    let reply = download(
        &mut simulator,
        at(0),
        &format!("https://cdn.example.com/results/{id}/clipping.png"),
    );
    assert!(reply.response.body().starts_with(&[0x1f, 0x8b]));
    assert!(!reply.response.headers().contains_key("accept-ranges"));
}

#[test]
fn noise_stands_around_the_json_that_is_meant() {
    for (odd, before, after) in [
        (Odd::Notice, "<br />\n<b>Notice</b>", "}"),
        (Odd::NoticeAfter, "{", "<br />\n"),
        (Odd::QuotingNotice, "<br />\n<b>Notice</b>:  json_decode({\"job_id\":\"none\"", "}"),
        (Odd::Marked, "\u{feff}\r\n\r\n{", "}"),
    ] {
        let (reply, _) = uploaded(Fault::Odd(odd));
        let text = String::from_utf8(reply.response.body().to_vec()).unwrap();
        assert!(text.starts_with(before) && text.ends_with(after), "{text}");
    }
}

#[test]
fn an_id_may_be_a_number_that_no_number_type_holds() {
    let config = Config::instant().with(|config| config.ids = Ids::Digits);
    let mut simulator = Simulator::new(config);
    simulator.add_rule(Rule::new(Kind::Upload, When::Always, Fault::Odd(Odd::NumberId)));
    let reply = api(&mut simulator, at(0), json_upload(REMOTE));
    let id = simulator.account().jobs[0].id.clone();
    assert!(String::from_utf8_lossy(reply.response.body()).contains(&format!("\"job_id\":{id}")));
    assert_eq!(told(&mut simulator, at(0), &id)["job_id"], id, "it is found by its digits");
    // A name stays one.
    let (reply, _) = uploaded(Fault::Odd(Odd::NumberId));
    assert!(body(&reply)["job_id"].is_string());
}

#[test]
fn a_result_may_have_a_name_that_no_address_can_hold() {
    let files = Fate::Files(vec!["a [1]|é%".to_owned()]);
    let mut simulator = scripted(Kind::Upload, When::Always, Fault::Fate(files));
    let id = created(&mut simulator, at(0), file_upload(PNG));
    let body = told(&mut simulator, at(0), &id);
    let url = body["final_urls"]["result1"].as_str().unwrap();
    assert!(url.ends_with("/a [1]|é%.png"), "{url}");
    let escaped = format!("https://cdn.example.com/results/{id}/a%20%5B1%5D%7C%C3%A9%25.png");
    assert_eq!(download(&mut simulator, at(0), &escaped).response.status(), 200);
}

#[test]
fn a_job_that_is_done_may_be_called_otherwise() {
    assert_eq!(odd_status(Odd::Completed)["state"], "completed");
    assert_eq!(odd_status(Odd::Completed)["status"], "completed");
}

#[test]
fn a_slow_answer_is_dated_when_it_leaves() {
    let (reply, _) = uploaded(Fault::Delay(Duration::from_secs(30)));
    assert_eq!(reply.response.headers()["date"], "Thu, 01 Jan 1970 00:00:30 GMT");
}

#[test]
fn a_drip_has_at_least_one_byte() {
    let every = Duration::from_millis(5);
    let (reply, _) = uploaded(Fault::Drip { chunk: 0, every });
    assert_eq!(reply.wire, Wire::Drip { chunk: 1, every });
}
