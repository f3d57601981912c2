//! One attempt: the request out, its outcome back.
//!
//! Says what happened and decides nothing: whether an outcome is good, and what
//! to do about a bad one, is the machine's to say.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::sync::Arc;
use std::time::Instant;

use http::response::Parts;
use http::{HeaderMap, Request, Response, header};
use removit_proto::{
    ANSWER_LIMIT, Attempt, FirstBytes, Observer, Outcome, Reach, Sink, TransportFailure,
};

use crate::attempt_span::AttemptSpan;
use crate::photo::Content;
use crate::text::one_line;
use crate::{RequestBody, ResponseBody, Transport};

/// How much of a result is read at once.
const CHUNK: usize = 256 * 1024;

/// How much of an answer is read at once: most are far shorter.
const SMALL_CHUNK: usize = 16 * 1024;

/// What an attempt needs besides itself.
pub(crate) struct Exchange<'a, T> {
    pub(crate) transport: &'a T,
    pub(crate) content: Option<&'a Content>,
    pub(crate) file: Option<&'a File>,
    pub(crate) observer: &'a Arc<dyn Observer>,
    /// The attempt's deadline on the standard library's clock.
    pub(crate) deadline: Instant,
}

impl<T: Transport> Exchange<'_, T> {
    pub(crate) fn run(self, attempt: Attempt) -> Outcome {
        let span = AttemptSpan::begin(&attempt);
        let ended = span.within(|| self.try_run(attempt));
        let outcome = ended.unwrap_or_else(Outcome::Failed);
        span.end(&outcome);
        outcome
    }

    fn try_run(self, attempt: Attempt) -> Result<Outcome, TransportFailure> {
        let (head, body) = attempt.request.into_parts();
        let (body, meter) = RequestBody::open(&body, self.content, Arc::clone(self.observer))?;
        match self.transport.send(Request::from_parts(head, body), self.deadline) {
            Ok(answer) => self.receive(answer, attempt.sink),
            Err(failure) => Err(meter.judge(failure)),
        }
    }

    fn receive(
        self,
        answer: Response<ResponseBody>,
        sink: Sink,
    ) -> Result<Outcome, TransportFailure> {
        let (head, body) = answer.into_parts();
        match sink {
            Sink::File { limit } if head.status.is_success() => {
                let (len, start) = self.store(&head.headers, body, limit)?;
                Ok(Outcome::stored(Response::from_parts(head, ()), len, start))
            }
            Sink::Memory { limit } => Ok(self.collect(head, body, limit)),
            // `Sink` may grow: what is not known is read like an answer.
            _ => Ok(self.collect(head, body, ANSWER_LIMIT)),
        }
    }

    /// Reads a body into memory, never more than `limit` bytes of it.
    fn collect(&self, head: Parts, mut body: ResponseBody, limit: u64) -> Outcome {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut read = Vec::new();
        let mut chunk = [0; SMALL_CHUNK];
        let whole = loop {
            let Ok(data) = self.read(&mut body, &mut chunk) else {
                break false;
            };
            if data.is_empty() {
                break true;
            }
            let room = limit.saturating_sub(read.len());
            read.extend_from_slice(data.get(..room).unwrap_or(data));
            if data.len() > room {
                break false;
            }
        };
        let answer = Response::from_parts(head, read.into());
        if whole { Outcome::Response(answer) } else { Outcome::Partial(answer) }
    }

    /// Streams a body into the caller's file and tells its length and its first bytes.
    fn store(
        &self,
        headers: &HeaderMap,
        mut body: ResponseBody,
        limit: u64,
    ) -> Result<(u64, FirstBytes), TransportFailure> {
        let Some(mut file) = self.file else {
            return Err(TransportFailure::sink("no file to write to"));
        };
        let announced = content_length(headers);
        if announced.is_some_and(|len| len > limit) {
            return Err(TransportFailure::TooLarge { limit });
        }
        // An earlier attempt may have written to it.
        file.set_len(0).and_then(|()| file.rewind()).map_err(|error| sink_failure(&error))?;
        let mut chunk = vec![0; CHUNK];
        let (mut len, mut start) = (0_u64, FirstBytes::default());
        loop {
            let data = self.read(&mut body, &mut chunk).map_err(|error| self.broken(&error))?;
            if data.is_empty() {
                return Ok((len, start));
            }
            len = len.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
            if len > limit {
                return Err(TransportFailure::TooLarge { limit });
            }
            start.take(data);
            file.write_all(data).map_err(|error| sink_failure(&error))?;
            self.observer.received(len, announced);
        }
    }

    /// The next bytes; none at the end. A body that trickles fails at the
    /// deadline, too.
    fn read<'b>(&self, body: &mut ResponseBody, chunk: &'b mut [u8]) -> io::Result<&'b [u8]> {
        loop {
            if Instant::now() >= self.deadline {
                return Err(ErrorKind::TimedOut.into());
            }
            match body.read(chunk) {
                Ok(read) => return Ok(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn broken(&self, error: &io::Error) -> TransportFailure {
        if Instant::now() >= self.deadline {
            let detail = "the result was not whole by the deadline";
            TransportFailure::timed_out(Reach::MaybeSent, detail)
        } else {
            TransportFailure::broken(Reach::MaybeSent, one_line(error))
        }
    }
}

fn sink_failure(error: &io::Error) -> TransportFailure {
    TransportFailure::sink(error.to_string())
}

/// What the server announced, for progress and for refusing at once what is too
/// large. Whether it came true is the machine's to say.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}
