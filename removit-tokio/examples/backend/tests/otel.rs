//! The spans that leave with the feature `otel`, at a collector of this test's own:
//! `cargo test --features otel --test otel`.
#![cfg(feature = "otel")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use removit_tokio::proto::simulator::Config;
use support::{Backend, LONG, World, form};

type Bodies = Arc<Mutex<Vec<Bytes>>>;

/// A collector on loopback: where it is, and what it was sent.
async fn collector() -> (String, Bodies) {
    let bodies = Bodies::default();
    let take = async |State(bodies): State<Bodies>, body: Bytes| {
        bodies.lock().unwrap().push(body);
    };
    let router = Router::new().route("/v1/traces", post(take)).with_state(bodies.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = hyper_util::service::TowerToHyperService::new(router.clone());
            let stream = hyper_util::rt::TokioIo::new(stream);
            let serving = hyper::server::conn::http1::Builder::new();
            tokio::spawn(serving.serve_connection(stream, service));
        }
    });
    (url, bodies)
}

/// A field of a protobuf message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return value;
        }
    }
    panic!("a number without an end");
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let len = match tag & 7 {
            0 => {
                fields.push((tag >> 3, Field::Number(varint(&mut bytes))));
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)).unwrap(),
            5 => 4,
            other => panic!("nobody knows the wire type {other}"),
        };
        let (field, rest) = bytes.split_at(len);
        fields.push((tag >> 3, Field::Bytes(field)));
        bytes = rest;
    }
    fields
}

fn inner(message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    fields(message).into_iter().filter_map(move |(n, field)| match field {
        Field::Bytes(bytes) if n == number => Some(bytes),
        _ => None,
    })
}

fn text(message: &[u8], number: u64) -> Option<String> {
    inner(message, number).next().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn number(message: &[u8], number: u64) -> Option<u64> {
    fields(message).into_iter().find_map(|(n, field)| match field {
        Field::Number(value) if n == number => Some(value),
        _ => None,
    })
}

#[derive(Debug)]
struct Span {
    name: String,
    kind: u64,
    attributes: Vec<(String, String)>,
}

impl Span {
    /// By the numbers of `opentelemetry/proto/trace/v1/trace.proto`.
    fn read(span: &[u8]) -> Self {
        let attributes = inner(span, 9).map(|pair| {
            let value = inner(pair, 2).next().unwrap();
            let value = text(value, 1).or_else(|| number(value, 3).map(|n| n.to_string()));
            (text(pair, 1).unwrap(), value.unwrap_or_default())
        });
        let attributes = attributes.collect();
        Self { name: text(span, 5).unwrap(), kind: number(span, 6).unwrap(), attributes }
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn spans(bodies: &Bodies) -> Vec<Span> {
    let bodies = bodies.lock().unwrap();
    let resources = bodies.iter().flat_map(|body| inner(body, 1));
    let scopes = resources.flat_map(|resource| inner(resource, 2));
    scopes.flat_map(|scope| inner(scope, 2)).map(Span::read).collect()
}

const SERVER: u64 = 2;
const CLIENT: u64 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn each_attempt_and_each_request_is_a_span_and_no_secret_is_in_one() {
    let (url, bodies) = collector().await;
    let world = World::new(Config::instant()).await;
    let tokens = world.folder.path().join("tokens");
    std::fs::write(&tokens, "shop token-of-the-shop-0123456789\n").unwrap();
    let mut command = world.command(&["--tokens-file", tokens.to_str().unwrap()]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &url).env("OTEL_BSP_SCHEDULE_DELAY", "100");
    let mut backend = Backend::spawn(command, world.folder.path(), world.client.clone()).await;
    backend.token = Some("token-of-the-shop-0123456789".to_owned());
    let given = backend.post("/photos").multipart(form(1)).send().await.unwrap();
    let id = support::id_of(given).await;
    let done = backend.until(&id, "done").await;
    let href = done["results"][0]["href"].as_str().unwrap().to_owned();
    backend.get(&href).send().await.unwrap().bytes().await.unwrap();
    // What was not sent by then is sent at the end.
    backend.signal("-TERM");
    assert!(backend.ended().await.success(), "{}", backend.said());

    let began = Instant::now();
    while bodies.lock().unwrap().is_empty() {
        assert!(began.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let spans = spans(&bodies);
    let of = |name: &str, kind: u64| {
        spans.iter().filter(|span| span.name == name && span.kind == kind).collect::<Vec<_>>()
    };
    let uploads = of("POST /api/v1/upload", CLIENT);
    assert_eq!(uploads.len(), 1, "{spans:#?}");
    let upload = uploads[0];
    assert_eq!(upload.attribute("http.request.method"), Some("POST"));
    assert_eq!(upload.attribute("url.template"), Some("/api/v1/upload"));
    assert_eq!(upload.attribute("server.address"), Some("127.0.0.1"));
    assert!(upload.attribute("http.response.status_code").is_some_and(|s| s.starts_with('2')));
    // A look of the poller, one before the fetch, and the result.
    let clients = spans.iter().filter(|span| span.kind == CLIENT).count();
    assert!(clients >= 4, "{spans:#?}");
    let taken = of("POST /photos", SERVER);
    assert_eq!(taken.len(), 1, "{spans:#?}");
    assert_eq!(taken[0].attribute("http.route"), Some("/photos"));
    assert_eq!(taken[0].attribute("http.response.status_code"), Some("202"));
    assert_eq!(of("GET /photos/{id}/results/{variation}", SERVER).len(), 1, "{spans:#?}");

    let bodies = bodies.lock().unwrap();
    let all: String = bodies.iter().map(|body| String::from_utf8_lossy(body)).collect();
    for secret in ["secret-key-of-the-vendor", "token-of-the-shop", id.as_str(), "/results/"] {
        // Routes have that word as well.
        let all = all.replace("/results/{variation}", "");
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}
