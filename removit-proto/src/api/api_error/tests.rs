//! How answers that say no are read and told.

use super::*;
use crate::ApiKey;
use http::HeaderValue;

fn decode(status: u16, body: &str) -> ApiError {
    let endpoint = Endpoint::production(ApiKey::new("sk-secret").unwrap());
    let answer = Response::builder().status(status).body(body.to_owned()).unwrap();
    ApiError::decode(&answer, &endpoint)
}

#[test]
fn details_name_each_field_in_the_servers_order() {
    let body = r#"{"error":"validation","details":{"mode":["Bad.","Worse."],"file":"Lone."}}"#;
    let error = decode(422, body);
    assert_eq!(
        error.to_string(),
        "422 Unprocessable Entity: validation; mode: Bad. Worse.; file: Lone."
    );
}

#[test]
fn a_flood_of_fields_is_kept_in_part() {
    let field = |n: usize| format!(r#""{n}":["x"]"#);
    let fields: Vec<_> = (0..3000).map(field).collect();
    let error = decode(422, &format!(r#"{{"details":{{{}}}}}"#, fields.join(",")));
    assert!((500..2000).contains(&error.details().len()), "{}", error.details().len());
}

#[test]
fn an_answer_without_words_of_the_api_is_told_by_what_there_is() {
    assert_eq!(decode(502, "").to_string(), "502 Bad Gateway (empty body)");
    assert_eq!(decode(502, "<html>").to_string(), "502 Bad Gateway: <html>");
    assert_eq!(
        decode(302, "<html>").to_string(),
        "302 Found: redirected to an unnamed place, which is not followed; check the base URL"
    );
}

#[test]
fn an_html_page_is_kept_in_part_and_the_status_decides() {
    let error = decode(503, &format!("<html>{}</html>", "x".repeat(10_000)));
    assert_eq!(error.kind(), ApiErrorKind::Unavailable);
    assert_eq!(error.excerpt().as_str().len(), Excerpt::MAX_LEN);
    assert!(!error.is_from_the_api());
}

#[test]
fn an_echoed_key_is_nowhere_in_the_error() {
    let body = r#"{"error":"sk-secret","message":"sk-secret!",
        "details":{"k":["sk-secret"],"sk-secret":["x"]}}"#;
    let error = decode(401, body);
    assert!(!format!("{error} {error:?}").contains("sk-secret"), "{error:?}");
}

#[test]
fn a_field_name_cannot_steer_a_terminal() {
    let error = decode(422, r#"{"details":{"\u001b[2J":["x"]}}"#);
    assert_eq!(error.details()[0].0, "\u{fffd}[2J");
}

#[test]
fn every_text_that_is_kept_is_bounded_and_so_are_all_details_together() {
    let long = "x".repeat(10_000);
    let error = decode(422, &format!(r#"{{"error":"{long}","message":"{long}"}}"#));
    let lengths = [error.code(), error.message()].map(|text| text.map(str::len));
    assert_eq!(lengths, [Some(Excerpt::MAX_LEN); 2]);

    let crowd: Vec<_> = (0..5000).map(|i| format!(r#""f{i}":["{i}"," "]"#)).collect();
    let error = decode(422, &format!(r#"{{"details":{{{}}}}}"#, crowd.join(",")));
    let kept: usize = error.details().iter().map(|(f, p)| f.len() + p.concat().len()).sum();
    assert!((1000..=Excerpt::MAX_LEN).contains(&kept), "{kept}");
}

#[test]
fn an_empty_php_map_of_details_is_no_detail() {
    assert!(decode(422, r#"{"error":"validation","details":[]}"#).details().is_empty());
}

#[test]
fn an_error_is_read_out_of_notices_and_never_out_of_a_page() {
    let json = r#"{"error":"busy","message":"Later."}"#;
    let notice = "<br />\n<b>Warning</b>: {\"error\":\"wrong\"} in <b>a.php</b><br />\n";
    for body in [
        format!("{notice}{json}"),
        format!("{json}\n{notice}"),
        format!("\u{feff} {json}"),
        format!("{{\"debug\":1}}\n{json}"),
    ] {
        let error = decode(503, &body);
        assert_eq!((error.code(), error.message()), (Some("busy"), Some("Later.")), "{body}");
    }
    // Neither says anything of what became of an upload.
    assert!(!decode(503, notice).is_from_the_api());
    let page = format!("<!DOCTYPE html><script>{json}</script>");
    assert!(!decode(503, &page).is_from_the_api());
    let quoting = decode(503, r#"{"error":"<html>"}"#);
    assert_eq!(quoting.code(), Some("<html>"));
}

#[test]
fn what_is_kept_of_a_compressed_body_is_text() {
    let told = |encoding: &str, body: &[u8]| {
        let answer = Response::builder().status(502).header("content-encoding", encoding);
        let endpoint = Endpoint::production(ApiKey::new("sk-secret").unwrap());
        let error = ApiError::decode(&answer.body(body).unwrap(), &endpoint);
        error.excerpt().as_str().to_owned()
    };
    let page = b"<h1>Bad gateway for sk-secret</h1>";
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(page, 6);
    assert_eq!(told("deflate", &zlib), "<h1>Bad gateway for ***</h1>");
    assert_eq!(told("gzip", page), "<h1>Bad gateway for ***</h1>");
    assert!(
        told("deflate", &zlib[..20]).starts_with("<h1>Bad"),
        "{}",
        told("deflate", &zlib[..20])
    );
    assert_eq!(told("br", b"\x8b\xff"), "[a body in the encoding \"br\", which is not read]");
    assert_eq!(told("gzip", b"\x1f\x8b"), "[a compressed body that is cut off or damaged]");
}

#[test]
fn a_location_in_raw_bytes_is_shown() {
    let answer = Response::builder()
        .status(302)
        .header("location", HeaderValue::from_bytes("/é".as_bytes()).unwrap());
    let endpoint = Endpoint::production(ApiKey::new("sk-secret").unwrap());
    let error = ApiError::decode(&answer.body("").unwrap(), &endpoint);
    assert!(error.to_string().contains("redirected to /é,"), "{error}");
}

#[test]
fn a_cut_off_body_still_has_its_status() {
    let error = decode(401, r#"{"error":"unauth"#);
    assert_eq!(error.kind(), ApiErrorKind::Unauthorized);
    assert_eq!(error.code(), None);
}

#[test]
fn an_object_that_says_nothing_of_an_error_does_not_hide_one_before_it() {
    let error = r#"{"error":"busy"}"#;
    for other in ["{}", r#"{"debug":1}"#, r#"{"details":[]}"#, r#"{"details":{"file":[]}}"#] {
        let read = decode(422, &format!("{error}\n{other}"));
        assert_eq!(read.code(), Some("busy"), "{other}");
    }
    for (last, code, details) in [
        (r#"{"error":"bad"}"#, Some("bad"), 0),
        (r#"{"message":"Bad."}"#, None, 0),
        (r#"{"details":{"file":["Bad."]}}"#, None, 1),
        (r#"{"details":{"file":"Bad."}}"#, None, 1),
        (r#"{"details":["Bad."]}"#, None, 1),
    ] {
        let read = decode(422, &format!("{error}\n{last}"));
        assert_eq!((read.code(), read.details().len()), (code, details), "{last}");
    }
}
