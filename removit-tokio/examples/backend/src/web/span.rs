//! A span of each request, by OpenTelemetry's names. It names the route and never the path,
//! which has ids in it, nor a header.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use tracing::Instrument as _;
use tracing::field::Empty;

/// Words of a caller's own are no names of spans.
const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::HEAD, Method::OPTIONS];

pub(super) async fn of_request(request: Request, next: Next) -> Response {
    let method = METHODS.iter().find(|method| *method == request.method());
    let method = method.map_or("_OTHER", Method::as_str);
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.as_deref().unwrap_or_default();
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = format_args!("{method} {route}"),
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    let answer = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", answer.status().as_u16());
    if answer.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    answer
}
