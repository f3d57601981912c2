//! One attempt over a socket that does not block: its bytes out, its answer in.
//!
//! Plain HTTP/1.1 whose bodies have a length or end with the connection. Decides nothing:
//! what an answer comes to is the core's `Incoming`.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::ToSocketAddrs;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use removit_tokio::proto::http::{HeaderName, HeaderValue, Response};
use removit_tokio::proto::{
    Attempt, AttemptId, Incoming, Instant, Outcome, Reach, Segment, Sink, TransportFailure,
};

pub(crate) struct Wire {
    id: AttemptId,
    deadline: Instant,
    sink: Sink,
    stream: TcpStream,
    out: Vec<u8>,
    sent: usize,
    input: Vec<u8>,
    /// The answer, once its head is there, and how much of its body is still to come.
    incoming: Option<(Incoming, Option<usize>)>,
    file: Option<File>,
    is_over: bool,
}

impl Wire {
    pub(crate) fn open(
        attempt: Attempt,
        photo: &[u8],
        file: Option<File>,
    ) -> Result<Self, TransportFailure> {
        let no_way = |error: std::io::Error| TransportFailure::connect(error.to_string());
        let Attempt { id, deadline, sink, request, .. } = attempt;
        let uri = request.uri();
        let place = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80));
        let address = place.to_socket_addrs().map_err(no_way)?.next();
        let address = address.ok_or_else(|| TransportFailure::connect("no address"))?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let mut out = format!("{} {path} HTTP/1.1\r\nhost: {authority}\r\n", request.method());
        for (name, value) in request.headers() {
            out += &format!("{name}: {}\r\n", value.to_str().unwrap_or_default());
        }
        let mut out = (out + "\r\n").into_bytes();
        for segment in request.body().segments() {
            match segment {
                Segment::Bytes(bytes) => out.extend_from_slice(bytes),
                Segment::File { len } if *len == photo.len() as u64 => out.extend_from_slice(photo),
                _ => return Err(TransportFailure::source("the photo is another by now")),
            }
        }
        let stream = TcpStream::connect(address).map_err(no_way)?;
        let (input, incoming) = (Vec::new(), None);
        Ok(Self { id, deadline, sink, stream, out, sent: 0, input, incoming, file, is_over: false })
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> std::io::Result<()> {
        registry.register(&mut self.stream, token, Interest::READABLE | Interest::WRITABLE)
    }

    pub(crate) const fn id(&self) -> AttemptId {
        self.id
    }

    pub(crate) const fn ends_at(&self) -> Instant {
        self.deadline
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Moves what can be moved; the outcome, once there is one.
    pub(crate) fn go_on(&mut self, is_ready: bool, is_late: bool) -> Option<Outcome> {
        let moved = if is_ready { self.send_and_read() } else { Err(ErrorKind::WouldBlock.into()) };
        let reach = if self.sent < self.out.len() { Reach::NotSent } else { Reach::MaybeSent };
        let failure = match moved {
            Ok(()) => {
                self.is_over = true;
                return self.incoming.take().map(|(incoming, _)| incoming.end());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && !is_late => return None,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                TransportFailure::timed_out(reach, "no whole answer by the deadline")
            }
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                TransportFailure::connect(error.to_string())
            }
            Err(error) => TransportFailure::broken(reach, error.to_string()),
        };
        self.is_over = true;
        Some(match self.incoming.take() {
            Some((incoming, _)) => incoming.broken(failure),
            None => Outcome::Failed(failure),
        })
    }

    /// `Ok` where the answer is whole.
    fn send_and_read(&mut self) -> std::io::Result<()> {
        while self.sent < self.out.len() {
            self.sent += self.stream.write(&self.out[self.sent..])?;
        }
        let mut chunk = [0; 16 * 1024];
        loop {
            let read = self.stream.read(&mut chunk)?;
            self.input.extend_from_slice(&chunk[..read]);
            if self.incoming.is_none() {
                self.read_head()?;
            }
            let Some((incoming, left)) = &mut self.incoming else {
                if read == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                continue;
            };
            let body: Vec<u8> = self.input.drain(..).collect();
            let for_the_file = incoming.take(&body);
            if let Some(file) = &mut self.file {
                file.write_all(for_the_file)?;
            }
            match left {
                Some(left) => *left = left.saturating_sub(body.len()),
                None if read == 0 => return Ok(()),
                None => {}
            }
            if *left == Some(0) || incoming.is_full() {
                return Ok(());
            } else if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn read_head(&mut self) -> std::io::Result<()> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Response::new(&mut headers);
        let no_http = |_| std::io::Error::other("this is no HTTP");
        let httparse::Status::Complete(len) = parsed.parse(&self.input).map_err(no_http)? else {
            return Ok(());
        };
        let mut head = Response::builder().status(parsed.code.unwrap_or_default());
        for header in parsed.headers.iter() {
            if let (Ok(name), Ok(value)) =
                (header.name.parse::<HeaderName>(), HeaderValue::from_bytes(header.value))
            {
                head = head.header(name, value);
            }
        }
        let (head, ()) = head.body(()).map_err(std::io::Error::other)?.into_parts();
        let body_len =
            head.headers.get("content-length").and_then(|v| v.to_str().ok()?.parse().ok());
        self.input.drain(..len);
        if head.status.is_informational() {
            return Ok(());
        }
        let incoming = Incoming::new(head, self.sink);
        if let (Some(from), Some(file)) = (incoming.file_from(), &mut self.file) {
            file.set_len(from)?;
            file.seek(SeekFrom::Start(from))?;
        }
        self.incoming = Some((incoming, body_len));
        Ok(())
    }
}
