//! Base URLs, photos' URLs, result URLs and redirects: what is admitted is read
//! alike by the URL parser of the browsers (crate `url`), goes to the origin
//! that it names, and is encrypted or stays on this machine.

use http::{Request, Uri};
use removit_proto::{
    ApiKey, Body, DownloadRequest, Endpoint, ResultUrl, Seed, SourceUrl, StatusRequest,
    UploadRequest,
};
use url::{Host, Url};

use super::support;

const KEY: &str = "sk-test-key";

/// The first line is a base URL, the second one a result's or a photo's URL,
/// the third one a redirect's `Location`.
pub fn body(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (base, url, location) = (line(), line(), line());

    let custom = Endpoint::new(base, ApiKey::new(KEY).expect("a key")).ok();
    if let Some(endpoint) = &custom {
        check_endpoint(endpoint, base);
    }
    for endpoint in custom.into_iter().chain([support::endpoint()]) {
        let Ok(result) = ResultUrl::check(url, &endpoint) else { continue };
        let Some(read) = read(url) else { continue };
        check_result(&result, &endpoint, &read);
        check_path(&result, &read);
        if let Ok(next) = result.redirected(location) {
            check_redirect(&next, &endpoint, &result, location);
        }
    }
    if let Ok(source) = url.parse::<SourceUrl>() {
        check_source(&source);
    }
}

fn check_endpoint(endpoint: &Endpoint, base: &str) {
    let Some(read) = read(base) else { return };
    assert!(read.scheme() == "https" || is_loopback(&read), "{base} is plain text");
    assert_eq!(endpoint.is_plain_loopback(), read.scheme() == "http");
    assert_eq!((read.username(), read.password()), ("", None), "{base}");
    assert_eq!((read.query(), read.fragment()), (None, None), "{base}");

    let id = "a b&c/é".parse().expect("an id");
    let status = StatusRequest::new(id).to_http(endpoint);
    let upload = support::url_request().to_http(endpoint, Seed::new(1));
    for (request, path) in [(&status, "/api/v1/status"), (&upload, "/api/v1/upload")] {
        let sent = sent_to(request);
        assert_eq!(sent.origin(), read.origin(), "the key leaves its origin: {base}");
        assert!(sent.path().ends_with(path), "{sent}");
        assert_eq!(request.headers()["x-api-key"], KEY);
    }
    let pairs: Vec<_> = sent_to(&status).query_pairs().into_owned().collect();
    assert_eq!(pairs, [("job_id".to_owned(), "a b&c/é".to_owned())]);
    let again = Endpoint::new(endpoint.base_url(), ApiKey::new(KEY).expect("a key"));
    assert_eq!(again.expect("a base URL").base_url(), endpoint.base_url());
}

fn check_result(url: &ResultUrl, endpoint: &Endpoint, read: &Url) {
    let plain_loopback =
        endpoint.is_plain_loopback() && read.scheme() == "http" && is_loopback(read);
    assert!(read.scheme() == "https" || plain_loopback, "{url} must not be fetched");
    assert_eq!((read.username(), read.password()), ("", None), "{url}");

    let request = request_of(url);
    assert_eq!(sent_to(&request).origin(), read.origin(), "{url}");
    let has_key = |value: &http::HeaderValue| {
        value.as_bytes().windows(KEY.len()).any(|w| w == KEY.as_bytes())
    };
    assert!(!request.headers().values().any(has_key), "the key is sent to {url}");
    assert!(!url.as_str().contains('#'), "a fragment is sent: {url}");
    let shown = format!("{url:?}");
    assert!(shown.split_once('?').is_none_or(|(_, query)| query == "…)"), "a signature in {shown}");

    let stored = serde_json::to_string(url).expect("storable");
    assert_eq!(&serde_json::from_str::<ResultUrl>(&stored).expect("readable"), url);
}

/// The same path and query as the browsers', whichever characters are escaped.
fn check_path(url: &ResultUrl, read: &Url) {
    if goes_up_in_its_own_way(url.as_str()) {
        return;
    }
    let sent = sent_to(&request_of(url));
    for (ours, theirs) in [
        (sent.path(), read.path()),
        (sent.query().unwrap_or_default(), read.query().unwrap_or_default()),
    ] {
        assert_eq!(unescaped(ours), unescaped(theirs), "{url} for {read}");
    }
}

/// Crate `url` goes up past empty segments, and past `s:` or `s|` as if it were a
/// Windows drive, in a way of its own.
fn goes_up_in_its_own_way(url: &str) -> bool {
    let lower = url.to_ascii_lowercase().replace("%2e", ".").replace("%7c", "|");
    let path = lower.split('?').next().unwrap_or_default();
    let path = path.trim_start_matches("https://").trim_start_matches("http://");
    let has_drive = path.split('/').any(|s| s.len() == 2 && s.ends_with([':', '|']));
    path.contains("/..") && (has_drive || path.contains("//"))
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|d| *first == b'%' && d.bytes().all(|b| b.is_ascii_hexdigit()));
        bytes.push(digits.map_or(*first, |d| u8::from_str_radix(d, 16).expect("two digits")));
        rest = if digits.is_some() { &after[2..] } else { after };
    }
    bytes
}

fn check_redirect(next: &ResultUrl, endpoint: &Endpoint, from: &ResultUrl, location: &str) {
    let Some(read) = read(next.as_str()) else { return };
    check_result(next, endpoint, &read);
    let joined = sent_to(&request_of(from)).join(location).expect("what is followed can be joined");
    assert_eq!(joined.origin(), read.origin(), "{from} redirects to {location}");
    // They take `%2e` for `.` too, which moves paths, never origins; and crate
    // `url` goes up past empty segments, and past `s:` as if it were a Windows
    // drive, in a way of its own.
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/.-_~:?=&".contains(&b);
    let is_simple = |text: &str| {
        let below = text.trim_start_matches("https:").trim_start_matches('/');
        let has_drive = below.split('/').any(|part| part.len() == 2 && part.ends_with(':'));
        text.bytes().all(plain) && !below.contains("//") && !has_drive
    };
    if is_simple(location) && is_simple(from.as_str()) {
        assert_eq!(joined.as_str(), read.as_str(), "{from} redirects to {location}");
    }
}

fn check_source(source: &SourceUrl) {
    let again = source.as_str().parse::<SourceUrl>();
    assert_eq!(again.as_ref(), Ok(source));
    assert!(read(source.as_str()).is_none_or(|url| url.has_host()));
    let wire = UploadRequest::from_url(source.clone()).to_http(&support::endpoint(), Seed::new(1));
    let body = support::multer_reader::on_the_wire(wire.body(), b"");
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body, serde_json::json!({ "file_url": source.as_str() }));
}

/// The other parser's reading of what we admitted. It alone knows which
/// `xn--` names are none.
fn read(text: &str) -> Option<Url> {
    let url = Url::parse(text);
    assert!(url.is_ok() || text.to_ascii_lowercase().contains("xn--"), "{text}: {url:?}");
    url.ok()
}

fn request_of(url: &ResultUrl) -> Request<Body> {
    DownloadRequest::new(url.clone()).to_http()
}

fn sent_to(request: &Request<Body>) -> Url {
    let uri: &Uri = request.uri();
    Url::parse(&uri.to_string()).expect("a URL")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
