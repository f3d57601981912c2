//! A transport on attohttpc, over the core's `Outgoing` and `Incoming`.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::time::Instant;

use attohttpc::body::{Body, BodyKind};
use attohttpc::{ProxySettings, RequestBuilder, Response};
use removit_blocking::proto::conformance::Exchange;
use removit_blocking::proto::http;
use removit_blocking::proto::{Incoming, Outcome, Outgoing, Reach, Sink, TransportFailure};

pub(crate) fn exchange(given: Exchange) -> Outcome {
    let ends = Instant::now() + given.time_left;
    let (head, body) = given.attempt.request.into_parts();
    let outgoing = Outgoing::new(body);
    let sent = outgoing.sent();
    let mut request = RequestBuilder::new(head.method, head.uri.to_string())
        .proxy_settings(ProxySettings::builder().build())
        .follow_redirects(false)
        .timeout(given.time_left)
        .read_timeout(given.time_left);
    *request.headers_mut() = head.headers;
    match request.body(Upload { outgoing, photo: &given.photo }).send() {
        Ok(answer) => receive(answer, given.attempt.sink, given.file, ends)
            .unwrap_or_else(|error| super::unwritten(&error)),
        Err(error) => Outcome::Failed(sent.judge(match error.kind() {
            attohttpc::ErrorKind::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
                TransportFailure::connect(error.to_string())
            }
            _ => failure(&error, ends),
        })),
    }
}

fn failure(error: &impl ToString, ends: Instant) -> TransportFailure {
    let is_late = Instant::now() >= ends;
    let kind = if is_late { TransportFailure::timed_out } else { TransportFailure::broken };
    kind(Reach::MaybeSent, error.to_string())
}

struct Upload<'a> {
    outgoing: Outgoing,
    photo: &'a [u8],
}

impl Body for Upload<'_> {
    fn kind(&mut self) -> Result<BodyKind, Error> {
        let len = self.outgoing.len();
        Ok(if len == 0 { BodyKind::Empty } else { BodyKind::KnownLength(len) })
    }

    fn write<W: Write>(&mut self, mut wire: W) -> Result<(), Error> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.outgoing.fill(&mut buffer, |buf| self.photo.read(buf))? {
                0 => return Ok(()),
                filled => wire.write_all(&buffer[..filled])?,
            }
        }
    }
}

fn receive(
    answer: Response,
    sink: Sink,
    mut file: Option<File>,
    ends: Instant,
) -> Result<Outcome, Error> {
    let (status, headers, mut body) = answer.split();
    let (mut head, ()) = http::Response::new(()).into_parts();
    (head.status, head.headers) = (status, headers);
    let mut incoming = Incoming::new(head, sink);
    if let (Some(from), Some(file)) = (incoming.file_from(), &mut file) {
        file.set_len(from)?;
        file.seek(SeekFrom::Start(from))?;
    }
    let mut buffer = [0; 16 * 1024];
    while !incoming.is_full() {
        let for_the_file = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => incoming.take(&buffer[..read]),
            Err(error) => return Ok(incoming.broken(failure(&error, ends))),
        };
        file.iter_mut().try_for_each(|file| file.write_all(for_the_file))?;
    }
    Ok(incoming.end())
}
