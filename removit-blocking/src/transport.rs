//! What carries a request to the server and an answer back.
//!
//! A transport has no policy: it does not retry, does not follow redirects and
//! does not judge a status. It is told how long it may take, and that is all.

use std::fmt;
use std::io::{Cursor, Read, Result as IoResult};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use removit_proto::TransportFailure;

use crate::RequestBody;

/// Sends one request.
///
/// An implementation must:
/// - send exactly the headers that the request has, plus `Host`, under the
///   request's own `Content-Length`, never chunked;
/// - send it at most once, and never follow a redirect: the API key would go
///   where the answer says;
/// - hand over every answer as soon as its head is there, whatever its status,
///   and its body as it comes, not decompressed;
/// - report [`TransportFailure::connect`] only where no connection was made,
///   and [`Reach::MaybeSent`](removit_proto::Reach) where in doubt: how much of
///   the body left is counted by the driver;
/// - return by the deadline, and fail a read of the answer's body by then.
///
/// A closure of the same shape is a transport too:
///
/// ```
/// use std::time::Instant;
///
/// use http::{Request, Response};
/// use removit_blocking::proto::{ApiKey, Endpoint, JobId};
/// use removit_blocking::{Client, RequestBody, ResponseBody};
///
/// let canned = |_request: Request<RequestBody>, _deadline: Instant| {
///     let body = r#"{"job_id":"42","state":"pending","progress":33}"#;
///     Ok(Response::new(ResponseBody::from(body)))
/// };
/// let client = Client::with_transport(Endpoint::production(ApiKey::new("my-key")?), canned);
/// let job: JobId = "42".parse()?;
/// assert_eq!(client.status(&job)?.progress(), Some(33));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Transport: Send + Sync {
    /// Sends the request and answers once the head of the answer is there, or
    /// the deadline passed.
    ///
    /// # Errors
    /// [`TransportFailure`] where there is no answer.
    fn send(
        &self,
        request: Request<RequestBody>,
        deadline: Instant,
    ) -> Result<Response<ResponseBody>, TransportFailure>;
}

impl<F> Transport for F
where
    F: Fn(Request<RequestBody>, Instant) -> Result<Response<ResponseBody>, TransportFailure>
        + Send
        + Sync,
{
    fn send(
        &self,
        request: Request<RequestBody>,
        deadline: Instant,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        self(request, deadline)
    }
}

/// Among the [extensions](Request::extensions) of a request whose answer must not be
/// silent for longer than this: a read of its body fails then, with
/// [`ErrorKind::TimedOut`](std::io::ErrorKind::TimedOut), and so does the wait for its
/// head.
///
/// A transport that knows nothing of it waits until the deadline.
///
/// ```
/// use std::time::Duration;
/// use removit_blocking::Silence;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(Silence(Duration::from_secs(30)));
/// let silence = request.extensions().get::<Silence>().map(|silence| silence.0);
/// assert_eq!(silence, Some(Duration::from_secs(30)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence(pub Duration);

/// The body of an answer, as a transport hands it over.
pub struct ResponseBody(Box<dyn Read + Send>);

impl ResponseBody {
    /// A body of another crate. One that ends before the answer's
    /// `Content-Length` must fail.
    pub fn new(body: impl Read + Send + 'static) -> Self {
        Self(Box::new(body))
    }
}

impl<B: Into<Bytes>> From<B> for ResponseBody {
    /// A whole body from memory.
    fn from(bytes: B) -> Self {
        Self::new(Cursor::new(bytes.into()))
    }
}

impl Read for ResponseBody {
    fn read(&mut self, buf: &mut [u8]) -> IoResult<usize> {
        self.0.read(buf)
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}
