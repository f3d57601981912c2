//! What a status says, whatever is wrong with it.

use super::*;
use crate::ApiKey;
use crate::StatusRequest;

fn decode(body: &str) -> JobStatus {
    let endpoint = Endpoint::production(ApiKey::new("sk/secret").unwrap());
    let body = body.replace("KEY", "sk\\/secret").replace("RAW", "sk/secret");
    JobStatus::decode(&Response::new(body), &"j".parse().unwrap(), &endpoint).unwrap()
}

#[test]
fn an_echoed_key_is_nowhere_in_a_status() {
    let status = decode(
        r#"{"state":"KEY","status":"RAW!","mode":"KEY","warnings":{"KEY":["RAW"]},
        "ignored_variations":["KEY"],"final_urls":{"KEY":"https://cdn.example/x"},"RAW":"KEY"}"#,
    );
    assert_eq!(status.state(), &State::Unknown("***".to_owned()));
    assert_eq!((status.step(), status.mode()), (Some("***!"), Some("***")));
    assert_eq!(status.warnings(), [("***".to_owned(), vec!["***".to_owned()])]);
    assert_eq!(status.ignored_variations(), ["***"]);
    assert_eq!(status.results()[0].variation(), Some("***"));
    let stored = serde_json::to_string(&status).unwrap();
    assert!(!format!("{status:?}{stored}").contains("secret"), "{status:?} {stored}");
}

#[test]
fn a_key_in_the_escapes_of_json_is_nowhere_in_a_status() {
    let status = decode(r#"{"state":"x","status":"s\u006b/secret","mode":"s\u006b\/secret"}"#);
    assert_eq!((status.step(), status.mode()), (Some("***"), Some("***")));
}

#[test]
fn a_status_that_is_read_over_another_is_the_same_and_leaves_copies_alone() {
    let endpoint = Endpoint::production(ApiKey::new("sk/secret").unwrap());
    let job_id: JobId = "j".parse().unwrap();
    let bodies = [
        r#"{"state":"pending","status":"pending_compose","progress":33}"#.to_owned(),
        r#"{"state":"pending","status":"pending_compose","progress":34}"#.to_owned(),
        format!(r#"{{"state":"pending","note":"{}"}}"#, "x".repeat(100_000)),
        r#"{"state":"done","final_url":"https://a.example/x"}"#.to_owned(),
    ];
    let mut latest = None;
    for copied in [false, true] {
        for body in &bodies {
            let copy = latest.clone().filter(|_| copied);
            let said = copy.as_ref().map(|status: &JobStatus| status.body().to_owned());
            let answer = Response::new(body.clone());
            JobStatus::decode_over(&mut latest, &answer, &job_id, &endpoint).unwrap();
            assert_eq!(latest, Some(decode(body)));
            assert_eq!(copy.map(|status| status.body().to_owned()), said);
            assert!(latest.as_ref().unwrap().0.body.capacity() < 2 * body.len() + 8);
        }
    }
    let before = latest.clone();
    let page = Response::new("<html>");
    assert!(JobStatus::decode_over(&mut latest, &page, &job_id, &endpoint).is_err());
    assert_eq!(latest, before);
}

#[test]
fn warnings_without_a_variation_are_kept_and_none_is_none() {
    let lone = |body: &str| decode(body).warnings().to_vec();
    let of = |variation: &str| vec![(variation.to_owned(), vec!["dark".to_owned()])];
    assert_eq!(lone(r#"{"state":"done","warnings":{"clipping":["dark"]}}"#), of("clipping"));
    assert_eq!(lone(r#"{"state":"done","warnings":["dark"]}"#), of(""));
    assert_eq!(lone(r#"{"state":"done","warnings":"dark"}"#), of(""));
    assert_eq!(lone(r#"{"state":"done","warnings":[]}"#), []);
}

#[test]
fn results_in_a_list_are_named_by_their_places() {
    for urls in [r#"["https://a.example/x",null,""]"#, r#""https://a.example/x""#] {
        let status = decode(&format!(r#"{{"state":"done","final_urls":{urls}}}"#));
        assert_eq!(status.results().len(), 1, "{urls}");
        assert_eq!(status.results()[0].variation(), Some("0"));
    }
}

#[test]
fn what_is_no_text_or_blank_is_no_result() {
    for value in
        ["null", "\"\"", "\" \"", "0", "false", "[]", "{}", "{\"a\":null,\"b\":\"\",\"c\":7}"]
    {
        let (one, map) = (format!(r#""final_url":{value}"#), format!(r#""final_urls":{value}"#));
        for field in [one, map] {
            let status = decode(&format!(r#"{{"state":"done",{field}}}"#));
            assert_eq!(status.results(), [], "{field}");
            let status = decode(&format!(r#"{{"state":"completed",{field}}}"#));
            assert_eq!(status.state(), &State::Pending, "{field}");
        }
    }
}

/// What a status is read as, out of these headers and bytes.
fn read(encoding: &str, body: &[u8]) -> Result<JobStatus, StatusUnreadable> {
    let endpoint = Endpoint::production(ApiKey::new("sk/secret").unwrap());
    let mut answer = Response::new(body.to_vec());
    answer.headers_mut().insert("content-encoding", encoding.parse().unwrap());
    JobStatus::decode(&answer, &"j".parse().unwrap(), &endpoint)
}

#[test]
fn a_status_is_read_out_of_compression_and_noise() {
    let json = r#"{"job_id":"j","state":"pending","progress":7}"#;
    let notice =
        "<br />\n<b>Notice</b>: Undefined index: {\"state\":\"done\"} in <b>a.php</b><br />\n";
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(json.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for body in [
        json.as_bytes(),
        &miniz_oxide::deflate::compress_to_vec_zlib(json.as_bytes(), 6),
        &utf16,
        format!("\u{feff}\r\n{json}\n").as_bytes(),
        format!("{notice}{json}").as_bytes(),
        format!("{json}\n{notice}").as_bytes(),
        format!("{notice}{json}{notice}").as_bytes(),
        format!("{{\"debug\":1}}\n{json}\n[]").as_bytes(),
        format!("{json}\nNotice: {{\"job_id\":\"j\",\"state\":\"done\"}} was told").as_bytes(),
        format!("{{\"state\":\"queued\"}}\n{json}").as_bytes(),
        format!("<html><p>{{\"state\":\"done\"}}</p>{json}</html>").as_bytes(),
    ] {
        let status = read("deflate", body).unwrap();
        let read = (status.state(), status.progress());
        assert_eq!(read, (&State::Pending, Some(7)), "{}", String::from_utf8_lossy(body));
    }
    let quoted = "Notice: {\"state\":\"failed\"} seen\n{\"job_id\":\"j\",\"state\":\"pen";
    assert_eq!(read("identity", quoted.as_bytes()), Err(StatusUnreadable::NoStatus));
    let page = b"<html><script>{\"state\":\"done\",\"final_url\":\"https://a/x\"}</script></html>";
    assert_eq!(read("identity", page), Err(StatusUnreadable::NoStatus));
}

#[test]
fn a_status_that_cannot_be_decoded_says_why() {
    assert_eq!(read("br", b"\x8b\xff"), Err(StatusUnreadable::Encoded));
    let mut cut = miniz_oxide::deflate::compress_to_vec_zlib(br#"{"state":"pending"}"#, 6);
    cut.truncate(12);
    assert_eq!(read("deflate", &cut), Err(StatusUnreadable::CutOff));
    assert!(StatusUnreadable::Encoded.to_string().contains("encoding"));
}

#[test]
fn a_text_that_came_damaged_spoils_nothing_else() {
    let status =
        read("identity", b"{\"job_id\":\"\xff\",\"state\":\"done\",\"warnings\":[\"\xe9\"]}");
    assert_eq!(status.unwrap().warnings()[0].1, ["\u{fffd}"]);
}

#[test]
fn an_answer_about_another_job_is_told_from_one_about_none() {
    let endpoint = Endpoint::production(ApiKey::new("sk/secret").unwrap());
    let read = |body: &'static str| {
        JobStatus::decode(&Response::new(body), &"j".parse().unwrap(), &endpoint).unwrap_err()
    };
    assert_eq!(read(r#"{"job_id":"k","state":"done"}"#), StatusUnreadable::OtherJob);
    assert_eq!(read(r#"{"job_id":"j"}"#), StatusUnreadable::NoStatus);
    assert!(StatusUnreadable::OtherJob.to_string().contains("another job"));
}

#[test]
fn it_is_shown_without_its_body() {
    let shown = format!("{:?}", decode(r#"{"state":"pending","status":"queued","x":"body"}"#));
    assert!(shown.contains("Pending") && !shown.contains("body"), "{shown}");
}

#[test]
fn a_question_goes_to_the_api_with_its_job() {
    let endpoint = Endpoint::production(ApiKey::new("sk/secret").unwrap());
    let request = StatusRequest::new("a/b".parse().unwrap()).to_http(&endpoint);
    assert_eq!(request.uri(), "https://api.removit.eu/api/v1/status?job_id=a%2Fb");
    assert_eq!(request.headers()["x-api-key"], "sk/secret");
}

#[test]
fn a_results_url_stays_as_it_is_and_is_shown_by_its_host() {
    let status = decode(r#"{"state":"done","final_url":"https://cdn.example/RAW?KEY"}"#);
    assert_eq!(status.results()[0].url(), "https://cdn.example/sk/secret?sk/secret");
    assert_eq!(format!("{:?}", status.results()[0]), "ResultLink(None, on cdn.example)");
}
