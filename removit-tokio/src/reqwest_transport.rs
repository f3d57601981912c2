//! A transport over a [`reqwest::ClientBuilder`] of your own: its proxies, its
//! certificates, its resolver.

use http::{Request, Response};
use removit_blocking::shared::one_line;
use removit_proto::{Reach, TransportFailure};

use crate::{RequestBody, ResponseBody, SetupError, Transport};

/// Sends requests with reqwest.
///
/// It takes the builder and not a client, because only there can be switched
/// off what a paid upload must not meet: redirects, retries and decompression.
/// Leave out what adds to a request, such as default headers and a cookie
/// store: it would go to the hosts of results, too. reqwest's TLS is a feature
/// of it that you choose. Its `pool_idle_timeout` should be below your server's,
/// since a paid upload that meets the close of an idle connection is ambiguous.
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
/// let transport = ReqwestTransport::new(reqwest::Client::builder().tcp_nodelay(true))?;
/// let client = Client::with_transport(Endpoint::production(ApiKey::new("my-key")?), transport);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReqwestTransport {
    client: reqwest::Client,
}

impl ReqwestTransport {
    /// A transport over the client that the builder makes.
    ///
    /// # Errors
    /// [`SetupError::Client`] where it makes none.
    pub fn new(builder: reqwest::ClientBuilder) -> Result<Self, SetupError> {
        let client = builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .build()
            .map_err(|error| SetupError::Client { detail: one_line(&error) })?;
        Ok(Self { client })
    }
}

impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let failed = |error: reqwest::Error| {
            // The URL is known to the caller, and a result's may hold a secret.
            let error = error.without_url();
            let (connect, detail) = (error.is_connect(), one_line(&error));
            if connect {
                TransportFailure::connect(detail)
            } else {
                TransportFailure::broken(Reach::MaybeSent, detail)
            }
        };
        let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap));
        let answer = self.client.execute(request.map_err(failed)?).await.map_err(failed)?;
        Ok(Response::<reqwest::Body>::from(answer).map(ResponseBody::new))
    }
}
