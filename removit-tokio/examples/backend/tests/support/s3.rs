//! A small object store that speaks S3, on loopback: it judges what it is sent, lists in pages
//! of two, and can be away.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use object_store::ObjectMeta;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, RetryConfig};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

/// The most keys of one page of a list.
const PAGE: usize = 2;

#[derive(Clone)]
pub struct S3 {
    pub url: String,
    books: Arc<Mutex<Books>>,
}

/// What is in it, and what is to go wrong.
#[derive(Default)]
pub struct Books {
    pub objects: BTreeMap<String, (Bytes, SystemTime)>,
    /// Uploads in parts that neither ended nor were given up.
    pub uploads: HashMap<String, BTreeMap<u32, Bytes>>,
    /// Requests for what is below this are answered with a 503.
    pub away: Option<&'static str>,
    /// Parts from this number on are refused.
    pub refused_part: Option<u32>,
    /// The longest body that came.
    pub longest: usize,
    /// How many uploads were begun in parts.
    pub begun: usize,
}

impl S3 {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let s3 = Self { url, books: Arc::default() };
        let router = Router::new().fallback(answer).layer(DefaultBodyLimit::disable());
        let router = router.with_state(s3.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        s3
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// All keys.
    pub fn keys(&self) -> Vec<String> {
        self.books().objects.keys().cloned().collect()
    }

    /// What a process needs to reach it.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT", self.url.clone()),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "nowhere-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "key-of-the-store".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret-of-the-store".to_owned()),
        ]
    }

    /// A client of it that is not patient.
    pub fn client(&self) -> AmazonS3 {
        let backoff = BackoffConfig::default();
        let retry = RetryConfig { max_retries: 1, backoff, ..Default::default() };
        AmazonS3Builder::new()
            .with_endpoint(&self.url)
            .with_allow_http(true)
            .with_bucket_name("bucket")
            .with_access_key_id("key-of-the-store")
            .with_secret_access_key("secret-of-the-store")
            .with_disable_bulk_delete(true)
            .with_retry(retry)
            .build()
            .unwrap()
    }
}

async fn answer(
    State(s3): State<S3>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut books = s3.books();
    let key = uri.path().strip_prefix("/bucket").unwrap().trim_start_matches('/').to_owned();
    let query: HashMap<_, _> = uri.query().unwrap_or_default().split('&').map(pair).collect();
    let query = |name: &str| query.get(name).cloned();
    if books.away.is_some_and(|away| key.contains(away)) {
        return text(StatusCode::SERVICE_UNAVAILABLE, "<Error><Code>SlowDown</Code></Error>");
    }
    let signed = headers["authorization"].to_str().unwrap().to_owned();
    assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=key-of-the-store/"), "{signed}");
    if !body.is_empty() {
        let mut digest = String::new();
        for byte in Sha256::digest(&body) {
            write!(digest, "{byte:02x}").unwrap();
        }
        assert_eq!(headers["x-amz-content-sha256"].to_str().unwrap(), digest);
    }
    books.longest = books.longest.max(body.len());
    match (method.as_str(), query("uploadId"), query("partNumber")) {
        ("GET", None, None) if key.is_empty() => {
            list(&books, query("prefix"), query("continuation-token"))
        }
        ("GET", None, None) => get(&books, &key, &headers),
        ("PUT", None, None) => {
            books.objects.insert(key, (body, SystemTime::now()));
            text(StatusCode::OK, "")
        }
        ("DELETE", None, None) => {
            books.objects.remove(&key);
            text(StatusCode::NO_CONTENT, "")
        }
        ("POST", None, None) if query("uploads").is_some() => {
            books.begun += 1;
            let id = format!("upload-{}", books.begun);
            books.uploads.insert(id.clone(), BTreeMap::new());
            let begun =
                format!("<R><Bucket>bucket</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></R>");
            text(StatusCode::OK, begun)
        }
        ("PUT", Some(id), Some(number)) => {
            let number = number.parse().unwrap();
            if books.refused_part.is_some_and(|from| number >= from) {
                return text(StatusCode::BAD_REQUEST, "<Error><Code>No</Code></Error>");
            }
            books.uploads.get_mut(&id).unwrap().insert(number, body);
            text(StatusCode::OK, "")
        }
        ("POST", Some(id), None) => {
            let parts = books.uploads.remove(&id).unwrap();
            let whole = parts.into_values().collect::<Vec<_>>().concat();
            books.objects.insert(key, (whole.into(), SystemTime::now()));
            text(StatusCode::OK, "<R><ETag>\"etag\"</ETag></R>")
        }
        ("DELETE", Some(id), None) => {
            books.uploads.remove(&id).unwrap();
            text(StatusCode::NO_CONTENT, "")
        }
        other => panic!("{other:?} {uri}"),
    }
}

fn list(books: &Books, prefix: Option<String>, after: Option<String>) -> Response {
    let (prefix, after) = (prefix.unwrap_or_default(), after.unwrap_or_default());
    let all = books.objects.iter();
    let mut left = all.filter(|(key, _)| key.starts_with(&prefix) && **key > after).peekable();
    let mut xml = String::from("<ListBucketResult>");
    let mut last = "";
    for (key, (bytes, at)) in left.by_ref().take(PAGE) {
        let at = meta(bytes, *at).last_modified.to_rfc3339();
        let size = bytes.len();
        write!(xml, "<Contents><Key>{key}</Key><Size>{size}</Size>").unwrap();
        write!(xml, "<LastModified>{at}</LastModified><ETag>\"etag\"</ETag></Contents>").unwrap();
        last = key;
    }
    if left.peek().is_some() {
        write!(xml, "<NextContinuationToken>{last}</NextContinuationToken>").unwrap();
    }
    text(StatusCode::OK, xml + "</ListBucketResult>")
}

fn get(books: &Books, key: &str, headers: &HeaderMap) -> Response {
    assert!(!headers.contains_key("range"), "whole objects are asked for");
    let Some((bytes, at)) = books.objects.get(key) else {
        return text(StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>");
    };
    let at = meta(bytes, *at).last_modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut answer = text(StatusCode::OK, bytes.clone());
    answer.headers_mut().insert("last-modified", at.parse().unwrap());
    answer
}

/// The crate's own time, which its users need not name.
fn meta(bytes: &Bytes, at: SystemTime) -> ObjectMeta {
    let (location, size) = (Default::default(), bytes.len() as u64);
    ObjectMeta { location, last_modified: at.into(), size, e_tag: None, version: None }
}

fn text(status: StatusCode, body: impl Into<Body>) -> Response {
    let answer = Response::builder().status(status).header("etag", "\"etag\"");
    answer.body(body.into()).unwrap()
}

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (name.to_owned(), value.replace("%2F", "/"))
}
