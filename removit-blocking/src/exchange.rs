//! One attempt: the request out, its outcome back.
//!
//! Says what happened and decides nothing: whether an outcome is good, and what
//! to do about a bad one, is the machine's to say.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::time::Instant;

use http::{Request, Response};
use removit_proto::{
    Attempt, AttemptInfo, Incoming, Observer, Outcome, Reach, Sink, TransportFailure,
};

use crate::attempt_span::AttemptSpan;
use crate::files::Content;
use crate::transport::Silence;
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
        let (span, info) = (AttemptSpan::begin(&attempt), AttemptInfo::of(&attempt));
        let observer = Arc::clone(self.observer);
        observer.began(&info);
        let ended = span.within(|| self.try_run(attempt, &info));
        let outcome = ended.unwrap_or_else(Outcome::Failed);
        span.end(&outcome);
        observer.ended(&info, &outcome);
        outcome
    }

    fn try_run(self, attempt: Attempt, info: &AttemptInfo) -> Result<Outcome, TransportFailure> {
        let (head, body) = attempt.request.into_parts();
        let (body, sent) =
            RequestBody::open(body, self.content, info.clone(), Arc::clone(self.observer))?;
        let mut request = Request::from_parts(head, body);
        if let Some(silence) = attempt.silence {
            request.extensions_mut().insert(Silence(silence));
        }
        match self.transport.send(request, self.deadline) {
            Ok(answer) => self.receive(answer, attempt.sink, info),
            Err(failure) => Err(sent.judge(failure)),
        }
    }

    fn receive(
        self,
        answer: Response<ResponseBody>,
        sink: Sink,
        info: &AttemptInfo,
    ) -> Result<Outcome, TransportFailure> {
        let (head, mut body) = answer.into_parts();
        let mut incoming = Incoming::new(head, sink);
        let mut file = match incoming.file_from() {
            Some(from) => Some(self.open_file(from)?),
            None => None,
        };
        let most = if file.is_some() { CHUNK } else { SMALL_CHUNK };
        let announced = incoming.announced().and_then(|len| usize::try_from(len).ok());
        let mut chunk = vec![0; announced.unwrap_or(most).clamp(1, most)];
        while !incoming.is_full() {
            let data = match self.read(&mut body, &mut chunk) {
                Ok([]) => break,
                Ok(data) => data,
                Err(error) => return Ok(incoming.broken(self.failure(&error))),
            };
            let data = incoming.take(data);
            if let Some(file) = file.as_mut().filter(|_| !data.is_empty()) {
                file.write_all(data).map_err(|error| sink_failure(&error))?;
                self.observer.received(info, incoming.len(), incoming.announced());
            }
        }
        Ok(incoming.end())
    }

    /// The file, with so many bytes of what an earlier attempt wrote.
    fn open_file(&self, from: u64) -> Result<&File, TransportFailure> {
        let Some(mut file) = self.file else {
            return Err(TransportFailure::sink("no file to write to"));
        };
        let cut = file.set_len(from).and_then(|()| file.seek(SeekFrom::Start(from)));
        cut.map_err(|error| sink_failure(&error))?;
        Ok(file)
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

    fn failure(&self, error: &io::Error) -> TransportFailure {
        if Instant::now() >= self.deadline {
            let detail = "the answer was not whole by the deadline";
            TransportFailure::timed_out(Reach::MaybeSent, detail)
        } else if error.kind() == ErrorKind::TimedOut {
            TransportFailure::timed_out(Reach::MaybeSent, TransportFailure::detail_of(error))
        } else {
            TransportFailure::broken(Reach::MaybeSent, TransportFailure::detail_of(error))
        }
    }
}

fn sink_failure(error: &io::Error) -> TransportFailure {
    TransportFailure::sink(error.to_string())
}
