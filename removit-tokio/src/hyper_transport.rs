//! The default transport: hyper's client over rustls.
//!
//! Connections are kept for a few seconds and shared by clones. It never
//! retries, follows nothing, decodes nothing and adds no header but `Host`.

use std::fmt;
use std::time::Duration;

use http::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use removit_proto::{Reach, TransportFailure};

use crate::hyper_connector::{Connector, connector};
use crate::text::one_line;
use crate::{RequestBody, ResponseBody, SetupError, Transport, TransportOptions};

/// How long an unused connection is kept: less than the five seconds after
/// which common servers close one, since a paid upload that meets the close
/// would end ambiguous.
const KEPT_FOR: Duration = Duration::from_secs(4);

/// Sends requests with hyper: HTTP/1.1, or HTTP/2 where the server offers it.
///
/// Cheap to clone; clones share their connections. Proxies are taken from the
/// environment: see [`TransportOptions`].
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
    /// # Errors
    /// [`SetupError`] where a certificate or the proxy cannot be used.
    pub fn with_options(options: &TransportOptions) -> Result<Self, SetupError> {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT_FOR)
            .timer(TokioTimer::new())
            .retry_canceled_requests(false)
            .build(connector(options)?);
        Ok(Self { client })
    }
}

impl Transport for HyperTransport {
    async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        match self.client.request(request).await {
            Ok(answer) => Ok(answer.map(ResponseBody::new)),
            Err(error) if error.is_connect() => Err(TransportFailure::connect(one_line(&error))),
            Err(error) => Err(TransportFailure::broken(Reach::MaybeSent, one_line(&error))),
        }
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").finish_non_exhaustive()
    }
}
