//! A transport over a [`reqwest::ClientBuilder`] of your own: its proxies, its
//! certificates, its resolver.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use removit_proto::{Reach, TransportFailure};

use crate::refused::did_nothing;
use crate::reqwest::aside::Aside;
use crate::{RequestBody, ResponseBody, SetupError, Transport};

/// The longest that making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How the errors of TLS libraries and proxies put what no repetition mends: which
/// library there is, is chosen where reqwest's features are.
const BARRIERS: [&str; 4] = [
    "invalid peer certificate",
    "certificate verify failed",
    "proxy authorization required",
    "credentials not accepted",
];

/// Sends requests with reqwest.
///
/// It takes what makes a builder and not a client, because only there can be
/// switched off what a paid upload must not meet: redirects, retries and
/// decompression. The builder is asked for twice: an upload has a new connection of
/// its own, in both adapters, since one that waited could be closed just as the
/// request goes out, and that would make a paid upload ambiguous.
/// Leave out what adds to a request, such as default headers and a cookie
/// store: it would go to the hosts of results, too. reqwest's TLS is a feature
/// of it that you choose. A connection is made within 10 s, or within what
/// [`with_connect_timeout`](Self::with_connect_timeout) says.
///
/// reqwest runs on two threads of its own: a server that floods its client keeps it
/// busy, and must not keep yours busy.
///
/// reqwest writes the URLs of results anew, as browsers do: without dot segments,
/// and with `'` in a query as `%27`. A server that reads those strictly has no
/// result there.
///
/// reqwest gives up an upload whose server answers and hangs up before all of
/// it was sent: such a refusal comes out as not sent, and is tried again within
/// the [`UploadPolicy`](removit_proto::UploadPolicy).
///
/// ```
/// use removit_tokio::proto::{ApiKey, Endpoint};
/// use removit_tokio::{Client, ReqwestTransport};
///
/// let transport = ReqwestTransport::new(|| reqwest::Client::builder().tcp_nodelay(true))?;
/// let client = Client::with_transport(Endpoint::production(ApiKey::new("my-key")?), transport);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReqwestTransport {
    /// For requests that may be sent again.
    client: reqwest::Client,
    /// Keeps no connection.
    uploads: reqwest::Client,
    aside: Arc<Aside>,
}

impl ReqwestTransport {
    /// A transport over the clients that the builders make.
    ///
    /// # Errors
    /// [`SetupError::Client`] where they make none.
    pub fn new(builder: impl Fn() -> reqwest::ClientBuilder) -> Result<Self, SetupError> {
        Self::with_connect_timeout(builder, CONNECT_TIMEOUT)
    }

    /// As [`new`](Self::new), with another longest time for making a connection.
    ///
    /// # Errors
    /// [`SetupError::Client`] where there is no client.
    pub fn with_connect_timeout(
        builder: impl Fn() -> reqwest::ClientBuilder,
        limit: Duration,
    ) -> Result<Self, SetupError> {
        let client = |builder: reqwest::ClientBuilder| {
            builder
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .connect_timeout(limit)
                .referer(false)
                .no_gzip()
                .no_brotli()
                .no_zstd()
                .no_deflate()
                .build()
                .map_err(|error| SetupError::Client { detail: TransportFailure::detail_of(&error) })
        };
        let aside = Aside::new();
        let aside = aside
            .map_err(|error| SetupError::Client { detail: TransportFailure::detail_of(&error) })?;
        Ok(Self {
            client: client(builder())?,
            uploads: client(builder().pool_max_idle_per_host(0))?,
            aside: Arc::new(aside),
        })
    }
}

impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let client = if request.body().is_empty() { &self.client } else { &self.uploads };
        let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap));
        let sending = client.execute(request.map_err(failure)?);
        let answer = match self.aside.run(sending).await {
            Ok(answer) => answer.map_err(failure)?,
            Err(error) => {
                return Err(TransportFailure::broken(
                    Reach::MaybeSent,
                    TransportFailure::detail_of(&error),
                ));
            }
        };
        Ok(Response::<reqwest::Body>::from(answer).map(ResponseBody::new))
    }
}

fn failure(error: reqwest::Error) -> TransportFailure {
    // The URL is known to the caller, and a result's may hold a secret.
    let error = error.without_url();
    let detail = TransportFailure::detail_of(&error);
    if !error.is_connect() {
        let reach = if did_nothing(&error) { Reach::NotSent } else { Reach::MaybeSent };
        return TransportFailure::broken(reach, detail);
    }
    if BARRIERS.iter().any(|said| detail.contains(said)) {
        return TransportFailure::unreachable(detail);
    }
    TransportFailure::connect(detail)
}
