//! One attempt: the request out, its outcome back.
//!
//! Says what happened and decides nothing: whether an outcome is good, and what
//! to do about a bad one, is the machine's to say.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use removit_blocking::AttemptSpan;
use removit_blocking::files::Content;
use removit_proto::{
    Attempt, AttemptInfo, Incoming, Observer, Outcome, Reach, Sent, Sink, TransportFailure,
};
use tokio::time::{Instant, timeout_at};

use crate::result_file::{ResultFile, Room};
use crate::{RequestBody, ResponseBody, Transport};

/// What an attempt needs besides itself.
pub(crate) struct Exchange<'a, T> {
    pub(crate) transport: &'a T,
    pub(crate) content: Option<&'a Content>,
    pub(crate) room: Option<&'a Room>,
    pub(crate) observer: &'a Arc<dyn Observer>,
    /// The attempt's deadline on tokio's clock.
    pub(crate) deadline: Instant,
}

/// Ends the request with the exchange, also where its future is dropped: a
/// transport's own task may still hold the body.
struct CloseOnDrop(Sent);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<T: Transport> Exchange<'_, T> {
    pub(crate) async fn run(self, attempt: Attempt) -> Outcome {
        let (span, info) = (AttemptSpan::begin(&attempt), AttemptInfo::of(&attempt));
        let observer = Arc::clone(self.observer);
        observer.began(&info);
        let mut running = pin!(self.try_run(attempt, &info));
        let ended = poll_fn(|context| span.within(|| running.as_mut().poll(context))).await;
        let outcome = ended.unwrap_or_else(Outcome::Failed);
        span.end(&outcome);
        observer.ended(&info, &outcome);
        outcome
    }

    async fn try_run(
        self,
        attempt: Attempt,
        info: &AttemptInfo,
    ) -> Result<Outcome, TransportFailure> {
        let (head, body) = attempt.request.into_parts();
        let observer = Arc::clone(self.observer);
        let opening = RequestBody::open(body, self.content, self.deadline, info.clone(), observer);
        let (body, sent) = opening.await?;
        let open = CloseOnDrop(sent);
        let patience = Patience { deadline: self.deadline, silence: attempt.silence };
        let sending = self.transport.send(Request::from_parts(head, body));
        match patience.wait(sending).await {
            Ok(Ok(answer)) => self.receive(answer, attempt.sink, &patience, info).await,
            Ok(Err(failure)) => Err(open.0.judge(failure)),
            Err(TooLate) => Err(open.0.judge(patience.failure("no answer"))),
        }
    }

    async fn receive(
        self,
        answer: Response<ResponseBody>,
        sink: Sink,
        patience: &Patience,
        info: &AttemptInfo,
    ) -> Result<Outcome, TransportFailure> {
        let (head, mut body) = answer.into_parts();
        let mut incoming = Incoming::new(head, sink);
        let mut file = match incoming.file_from() {
            Some(from) => Some(self.file(from)?),
            None => None,
        };
        let broken = loop {
            if incoming.is_full() {
                break None;
            }
            let data = match patience.wait(body.frame()).await {
                Err(TooLate) => break Some(patience.failure("the answer was not whole")),
                Ok(Some(Err(error))) => {
                    break Some(TransportFailure::broken(
                        Reach::MaybeSent,
                        TransportFailure::detail_of(&*error),
                    ));
                }
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Ok(None) => break None,
            };
            let is_for_the_file = !incoming.take(&data).is_empty();
            if let Some(file) = file.as_mut().filter(|_| is_for_the_file) {
                if file.push(data).await? {
                    self.observer.received(info, incoming.len(), incoming.announced());
                }
            }
        };
        if let Some(mut file) = file {
            file.flush().await?;
            self.observer.received(info, incoming.len(), incoming.announced());
        }
        Ok(match broken {
            Some(failure) => incoming.broken(failure),
            None => incoming.end(),
        })
    }

    fn file(&self, from: u64) -> Result<ResultFile, TransportFailure> {
        let room = self.room.ok_or_else(|| TransportFailure::sink("no file to write to"))?;
        Ok(room.keeping(from))
    }
}

/// How long an attempt waits for whatever comes next.
struct Patience {
    deadline: Instant,
    silence: Option<Duration>,
}

/// It did not come in time.
struct TooLate;

impl Patience {
    async fn wait<R>(&self, coming: impl Future<Output = R>) -> Result<R, TooLate> {
        let end = match self.silence.and_then(|silence| Instant::now().checked_add(silence)) {
            Some(silent) => self.deadline.min(silent),
            None => self.deadline,
        };
        timeout_at(end, coming).await.map_err(|_| TooLate)
    }

    fn failure(&self, what: &str) -> TransportFailure {
        let detail = match self.silence.filter(|_| Instant::now() < self.deadline) {
            Some(silence) => format!("{what}, and nothing came for {silence:?}"),
            None => format!("{what} by the deadline"),
        };
        TransportFailure::timed_out(Reach::MaybeSent, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_ended_says_whether_nothing_came_or_the_time_was_over() {
        let silence = Some(Duration::from_secs(30));
        let patience = Patience { deadline: Instant::now() + Duration::from_secs(60), silence };
        let says = |what: &str| patience.failure("no answer").to_string().contains(what);
        assert!(says("nothing came for 30s"));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(says("no answer by the deadline"));
    }
}
