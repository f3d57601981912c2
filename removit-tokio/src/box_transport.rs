//! A transport without its type: for a struct's field, and for those who choose
//! one at run time.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};
use removit_proto::TransportFailure;

use crate::{RequestBody, ResponseBody, Transport};

type Answering<'a> =
    Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, TransportFailure>> + Send + 'a>>;

/// Any [`Transport`], under one name. Cheap to clone; clones share the transport.
///
/// ```
/// use http::{Request, Response};
/// use removit_tokio::proto::{ApiKey, Endpoint, TransportFailure};
/// use removit_tokio::{BoxTransport, Client, RequestBody, ResponseBody};
///
/// struct Shop {
///     removit: Client<BoxTransport>,
/// }
///
/// let offline = |_: Request<RequestBody>| async {
///     Err::<Response<ResponseBody>, _>(TransportFailure::connect("offline"))
/// };
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let shop = Shop { removit: Client::with_transport(endpoint, BoxTransport::new(offline)) };
/// # Ok::<(), removit_tokio::proto::ApiKeyError>(())
/// ```
#[derive(Clone)]
pub struct BoxTransport(Arc<dyn Dynamic>);

/// What a [`Transport`] is behind a pointer.
trait Dynamic: Send + Sync {
    fn send_boxed(&self, request: Request<RequestBody>) -> Answering<'_>;
}

impl<T: Transport> Dynamic for T {
    fn send_boxed(&self, request: Request<RequestBody>) -> Answering<'_> {
        Box::pin(self.send(request))
    }
}

impl BoxTransport {
    /// Takes the type away.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Arc::new(transport))
    }
}

impl Transport for BoxTransport {
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> impl Future<Output = Result<Response<ResponseBody>, TransportFailure>> + Send {
        self.0.send_boxed(request)
    }
}

impl fmt::Debug for BoxTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxTransport").finish_non_exhaustive()
    }
}
