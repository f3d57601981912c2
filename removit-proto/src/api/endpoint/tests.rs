//! Base URLs, and what is shown of an endpoint.

use super::*;

fn at(base_url: &str) -> Result<Endpoint, UrlError> {
    Endpoint::new(base_url, ApiKey::new("k").unwrap())
}

#[test]
fn a_request_goes_below_the_prefix_of_the_base_url() {
    let endpoint = at("https://gateway.example/removit/").unwrap();
    assert_eq!(endpoint.base_url(), "https://gateway.example/removit");
    let request = endpoint.request(Method::GET, "/api/v1/status?job_id=j", Body::default());
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.uri(), "https://gateway.example/removit/api/v1/status?job_id=j");
}

#[test]
fn a_base_url_may_be_written_down_with_the_path_of_an_endpoint() {
    for (written, base_url) in [
        ("https://a.example//", "https://a.example"),
        ("https://a.example/api/v1", "https://a.example"),
        ("https://a.example/api/v1/", "https://a.example"),
        ("https://a.example/api/v1/upload", "https://a.example"),
        ("https://a.example/api/v1/status/", "https://a.example"),
        ("https://a.example/shop//api/v1/upload", "https://a.example/shop"),
        ("https://a.example/upload", "https://a.example/upload"),
        ("https://a.example/api", "https://a.example/api"),
        ("https://a.example/myapi/v1", "https://a.example/myapi/v1"),
        ("https://api/v1", "https://api/v1"),
    ] {
        assert_eq!(at(written).unwrap().base_url(), base_url, "{written}");
    }
}

#[test]
fn plain_text_is_for_loopback_only() {
    for (base_url, plain) in [
        ("http://localhost:1", true),
        ("http://[::1]", true),
        ("https://localhost", false),
        ("https://api.example", false),
    ] {
        assert_eq!(at(base_url).unwrap().is_plain_loopback(), plain, "{base_url}");
    }
    assert_eq!(at("http://api.example").unwrap_err(), UrlError::Insecure);
}

#[test]
fn a_base_url_has_neither_query_nor_fragment() {
    for base_url in ["https://a/?x", "https://a?", "https://a/#x", "https://a#"] {
        assert_eq!(at(base_url).unwrap_err(), UrlError::QueryOrFragment, "{base_url}");
    }
}

#[test]
fn an_endpoint_is_shown_without_its_key() {
    let endpoint = Endpoint::new("https://a.example", ApiKey::new("s3cret-key").unwrap());
    let shown = format!("{:?}", endpoint.unwrap().with_auth(AuthScheme::Bearer));
    for part in ["Endpoint", "https://a.example", "***", "Bearer", USER_AGENT] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_text_without_the_key_is_clean_and_one_with_it_is_not() {
    let endpoint = Endpoint::production(ApiKey::new("s3cret-key").unwrap());
    assert!(endpoint.is_clean("queued"));
    assert!(!endpoint.is_clean("a s3cret-key is here"));
}
