//! What carries a request to the server and an answer back.
//!
//! A transport has no policy: it does not retry, does not follow redirects and
//! does not judge a status. Time limits are the driver's, which drops the
//! future of [`Transport::send`] at the attempt's deadline.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
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
/// - stop when its future is dropped.
///
/// A closure of the same shape is a transport too:
///
/// ```
/// use http::{Request, Response};
/// use removit_tokio::{Client, RequestBody, ResponseBody};
/// use removit_tokio::proto::{ApiKey, Endpoint, JobId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let canned = |_request: Request<RequestBody>| async {
///     let body = r#"{"job_id":"42","state":"pending","progress":33}"#;
///     Ok(Response::new(ResponseBody::from(body)))
/// };
/// let client = Client::with_transport(Endpoint::production(ApiKey::new("my-key")?), canned);
/// let job: JobId = "42".parse()?;
/// assert_eq!(client.status(&job).await?.progress(), Some(33));
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Transport: Send + Sync {
    /// Sends the request and answers once the head of the answer is there.
    ///
    /// # Errors
    /// [`TransportFailure`] where there is no answer.
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> impl Future<Output = Result<Response<ResponseBody>, TransportFailure>> + Send;
}

impl<F, Answer> Transport for F
where
    F: Fn(Request<RequestBody>) -> Answer + Send + Sync,
    Answer: Future<Output = Result<Response<ResponseBody>, TransportFailure>> + Send,
{
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> impl Future<Output = Result<Response<ResponseBody>, TransportFailure>> + Send {
        self(request)
    }
}

/// Whatever a body fails with; its text goes into the outcome.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer, as a transport hands it over.
pub struct ResponseBody(UnsyncBoxBody<Bytes, BodyError>);

impl ResponseBody {
    /// A body of another crate. Its [`size_hint`](Body::size_hint) should be the
    /// answer's `Content-Length`, and a body that ends before must fail.
    pub fn new<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        Self(body.map_err(Into::into).boxed_unsync())
    }
}

impl<B: Into<Bytes>> From<B> for ResponseBody {
    /// A whole body from memory.
    fn from(bytes: B) -> Self {
        Self::new(Full::new(bytes.into()))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResponseBody").field(&self.size_hint()).finish()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    #[tokio::test]
    async fn a_body_tells_of_its_length_and_its_end_what_the_one_within_does() {
        let mut whole = ResponseBody::from("job");
        assert_eq!((whole.size_hint().exact(), whole.is_end_stream()), (Some(3), false));
        whole.frame().await.unwrap().unwrap();
        assert!(whole.is_end_stream());
        let of_any_length = futures_util::stream::pending::<Result<Frame<Bytes>, BodyError>>();
        let of_any_length = ResponseBody::new(StreamBody::new(of_any_length));
        assert_eq!(of_any_length.size_hint().exact(), None);
    }
}
