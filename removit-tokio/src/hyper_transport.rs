//! The default transport: hyper's client over rustls.
//!
//! Connections are kept for a few seconds and shared by clones. It never
//! retries, follows nothing, decodes nothing and adds no header but `Host`.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use removit_blocking::shared::{Meter, one_line};
use removit_proto::{Reach, TransportFailure};

use crate::hyper_connector::{Connector, connector};
use crate::wire::Cutter;
use crate::{RequestBody, ResponseBody, SetupError, Transport, TransportOptions};

/// How long an unused connection is kept: less than the five seconds after
/// which common servers close one, since a paid upload that meets the close
/// would end ambiguous.
const KEPT_FOR: Duration = Duration::from_secs(4);

/// How many unused connections to a server are kept. More of them come about where
/// many requests end at once, and each holds buffers and a socket.
const MOST_KEPT: usize = 32;

/// How much is read at once, and the longest head of an answer. A server that
/// floods its client keeps hyper's task, and with it the attempt's deadline,
/// waiting for as long as it takes to look through a hundred such reads.
const READ_AT_ONCE: usize = 64 * 1024;

/// Sends requests with hyper: HTTP/1.1, or HTTP/2 where the server offers it.
///
/// Cheap to clone; clones share their connections. The way to the server and
/// the certificates to trust are [`TransportOptions`].
#[derive(Clone)]
pub struct HyperTransport {
    client: Client<Connector, RequestBody>,
}

impl HyperTransport {
    /// A transport with the default options.
    ///
    /// # Errors
    /// [`SetupError`] where there are no root certificates to trust.
    pub fn new() -> Result<Self, SetupError> {
        Self::with_options(&TransportOptions::default())
    }

    /// A transport with these options.
    ///
    /// ```
    /// use removit_tokio::{HyperTransport, Proxy, TransportOptions};
    ///
    /// let mut options = TransportOptions::default();
    /// options.proxy = Proxy::Direct;
    /// let transport = HyperTransport::with_options(&options)?;
    /// # Ok::<(), removit_tokio::SetupError>(())
    /// ```
    ///
    /// # Errors
    /// [`SetupError`] where a certificate or the proxy cannot be used.
    pub fn with_options(options: &TransportOptions) -> Result<Self, SetupError> {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT_FOR)
            .pool_max_idle_per_host(MOST_KEPT)
            .retry_canceled_requests(false)
            .http1_max_buf_size(READ_AT_ONCE)
            .build(connector(options)?);
        Ok(Self { client })
    }
}

impl Transport for HyperTransport {
    async fn send(
        &self,
        mut request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let meter = request.body().meter();
        let underway =
            Underway { connection: capture_connection(&mut request), meter, read: false };
        match self.client.request(request).await {
            Ok(answer) => Ok(answer.map(|body| ResponseBody::new(Answer { body, underway }))),
            Err(error) if error.is_connect() => Err(TransportFailure::connect(one_line(&error))),
            Err(error) => Err(TransportFailure::broken(Reach::MaybeSent, one_line(&error))),
        }
    }
}

/// One request and its answer. Dropped before both are through, it cuts the
/// connection, which serves no other request then.
struct Underway {
    connection: CaptureConnection,
    meter: Arc<Meter>,
    /// Whether the answer was read to its end.
    read: bool,
}

impl Drop for Underway {
    fn drop(&mut self) {
        if self.read && self.meter.is_finished() {
            return;
        }
        if let Some(connected) = &*self.connection.connection_metadata() {
            // Over HTTP/2 the request alone is reset; others share the connection.
            if !connected.is_negotiated_h2() {
                let mut extras = Extensions::new();
                connected.get_extras(&mut extras);
                if let Some(cutter) = extras.get::<Cutter>() {
                    cutter.cut();
                }
            }
        }
    }
}

/// An answer's body, which holds on to its connection.
struct Answer {
    body: Incoming,
    underway: Underway,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(None) = frame {
            self.underway.read = true;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").finish_non_exhaustive()
    }
}
