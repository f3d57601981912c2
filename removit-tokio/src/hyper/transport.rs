//! The default transport: hyper's client over rustls.
//!
//! An upload has a new connection of its own; those of other requests are kept for
//! a few seconds and shared by clones. It never retries, follows nothing, decodes
//! nothing and adds no header but `Host`.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Extensions, Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use removit_blocking::connect::{barrier, refused_after_all};
use removit_proto::{Reach, Sent, TransportFailure};

use crate::hyper::connector::Connector;
use crate::hyper::wire::Cutter;
use crate::refused::did_nothing;
use crate::{RequestBody, ResponseBody, SetupError, Transport, TransportOptions};

/// How long an unused connection is kept: less than the five seconds after
/// which common servers close one.
const KEPT_FOR: Duration = Duration::from_secs(4);

/// How many unused connections to a server are kept. More of them come about where
/// many requests end at once, and each holds buffers and a socket.
const MOST_KEPT: usize = 32;

/// How much is read at once, and the longest head of an answer.
const READ_AT_ONCE: usize = 64 * 1024;

/// The most interim answers (1xx) before an answer. Without a limit, a server that
/// floods its client with them keeps hyper's task busy, and with it the thread on
/// which the attempt's deadline would be noticed.
const MOST_INTERIM: usize = 100;

/// Sends requests with hyper: HTTP/1.1, or HTTP/2 where the server offers it.
///
/// Cheap to clone; clones share their connections. The way to the server and
/// the certificates to trust are [`TransportOptions`].
///
/// An upload has a new connection of its own, in both adapters: one that waited
/// could be closed just as the request goes out, and that would make a paid upload
/// ambiguous. TLS sessions are resumed, so that it costs little.
#[derive(Clone)]
pub struct HyperTransport {
    /// For requests that may be sent again.
    client: Client<Connector, RequestBody>,
    /// Keeps no connection.
    uploads: Client<Connector, RequestBody>,
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
        let connector = Connector::new(options)?;
        let keeping = |connections| {
            Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(KEPT_FOR)
                .pool_max_idle_per_host(connections)
                .retry_canceled_requests(false)
                .http1_max_buf_size(READ_AT_ONCE)
                .build(connector.clone())
        };
        Ok(Self { client: keeping(MOST_KEPT), uploads: keeping(0) })
    }
}

impl Transport for HyperTransport {
    async fn send(
        &self,
        mut request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let client = if request.body().is_empty() { &self.client } else { &self.uploads };
        let sent = request.body().sent();
        let connection = capture_connection(&mut request);
        limit_interim_answers(&mut request, connection.clone());
        let underway = Underway { connection, sent, read: false };
        match client.request(request).await {
            Ok(answer) => Ok(answer.map(|body| ResponseBody::new(Answer { body, underway }))),
            Err(error) => Err(failure(&error)),
        }
    }
}

pub(crate) fn failure(error: &hyper_util::client::legacy::Error) -> TransportFailure {
    let detail = TransportFailure::detail_of(error);
    let advice = if error.is_connect() { barrier(error) } else { refused_after_all(error) };
    if let Some(advice) = advice {
        TransportFailure::unreachable(format!("{detail}; {advice}"))
    } else if error.is_connect() {
        TransportFailure::connect(detail)
    } else {
        let reach = if did_nothing(error) { Reach::NotSent } else { Reach::MaybeSent };
        TransportFailure::broken(reach, detail)
    }
}

fn limit_interim_answers(request: &mut Request<RequestBody>, connection: CaptureConnection) {
    let seen = AtomicUsize::new(0);
    hyper::ext::on_informational(request, move |_| {
        if seen.fetch_add(1, Ordering::Relaxed) >= MOST_INTERIM {
            cut(&connection, "interim answers without end");
        }
    });
}

/// Ends a connection that serves one request. Over HTTP/2 others share it.
fn cut(connection: &CaptureConnection, why: &'static str) {
    if let Some(connected) = &*connection.connection_metadata() {
        if !connected.is_negotiated_h2() {
            let mut extras = Extensions::new();
            connected.get_extras(&mut extras);
            if let Some(cutter) = extras.get::<Cutter>() {
                cutter.cut(why);
            }
        }
    }
}

/// One request and its answer. Dropped before both are through, it cuts the
/// connection, which serves no other request then.
struct Underway {
    connection: CaptureConnection,
    sent: Sent,
    /// Whether the answer was read to its end.
    read: bool,
}

impl Drop for Underway {
    fn drop(&mut self) {
        if !(self.read && self.sent.is_finished()) {
            cut(&self.connection, "the request was given up");
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
