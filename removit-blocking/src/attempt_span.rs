//! What a trace tells of one attempt: a client span, named as OpenTelemetry names
//! them.
//!
//! It holds no URL, no id and no key: where a request goes is its host and the name
//! of what it does. Without the feature `tracing` nothing is told, at no cost.

use removit_proto::{Attempt, Outcome};
#[cfg(feature = "tracing")]
use removit_proto::{Step, TransportFailure};

/// One attempt, from its request to its outcome: for drivers and transports of your own
/// that are to be seen as these are.
///
/// ```
/// use removit_blocking::AttemptSpan;
/// use removit_blocking::proto::{Attempt, Outcome};
///
/// fn send(attempt: &Attempt, exchange: impl FnOnce(&Attempt) -> Outcome) -> Outcome {
///     let span = AttemptSpan::begin(attempt);
///     let outcome = span.within(|| exchange(attempt));
///     span.end(&outcome);
///     outcome
/// }
/// ```
#[derive(Clone, Debug)]
pub struct AttemptSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg(feature = "tracing")]
impl AttemptSpan {
    /// Begins where the request is about to be sent.
    #[must_use]
    pub fn begin(attempt: &Attempt) -> Self {
        let request = &attempt.request;
        let (method, uri) = (request.method().as_str(), request.uri());
        let place = Place::of(attempt);
        let port =
            uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        let span = tracing::info_span!(
            target: "removit",
            "removit.attempt",
            otel.kind = "client",
            otel.name = format_args!("{method} {}", place.name()),
            otel.status_code = tracing::field::Empty,
            http.request.method = method,
            http.request.body.size = request.body().len(),
            http.request.resend_count = tracing::field::Empty,
            http.response.status_code = tracing::field::Empty,
            url.template = tracing::field::Empty,
            server.address = uri.host().unwrap_or_default(),
            server.port = port,
            error.r#type = tracing::field::Empty,
        );
        if let Some(template) = place.template() {
            span.record("url.template", template);
        }
        if attempt.resent > 0 {
            span.record("http.request.resend_count", attempt.resent);
        }
        Self { span }
    }

    /// Ends with the outcome.
    pub fn end(&self, outcome: &Outcome) {
        let status = match outcome {
            Outcome::Response(answer) | Outcome::Partial(answer) => Some(answer.status()),
            Outcome::Stored { head, .. } | Outcome::StoredPart { head, .. } => Some(head.status()),
            _ => None,
        };
        if let Some(status) = status {
            self.span.record("http.response.status_code", status.as_u16());
        }
        let error = match (outcome, &status) {
            (Outcome::Failed(failure), _) => Some(kind(failure)),
            (Outcome::Partial(_) | Outcome::StoredPart { .. }, _) => Some("cut_off"),
            (_, Some(status)) if status.as_u16() >= 400 => Some(status.as_str()),
            _ => None,
        };
        if let Some(error) = error {
            self.span.record("error.type", error);
            self.span.record("otel.status_code", "ERROR");
        }
    }

    /// Does something within the span.
    pub fn within<R>(&self, work: impl FnOnce() -> R) -> R {
        self.span.in_scope(work)
    }
}

#[cfg(not(feature = "tracing"))]
impl AttemptSpan {
    /// Begins nothing.
    #[must_use]
    pub const fn begin(_: &Attempt) -> Self {
        Self {}
    }

    /// Tells nothing.
    pub const fn end(&self, _: &Outcome) {}

    /// Does something.
    pub fn within<R>(&self, work: impl FnOnce() -> R) -> R {
        work()
    }
}

/// Where a request goes, without an id or a secret.
#[cfg(feature = "tracing")]
#[derive(Clone, Copy)]
enum Place {
    Upload,
    Status,
    /// On a host that the API names.
    Result,
}

#[cfg(feature = "tracing")]
impl Place {
    const fn of(attempt: &Attempt) -> Self {
        match attempt.step {
            Step::Upload => Self::Upload,
            Step::Result => Self::Result,
            _ => Self::Status,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Upload => "/api/v1/upload",
            Self::Status => "/api/v1/status",
            Self::Result => "result",
        }
    }

    const fn template(self) -> Option<&'static str> {
        match self {
            Self::Result => None,
            place => Some(place.name()),
        }
    }
}

#[cfg(feature = "tracing")]
const fn kind(failure: &TransportFailure) -> &'static str {
    match failure {
        TransportFailure::Connect { .. } => "connect",
        TransportFailure::Broken { .. } => "broken",
        TransportFailure::TimedOut { .. } => "timed_out",
        TransportFailure::Source { .. } => "source",
        TransportFailure::Sink { .. } => "sink",
        TransportFailure::TooLarge { .. } => "too_large",
        TransportFailure::Unreachable { .. } => "unreachable",
        _ => "_OTHER",
    }
}
