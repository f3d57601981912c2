//! What a trace tells of attempts. Written once: the test crate that includes this
//! file names its `adapter`, its `support`, and defines `scenario!` and `go!`.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::adapter::{Destination, Photo};
use super::support::{Answer, KEY, PNG, Server, accepted, answer, done};

pub(super) type Fields = BTreeMap<String, String>;

/// Keeps the spans of this crate.
#[derive(Clone, Default)]
pub(super) struct Spans(Arc<Mutex<Vec<Fields>>>);

struct Into<'a>(&'a mut Fields);

impl Visit for Into<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "removit"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Into(&mut fields));
        let mut spans = self.0.lock().unwrap();
        spans.push(fields);
        Id::from_u64(spans.len().try_into().unwrap())
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut Into(&mut self.0.lock().unwrap()[index]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Spans {
    /// What was told so far, of which nothing is a secret.
    pub(super) fn told(&self) -> Vec<Fields> {
        let spans = self.0.lock().unwrap().clone();
        let text = format!("{spans:?}");
        for secret in [KEY, "job-1", "signature", "cup"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        spans
    }
}

#[track_caller]
pub(super) fn has(span: &Fields, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(span.get(*name).map(String::as_str), Some(*value), "{name} of {span:?}");
    }
}

fn photo() -> Photo {
    Photo::from_bytes("cup.png", PNG).unwrap()
}

scenario! {
    fn an_attempt_is_a_client_span_with_the_names_of_opentelemetry() {
        let spans = Spans::default();
        let _guard = tracing::subscriber::set_default(spans.clone());
        let server = Server::start([accepted()]);
        go!(server.client().upload(&photo())).unwrap();
        let told = spans.told();
        assert_eq!(told.len(), 1, "{told:?}");
        let length = server.received()[0].header("content-length").unwrap().to_owned();
        has(&told[0], &[
            ("otel.kind", "client"),
            ("otel.name", "POST /api/v1/upload"),
            ("url.template", "/api/v1/upload"),
            ("http.request.method", "POST"),
            ("http.request.body.size", &length),
            ("http.response.status_code", "202"),
            ("server.address", "127.0.0.1"),
            ("server.port", server.url().rsplit_once(':').unwrap().1),
        ]);
        for name in ["error.type", "otel.status_code", "http.request.resend_count"] {
            assert!(!told[0].contains_key(name), "{told:?}");
        }
    }
}

scenario! {
    fn an_attempt_that_failed_says_how_and_the_next_one_that_it_is_the_second() {
        let spans = Spans::default();
        let _guard = tracing::subscriber::set_default(spans.clone());
        let busy = answer("503 Busy", "", r#"{"error":"busy"}"#);
        let server = Server::start([Answer::Raw(busy), accepted()]);
        go!(server.client().upload(&photo())).unwrap();
        let told = spans.told();
        has(&told[0], &[
            ("http.response.status_code", "503"),
            ("error.type", "503"),
            ("otel.status_code", "ERROR"),
        ]);
        has(&told[1], &[("http.response.status_code", "202"), ("http.request.resend_count", "1")]);

        let server = Server::start([Answer::Lost]);
        go!(server.client().upload(&photo())).unwrap_err();
        has(&spans.told()[2], &[("error.type", "broken"), ("otel.status_code", "ERROR")]);
    }
}

scenario! {
    fn the_way_to_a_result_is_told_without_its_url() {
        let spans = Spans::default();
        let _guard = tracing::subscriber::set_default(spans.clone());
        let server = Server::start_with(|url| {
            vec![done(&format!("{url}/cup.png?signature=s3cret")), Answer::Raw(answer("200 OK", "", PNG))]
        });
        let client = server.client();
        let finished = go!(client.wait(&"job-1".parse().unwrap())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        go!(client.download(&finished, &Destination::folder(folder.path(), "cup"))).unwrap();
        let told = spans.told();
        has(&told[0], &[("otel.name", "GET /api/v1/status"), ("http.response.status_code", "200")]);
        has(&told[1], &[("otel.name", "GET result"), ("http.response.status_code", "200")]);
        assert!(!told[1].contains_key("url.template"));
    }
}
