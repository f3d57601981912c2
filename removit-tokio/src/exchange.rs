//! One attempt: the request out, its outcome back.
//!
//! Says what happened and decides nothing: whether an outcome is good, and what
//! to do about a bad one, is the machine's to say.

use std::fs::File;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use http::response::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use removit_blocking::shared::{AttemptSpan, Content, Meter, one_line};
use removit_proto::{
    ANSWER_LIMIT, Attempt, FirstBytes, Observer, Outcome, Reach, Sink, TransportFailure,
};
use tokio::time::{Instant, timeout_at};

use crate::result_file::ResultFile;
use crate::{RequestBody, ResponseBody, Transport};

/// What an attempt needs besides itself.
pub(crate) struct Exchange<'a, T> {
    pub(crate) transport: &'a T,
    pub(crate) content: Option<&'a Content>,
    pub(crate) file: Option<&'a Arc<Mutex<File>>>,
    pub(crate) observer: &'a Arc<dyn Observer>,
    /// The attempt's deadline on tokio's clock.
    pub(crate) deadline: Instant,
}

/// Ends the request with the exchange, also where its future is dropped: a
/// transport's own task may still hold the body.
struct CloseOnDrop(Arc<Meter>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<T: Transport> Exchange<'_, T> {
    pub(crate) async fn run(self, attempt: Attempt) -> Outcome {
        let span = AttemptSpan::begin(&attempt);
        let mut running = pin!(self.try_run(attempt));
        let ended = poll_fn(|context| span.within(|| running.as_mut().poll(context))).await;
        let outcome = ended.unwrap_or_else(Outcome::Failed);
        span.end(&outcome);
        outcome
    }

    async fn try_run(self, attempt: Attempt) -> Result<Outcome, TransportFailure> {
        let (head, body) = attempt.request.into_parts();
        let opening = RequestBody::open(&body, self.content, Arc::clone(self.observer));
        let (body, meter) = opening.await?;
        let open = CloseOnDrop(meter);
        let sending = self.transport.send(Request::from_parts(head, body));
        match timeout_at(self.deadline, sending).await {
            Ok(Ok(answer)) => self.receive(answer, attempt.sink).await,
            Ok(Err(failure)) => Err(open.0.judge(failure)),
            Err(_) => {
                let detail = "no answer by the deadline";
                Err(open.0.judge(TransportFailure::timed_out(Reach::MaybeSent, detail)))
            }
        }
    }

    async fn receive(
        self,
        answer: Response<ResponseBody>,
        sink: Sink,
    ) -> Result<Outcome, TransportFailure> {
        let (head, body) = answer.into_parts();
        match sink {
            Sink::File { limit } if head.status.is_success() => {
                let (len, start) = self.store(body, limit).await?;
                Ok(Outcome::stored(Response::from_parts(head, ()), len, start))
            }
            Sink::Memory { limit } => Ok(self.collect(head, body, limit).await),
            // `Sink` may grow: what is not known is read like an answer.
            _ => Ok(self.collect(head, body, ANSWER_LIMIT).await),
        }
    }

    /// Reads a body into memory, never more than `limit` bytes of it.
    async fn collect(&self, head: Parts, mut body: ResponseBody, limit: u64) -> Outcome {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut read = BytesMut::new();
        let whole = loop {
            let Ok(frame) = timeout_at(self.deadline, body.frame()).await else {
                break false;
            };
            let data = match frame {
                None => break true,
                Some(Err(_)) => break false,
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            let room = limit.saturating_sub(read.len());
            if data.len() > room {
                read.extend_from_slice(&data.slice(..room));
                break false;
            }
            // The first piece is usually all, and is taken without a copy.
            if read.is_empty() {
                read = data.into();
            } else {
                read.extend_from_slice(&data);
            }
        };
        let answer = Response::from_parts(head, read.freeze());
        if whole { Outcome::Response(answer) } else { Outcome::Partial(answer) }
    }

    /// Streams a body into the caller's file and tells its length and its first bytes.
    async fn store(
        &self,
        mut body: ResponseBody,
        limit: u64,
    ) -> Result<(u64, FirstBytes), TransportFailure> {
        let Some(file) = self.file else {
            return Err(TransportFailure::sink("no file to write to"));
        };
        let size = body.size_hint();
        if size.lower() > limit {
            return Err(TransportFailure::TooLarge { limit });
        }
        let mut file = ResultFile::empty(Arc::clone(file)).await?;
        let mut start = FirstBytes::default();
        loop {
            let Ok(frame) = timeout_at(self.deadline, body.frame()).await else {
                let detail = "the result was not whole by the deadline";
                return Err(TransportFailure::timed_out(Reach::MaybeSent, detail));
            };
            let data = match frame {
                None => break,
                Some(Err(error)) => {
                    return Err(TransportFailure::broken(Reach::MaybeSent, one_line(&*error)));
                }
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            if file.len().saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX)) > limit {
                return Err(TransportFailure::TooLarge { limit });
            }
            start.take(&data);
            if file.push(data).await? {
                self.observer.received(file.len(), size.exact());
            }
        }
        file.flush().await?;
        self.observer.received(file.len(), size.exact());
        Ok((file.len(), start))
    }
}
