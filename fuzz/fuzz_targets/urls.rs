//! A result URL that is admitted is one that may be fetched, and so is every
//! place that it redirects to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use removit_proto::{ApiKey, DownloadRequest, Endpoint, OutputNames, ResultUrl};

fuzz_target!(|input: (&str, &str)| {
    let (text, location) = input;
    let endpoint = Endpoint::production(ApiKey::new("k").expect("a key"));
    if let Ok(url) = ResultUrl::check(text, &endpoint) {
        check(&url);
        if let Ok(next) = url.redirected(location) {
            check(&next);
        }
    }
    let name = OutputNames::new(text).next(Some(location), text);
    assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{name}");
    assert!(!name.starts_with('.') && name.len() < 256);
});

fn check(url: &ResultUrl) {
    let request = DownloadRequest::new(url.clone()).to_http();
    assert_eq!(request.uri().scheme_str(), Some("https"));
    assert!(request.uri().host().is_some_and(|host| !host.is_empty()));
    assert!(!request.uri().authority().expect("an authority").as_str().contains('@'));
}
