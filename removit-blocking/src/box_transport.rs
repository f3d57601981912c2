//! A transport without its type: for a struct's field, and for those who choose
//! one at run time.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use http::{Request, Response};
use removit_proto::TransportFailure;

use crate::{RequestBody, ResponseBody, Transport};

/// Any [`Transport`], under one name. Cheap to clone; clones share the transport.
///
/// ```
/// use std::time::Instant;
///
/// use http::{Request, Response};
/// use removit_blocking::proto::{ApiKey, Endpoint, TransportFailure};
/// use removit_blocking::{BoxTransport, Client, RequestBody, ResponseBody};
///
/// struct Shop {
///     removit: Client<BoxTransport>,
/// }
///
/// let offline = |_: Request<RequestBody>, _: Instant| {
///     Err::<Response<ResponseBody>, _>(TransportFailure::connect("offline"))
/// };
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let shop = Shop { removit: Client::with_transport(endpoint, BoxTransport::new(offline)) };
/// # Ok::<(), removit_blocking::proto::ApiKeyError>(())
/// ```
#[derive(Clone)]
pub struct BoxTransport(Arc<dyn Transport>);

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
        deadline: Instant,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        self.0.send(request, deadline)
    }
}

impl fmt::Debug for BoxTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxTransport").finish_non_exhaustive()
    }
}
