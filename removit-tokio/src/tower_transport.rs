//! Any tower service as a transport: a client of your own, with the layers that
//! your program has for metrics, traces, limits and tests.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use removit_proto::{Reach, TransportFailure};
use tower_service::Service;

use crate::lock::lock;
use crate::{BodyError, RequestBody, ResponseBody, Transport};

type Judge = dyn Fn(&(dyn Error + 'static)) -> Option<TransportFailure> + Send + Sync;

/// Sends requests with a [`tower` service](https://docs.rs/tower-service), of which
/// each request gets a clone.
///
/// The service must keep to what [`Transport`] asks for. Leave out what repeats,
/// follows redirects or decompresses. And let an upload have a new connection of its
/// own, as this crate's transports do: one that waited may be closed just as the
/// upload goes out, which makes it ambiguous.
///
/// Its errors are judged with care: what is not known not to have arrived may have.
/// An error which is, or has as a source, a [`TransportFailure`] says itself what it
/// is, and so does one of hyper-util's client. For others there is
/// [`judging`](Self::judging). How much of the body left is counted in any case.
///
/// ```
/// use std::convert::Infallible;
///
/// use bytes::Bytes;
/// use http::Response;
/// use http_body_util::Full;
/// use removit_tokio::proto::{ApiKey, Endpoint, JobId};
/// use removit_tokio::{Client, RequestBody, TowerTransport};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let service = tower::service_fn(|_request: http::Request<RequestBody>| async {
///     let body = r#"{"job_id":"42","state":"pending","progress":33}"#;
///     Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(body))))
/// });
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let client = Client::with_transport(endpoint, TowerTransport::new(service));
/// let job: JobId = "42".parse()?;
/// assert_eq!(client.status(&job).await?.progress(), Some(33));
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TowerTransport<S> {
    /// Few services can be shared between threads, and all can be cloned in one.
    service: Mutex<S>,
    judge: Option<Arc<Judge>>,
}

impl<S> TowerTransport<S> {
    /// A transport over this service.
    pub const fn new(service: S) -> Self {
        Self { service: Mutex::new(service), judge: None }
    }

    /// Asks `judge` first what an error of the service means. It must say
    /// [`TransportFailure::connect`] only where no connection was made; `None` leaves
    /// it to what is known otherwise.
    #[must_use]
    pub fn judging(
        mut self,
        judge: impl Fn(&(dyn Error + 'static)) -> Option<TransportFailure> + Send + Sync + 'static,
    ) -> Self {
        self.judge = Some(Arc::new(judge));
        self
    }

    fn failure(&self, error: &(dyn Error + 'static)) -> TransportFailure {
        let judged = self.judge.as_ref().and_then(|judge| judge(error));
        judged.or_else(|| told(error)).unwrap_or_else(|| {
            TransportFailure::broken(Reach::MaybeSent, TransportFailure::detail_of(error))
        })
    }
}

impl<S: Clone> TowerTransport<S> {
    fn service(&self) -> S {
        // A service whose clone panics is as good as it was before.
        lock(&self.service).clone()
    }
}

/// What an error, or one of its sources, says of itself.
fn told(error: &(dyn Error + 'static)) -> Option<TransportFailure> {
    TransportFailure::causes_of(error).find_map(|error| {
        #[cfg(feature = "hyper")]
        if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
            return Some(crate::hyper::failure(error));
        }
        error.downcast_ref::<TransportFailure>().cloned()
    })
}

impl<S, B> Transport for TowerTransport<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send,
    S::Future: Send,
    S::Error: Into<BodyError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let mut service = self.service();
        // Where a service is not ready, nothing of the request has left.
        let ready = poll_fn(|context| service.poll_ready(context)).await;
        ready.map_err(|error| self.failure(&*error.into()).with_body_cut_short())?;
        let answer = service.call(request).await.map_err(|error| self.failure(&*error.into()))?;
        Ok(answer.map(ResponseBody::new))
    }
}

impl<S: Clone> Clone for TowerTransport<S> {
    fn clone(&self) -> Self {
        Self { service: Mutex::new(self.service()), judge: self.judge.clone() }
    }
}

impl<S> fmt::Debug for TowerTransport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerTransport").finish_non_exhaustive()
    }
}
