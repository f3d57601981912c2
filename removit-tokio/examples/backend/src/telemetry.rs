//! What the process tells about itself: a log for people, and with the feature `otel` spans
//! for a collector.
//!
//! Spans are of requests that came in, and of every attempt at the vendor: uploads, looks and
//! results, by OpenTelemetry's names. Only spans leave, and no event, so that what a log line
//! says of a job stays here; no span has a URL, a key or a token in it.

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::error::Result;

/// What leaves the process. It is to be [ended](Self::end).
#[derive(Debug, Default)]
pub struct Telemetry {
    #[cfg(feature = "otel")]
    spans: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

impl Telemetry {
    /// Begins to log, and to export where the environment names a collector
    /// (`OTEL_EXPORTER_OTLP_ENDPOINT`). Not within the runtime: the exporter has a thread.
    pub fn start() -> Result<Self> {
        let filter = EnvFilter::try_from_env("BACKEND_LOG");
        let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
        let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let registry = tracing_subscriber::registry().with(log.with_filter(filter));
        #[cfg(feature = "otel")]
        {
            let spans = otel::provider()?;
            registry.with(spans.as_ref().map(otel::layer)).init();
            Ok(Self { spans })
        }
        #[cfg(not(feature = "otel"))]
        {
            registry.init();
            Ok(Self::default())
        }
    }

    /// Sends what is left.
    pub fn end(self) {
        #[cfg(feature = "otel")]
        if let Some(Err(error)) = self.spans.map(|spans| spans.shutdown()) {
            eprintln!("the last spans were not sent: {error}");
        }
    }
}

#[cfg(feature = "otel")]
mod otel {
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::SpanExporter;
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::{Metadata, Subscriber};
    use tracing_subscriber::filter::FilterFn;
    use tracing_subscriber::{Layer, registry::LookupSpan};

    use crate::error::{Error, Result};

    /// The exporter reads the rest of its settings from the environment, as all of
    /// OpenTelemetry's do.
    pub(super) fn provider() -> Result<Option<SdkTracerProvider>> {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
            .into_iter()
            .any(is_set)
        {
            return Ok(None);
        }
        // Its client is reqwest's, which takes the one that is installed.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let exporter = SpanExporter::builder().with_http().build().map_err(Error::setup)?;
        let mut resource = Resource::builder();
        if !is_set("OTEL_SERVICE_NAME") {
            resource = resource.with_service_name("removit-backend");
        }
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter);
        Ok(Some(provider.with_resource(resource.build()).build()))
    }

    pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let ours = |span: &Metadata<'_>| span.is_span() && span.target().starts_with("removit");
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("removit-backend"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(FilterFn::new(ours))
    }
}
