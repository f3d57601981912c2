//! The body of an error answer: the status decides, the body explains within
//! bounds, and neither the API key nor a control character is in it.

use http::{Response, header};
use removit_proto::{ApiError, ApiErrorKind, ApiKey, Endpoint, Excerpt};

use super::input::Input;
use super::support::{self, reading};

/// Some keys, one of which looks like what a key is replaced with.
const KEYS: [&str; 3] = ["sk-fuzz-key", "x***x", "aaaa"];

/// The first byte chooses the key, the rest is the body.
pub fn body(input: &[u8]) {
    let mut input = Input::new(input);
    let key = input.pick(&KEYS);
    let body = input.rest();
    let endpoint = Endpoint::production(ApiKey::new(key).expect("a key"));
    for (status, kind) in [
        (302, ApiErrorKind::Redirected),
        (401, ApiErrorKind::Unauthorized),
        (402, ApiErrorKind::InsufficientCredits),
        (404, ApiErrorKind::NotFound),
        (413, ApiErrorKind::Refused),
        (422, ApiErrorKind::Validation),
        (429, ApiErrorKind::RateLimited),
        (500, ApiErrorKind::Server),
        (503, ApiErrorKind::Unavailable),
    ] {
        assert_eq!(decode(status, body, &endpoint).kind(), kind);
    }
    check(&decode(422, body, &endpoint), key, body);
    // A place to go to is shown where the body says nothing.
    let elsewhere = decode(302, body, &endpoint);
    assert!(!format!("{elsewhere} {elsewhere:?}").contains(key));
}

fn decode(status: u16, body: &[u8], endpoint: &Endpoint) -> ApiError {
    let mut answer = Response::builder().status(status);
    if let Ok(location) = header::HeaderValue::from_bytes(body) {
        answer = answer.header(header::LOCATION, location);
    }
    let error = ApiError::decode(&answer.body(body).expect("an answer"), endpoint);
    assert_eq!(error.status().as_u16(), status);
    error
}

fn check(error: &ApiError, key: &str, body: &[u8]) {
    let read = reading::Explained::of(error);
    let texts: Vec<&str> =
        read.texts().map(String::as_str).chain([error.excerpt().as_str()]).collect();
    let stored = serde_json::to_string(error).expect("storable");
    assert_eq!(&serde_json::from_str::<ApiError>(&stored).expect("readable"), error);
    for shown in [&*error.to_string(), &*format!("{error:?}"), &stored].iter().chain(&texts) {
        assert!(!shown.contains(key), "the key is shown in {shown:?}");
    }
    for text in &texts {
        let clean = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
        assert!(text.chars().all(clean), "a control character in {text:?}");
        assert!(text.len() <= Excerpt::MAX_LEN, "{} bytes are kept", text.len());
    }
    let kept: usize = texts.iter().map(|text| text.len()).sum();
    assert!(kept <= 4 * Excerpt::MAX_LEN, "{kept} bytes are kept");

    if support::is_gzip(body) {
        return;
    }
    let explained = reading::explained(body);
    let is_plain = |text: &String| {
        *text == text.trim() && !text.chars().any(char::is_control) && !text.contains(key)
    };
    // Where nothing has to be cleaned or cut, nothing is lost either.
    if body.len() <= 512 && explained.texts().all(is_plain) {
        assert_eq!(read, explained);
    }
}
