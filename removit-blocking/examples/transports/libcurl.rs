//! A transport on libcurl, which knows the core and no adapter: how an author
//! with an HTTP stack of their own goes about it.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use curl::easy::{Easy2, Handler, List, ReadError, WriteError};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use removit_blocking::proto::conformance::{Exchange, Level, Subject};
use removit_blocking::proto::{Incoming, Outcome, Reach, Segment, Sink, TransportFailure};

fn exchange(mut given: Exchange) -> Outcome {
    let mut curl = Easy2::new(Transfer::new(&mut given));
    configure(&mut curl, &given).unwrap();
    let end = curl.perform();
    std::mem::replace(curl.get_mut(), Transfer::new(&mut given)).outcome(end)
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
    body: Cursor<Vec<u8>>,
    /// How much of the body libcurl did not take yet.
    left: u64,
    photo_broke: Option<String>,
    head: Response<()>,
    incoming: Option<Incoming>,
    sink: Sink,
    file: Option<File>,
    stopped: Option<TransportFailure>,
}

impl Transfer {
    fn new(given: &mut Exchange) -> Self {
        let mut body = Vec::new();
        for segment in given.attempt.request.body().segments() {
            match segment {
                Segment::Bytes(bytes) => body.extend_from_slice(bytes),
                _ => body.extend_from_slice(&given.photo),
            }
        }
        let left = given.attempt.request.body().len();
        // What follows a photo that is too short must not stand in its place.
        body.truncate(if body.len() as u64 == left { body.len() } else { 0 });
        Self {
            body: Cursor::new(body),
            left,
            photo_broke: None,
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

    fn stop(&mut self, error: &std::io::Error) {
        self.stopped = Some(TransportFailure::sink(error.to_string()));
    }

    fn outcome(self, end: Result<(), curl::Error>) -> Outcome {
        if let Some(detail) = self.photo_broke {
            return Outcome::Failed(TransportFailure::source(detail));
        }
        if let Some(failure) = self.stopped {
            return Outcome::Failed(failure);
        }
        match (self.incoming, end) {
            (Some(incoming), Ok(())) => incoming.end(),
            (Some(incoming), Err(error)) => incoming.broken(failure(&error, self.left)),
            (None, Err(error)) => Outcome::Failed(failure(&error, self.left)),
            (None, Ok(())) => {
                Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "no answer"))
            }
        }
    }
}

fn failure(error: &curl::Error, left: u64) -> TransportFailure {
    let reach = if left > 0 { Reach::NotSent } else { Reach::MaybeSent };
    if error.is_couldnt_connect() || error.is_couldnt_resolve_host() {
        TransportFailure::connect(error.description())
    } else if error.is_operation_timedout() {
        TransportFailure::timed_out(reach, error.description())
    } else {
        TransportFailure::broken(reach, error.description())
    }
}

impl Handler for Transfer {
    fn read(&mut self, data: &mut [u8]) -> Result<usize, ReadError> {
        let len = self.body.read(data);
        if let Ok(len) = len {
            self.left -= len as u64;
            if len > 0 || self.left == 0 {
                return Ok(len);
            }
        }
        let short = || "the photo is shorter than it was".to_owned();
        self.photo_broke = Some(len.err().map_or_else(short, |error| error.to_string()));
        Err(ReadError::Abort)
    }

    fn header(&mut self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        if self.incoming.is_some() {
            // A trailer.
        } else if line.is_empty() {
            if !self.head.status().is_informational() {
                if let Err(error) = self.begin() {
                    self.stop(&error);
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
                self.stop(&error);
                Ok(0)
            }
            _ => Ok(taken),
        }
    }
}

#[test]
fn a_transport_on_libcurl_conforms() {
    let report = Subject::blocking(exchange).check();
    report.assert_conforming();
    assert_eq!(report.failed(Level::Should), [""; 0], "{report}");
    assert_eq!(report.skipped(), ["cancelled-upload", "cancelled-wait"], "{report}");
}
