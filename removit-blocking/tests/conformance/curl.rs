//! A transport on libcurl, which knows the core and no adapter: how an author
//! with an HTTP stack of their own goes about it.

use std::fs::File;
use std::io::{Cursor, Read, Seek, Write};

use bytes::Bytes;
use curl::easy::{Easy2, Handler, List, ReadError, WriteError};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use removit_blocking::proto::conformance::{Exchange, Level, Subject};
use removit_blocking::proto::{
    ANSWER_LIMIT, FirstBytes, Outcome, Reach, Segment, Sink, TransportFailure,
};

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
    head: Option<Response<()>>,
    /// Whether the head is one that an answer may end with.
    head_is_whole: bool,
    sink: Sink,
    file: Option<File>,
    read: Vec<u8>,
    stored: u64,
    /// The first of the bytes that were stored.
    start: FirstBytes,
    stopped: Option<TransportFailure>,
    over_the_limit: bool,
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
            head: None,
            head_is_whole: false,
            sink: given.attempt.sink,
            file: given.file.take(),
            read: Vec::new(),
            stored: 0,
            start: FirstBytes::default(),
            stopped: None,
            over_the_limit: false,
        }
    }

    /// The file for this answer's body, emptied of what an earlier attempt left.
    fn open_file(&mut self) -> std::io::Result<Option<(&mut File, u64)>> {
        let succeeded = self.head.as_ref().is_some_and(|head| head.status().is_success());
        match (self.sink, &mut self.file) {
            (Sink::File { limit }, Some(file)) if succeeded => {
                if self.stored == 0 {
                    file.set_len(0)?;
                    file.rewind()?;
                }
                Ok(Some((file, limit)))
            }
            _ => Ok(None),
        }
    }

    fn store(&mut self, data: &[u8]) -> Result<bool, TransportFailure> {
        let failed = |error: std::io::Error| TransportFailure::sink(error.to_string());
        let stored = self.stored + data.len() as u64;
        let Some((file, limit)) = self.open_file().map_err(failed)? else {
            return Ok(false);
        };
        if stored > limit {
            return Err(TransportFailure::TooLarge { limit });
        }
        file.write_all(data).map_err(failed)?;
        self.stored = stored;
        self.start.take(data);
        Ok(true)
    }

    fn outcome(mut self, end: Result<(), curl::Error>) -> Outcome {
        if let Some(detail) = self.photo_broke {
            return Outcome::Failed(TransportFailure::source(detail));
        }
        if let Some(failure) = self.stopped {
            return Outcome::Failed(failure);
        }
        let into_file = self.open_file().is_ok_and(|file| file.is_some());
        let head = self.head.filter(|_| self.head_is_whole);
        match (head, end) {
            (Some(head), Ok(())) if into_file => Outcome::stored(head, self.stored, self.start),
            (Some(head), Ok(())) if !self.over_the_limit => {
                Outcome::Response(head.map(|()| Bytes::from(self.read)))
            }
            (Some(head), _) if !into_file => {
                Outcome::Partial(head.map(|()| Bytes::from(self.read)))
            }
            (_, Err(error)) => Outcome::Failed(failure(&error, self.left)),
            (None, Ok(())) => {
                Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "no answer"))
            }
            (Some(_), Ok(())) => unreachable!("only a body in memory can be over its limit"),
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
        if line.is_empty() {
            let status = self.head.as_ref().map(Response::status);
            self.head_is_whole = status.is_some_and(|status| !status.is_informational());
        } else if let Some(rest) = line.strip_prefix(b"HTTP/") {
            // An interim answer gives way to the next one.
            let status = rest.get(4..7).and_then(|digits| StatusCode::from_bytes(digits).ok());
            let Some(status) = status else { return false };
            let mut head = Response::new(());
            *head.status_mut() = status;
            self.head = Some(head);
        } else if let (Some(head), Some(colon)) =
            (&mut self.head, line.iter().position(|byte| *byte == b':'))
        {
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            match (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                (Ok(name), Ok(value)) => drop(head.headers_mut().append(name, value)),
                _ => return false,
            }
        }
        true
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, WriteError> {
        match self.store(data) {
            Ok(true) => return Ok(data.len()),
            Ok(false) => {}
            Err(failure) => {
                self.stopped = Some(failure);
                return Ok(0);
            }
        }
        let limit = match self.sink {
            Sink::Memory { limit } => limit,
            _ => ANSWER_LIMIT,
        };
        let room = usize::try_from(limit).unwrap().saturating_sub(self.read.len());
        let taken = data.len().min(room);
        self.read.extend_from_slice(&data[..taken]);
        self.over_the_limit |= taken < data.len();
        // Taking less than all ends the transfer.
        Ok(taken)
    }
}

#[test]
fn a_transport_on_libcurl_conforms() {
    let report = Subject::blocking(exchange).check();
    report.assert_conforming();
    assert_eq!(report.failed(Level::Should), [""; 0], "{report}");
    assert_eq!(report.skipped(), ["cancelled-upload", "cancelled-wait"], "{report}");
}
