//! A transport on libcurl, over the core's `Outgoing` and `Incoming`. libcurl calls back,
//! so that the exchange is a value that its callbacks share.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use curl::easy::{Easy2, Handler, List, ReadError, WriteError};
use removit_blocking::proto::bytes::buf::Reader;
use removit_blocking::proto::bytes::{Buf, Bytes};
use removit_blocking::proto::conformance::Exchange;
use removit_blocking::proto::http::{HeaderName, HeaderValue, Response, StatusCode};
use removit_blocking::proto::{Incoming, Outcome, Outgoing, Reach, Sink, TransportFailure};

pub(crate) fn exchange(mut given: Exchange) -> Outcome {
    let mut curl = Easy2::new(Transfer::new(&mut given));
    let end = configure(&mut curl, &given).and_then(|()| curl.perform());
    curl.get_mut().outcome(end)
}

/// Switches off all that libcurl would do by itself.
fn configure(curl: &mut Easy2<Transfer>, given: &Exchange) -> Result<(), curl::Error> {
    let request = &given.attempt.request;
    curl.url(&request.uri().to_string())?;
    curl.path_as_is(true)?;
    curl.noproxy("*")?;
    curl.follow_location(false)?;
    curl.http_09_allowed(false)?;
    // A connection of its own for each request: libcurl sends again by itself
    // where one that waited has closed.
    curl.fresh_connect(true)?;
    curl.forbid_reuse(true)?;
    curl.timeout(given.time_left)?;
    let mut headers = List::new();
    for unasked in ["Expect:", "Accept:", "User-Agent:", "Content-Type:"] {
        headers.append(unasked)?;
    }
    for (name, value) in request.headers() {
        // libcurl writes the length itself.
        if name != "content-length" {
            headers.append(&format!("{name}: {}", value.to_str().unwrap()))?;
        }
    }
    curl.http_headers(headers)?;
    if request.method() == "POST" {
        curl.post(true)?;
        curl.post_field_size(request.body().len())?;
    }
    Ok(())
}

/// One exchange, as libcurl's callbacks see it.
struct Transfer {
    outgoing: Outgoing,
    photo: Reader<Bytes>,
    head: Response<()>,
    incoming: Option<Incoming>,
    sink: Sink,
    file: Option<File>,
    stopped: Option<Outcome>,
}

impl Transfer {
    fn new(given: &mut Exchange) -> Self {
        Self {
            outgoing: Outgoing::new(given.attempt.request.body().clone()),
            photo: given.photo.clone().reader(),
            head: Response::new(()),
            incoming: None,
            sink: given.attempt.sink,
            file: given.file.take(),
            stopped: None,
        }
    }

    /// The head is whole: this is where the body goes.
    fn begin(&mut self) -> std::io::Result<()> {
        let (head, ()) = std::mem::take(&mut self.head).into_parts();
        let incoming = Incoming::new(head, self.sink);
        if let (Some(from), Some(file)) = (incoming.file_from(), &mut self.file) {
            file.set_len(from)?;
            file.seek(SeekFrom::Start(from))?;
        }
        self.incoming = Some(incoming);
        Ok(())
    }

    fn outcome(&mut self, end: Result<(), curl::Error>) -> Outcome {
        let no_answer = || TransportFailure::broken(Reach::MaybeSent, "no answer");
        let failure = end.as_ref().map_or_else(failure, |()| no_answer());
        match (self.stopped.take(), self.incoming.take(), end) {
            (Some(stopped), ..) => stopped,
            (None, Some(incoming), Ok(())) => incoming.end(),
            (None, Some(incoming), Err(_)) => incoming.broken(failure),
            (None, None, _) => Outcome::Failed(self.outgoing.sent().judge(failure)),
        }
    }
}

fn failure(error: &curl::Error) -> TransportFailure {
    if error.is_couldnt_connect() || error.is_couldnt_resolve_host() {
        TransportFailure::connect(error.description())
    } else if error.is_operation_timedout() {
        TransportFailure::timed_out(Reach::MaybeSent, error.description())
    } else {
        TransportFailure::broken(Reach::MaybeSent, error.description())
    }
}

impl Handler for Transfer {
    fn read(&mut self, data: &mut [u8]) -> Result<usize, ReadError> {
        let photo = &mut self.photo;
        self.outgoing.fill(data, |buf| photo.read(buf)).map_err(|_| ReadError::Abort)
    }

    fn header(&mut self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        if self.incoming.is_some() {
            // A trailer.
        } else if line.is_empty() {
            if !self.head.status().is_informational() {
                if let Err(error) = self.begin() {
                    self.stopped = Some(super::unwritten(&error));
                    return false;
                }
            }
        } else if let Some(rest) = line.strip_prefix(b"HTTP/") {
            // An interim answer gives way to the next one.
            let status = rest.get(4..7).and_then(|digits| StatusCode::from_bytes(digits).ok());
            let Some(status) = status else { return false };
            self.head = Response::new(());
            *self.head.status_mut() = status;
        } else if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            match (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                (Ok(name), Ok(value)) => drop(self.head.headers_mut().append(name, value)),
                _ => return false,
            }
        }
        true
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, WriteError> {
        let Some(incoming) = &mut self.incoming else { return Ok(0) };
        let for_the_file = incoming.take(data);
        // Taking less than all ends the transfer.
        let taken = if incoming.is_full() { 0 } else { data.len() };
        match self.file.as_mut().map(|file| file.write_all(for_the_file)) {
            Some(Err(error)) => {
                self.stopped = Some(super::unwritten(&error));
                Ok(0)
            }
            _ => Ok(taken),
        }
    }
}
