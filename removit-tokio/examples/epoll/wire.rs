//! One attempt over a socket that does not block: its bytes out, its answer in.
//!
//! Plain HTTP/1.1 whose bodies have a length or end with the connection. Decides nothing:
//! what leaves and what an answer comes to are the core's `Outgoing` and `Incoming`.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::net::ToSocketAddrs;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use removit_tokio::proto::bytes::{Buf, Bytes};
use removit_tokio::proto::http::{HeaderName, HeaderValue, Response};
use removit_tokio::proto::{
    Attempt, AttemptId, Incoming, Instant, Outcome, Outgoing, Piece, Reach, Sink, TransportFailure,
};

pub(crate) struct Wire {
    pub(crate) id: AttemptId,
    pub(crate) ends_at: Instant,
    sink: Sink,
    stream: TcpStream,
    head: Bytes,
    outgoing: Outgoing,
    input: Vec<u8>,
    /// The answer, once its head is there.
    incoming: Option<Incoming>,
    file: Option<File>,
}

impl Wire {
    pub(crate) fn open(attempt: Attempt, photo: Bytes, file: Option<File>) -> Result<Self> {
        let Attempt { id, deadline: ends_at, sink, request, .. } = attempt;
        let (head, body) = request.into_parts();
        let (host, port) = (head.uri.host().unwrap_or_default(), head.uri.port_u16().unwrap_or(80));
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut out = format!("{} {path} HTTP/1.1\r\nhost: {host}:{port}\r\n", head.method);
        for (name, value) in &head.headers {
            out += &format!("{name}: {}\r\n", value.to_str().unwrap_or_default());
        }
        let address = (host, port).to_socket_addrs()?.next().ok_or(ErrorKind::NotFound)?;
        let (stream, head) = (TcpStream::connect(address)?, Bytes::from(out + "\r\n"));
        let outgoing = Outgoing::new(body.with_photo(photo));
        let (input, incoming) = (Vec::new(), None);
        Ok(Self { id, ends_at, sink, stream, head, outgoing, input, incoming, file })
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> Result<()> {
        registry.register(&mut self.stream, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Moves what can be moved. An outcome is the end of it.
    pub(crate) fn go_on(&mut self, is_ready: bool, is_late: bool) -> Option<Outcome> {
        let moved = if is_ready { self.send_and_read() } else { Err(ErrorKind::WouldBlock.into()) };
        let failure = match moved {
            Ok(()) => return self.incoming.take().map(Incoming::end),
            Err(error) if error.kind() == ErrorKind::WouldBlock && !is_late => return None,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                TransportFailure::timed_out(Reach::MaybeSent, "no whole answer by the deadline")
            }
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                TransportFailure::connect(error.to_string())
            }
            Err(error) => TransportFailure::broken(Reach::MaybeSent, error.to_string()),
        };
        Some(match self.incoming.take() {
            Some(incoming) => incoming.broken(failure),
            None => Outcome::Failed(self.outgoing.sent().judge(failure)),
        })
    }

    /// `Ok` where the answer is whole.
    fn send_and_read(&mut self) -> Result<()> {
        while self.head.has_remaining() {
            let sent = self.stream.write(&self.head)?;
            self.head.advance(sent);
        }
        while let Piece::Bytes(bytes) = self.outgoing.next_piece() {
            let sent = self.stream.write(&bytes)?;
            self.outgoing.advance(sent)?;
        }
        if !self.outgoing.is_empty() {
            return Err(Error::other("the photo is another by now"));
        }
        let mut chunk = [0; 16 * 1024];
        loop {
            let read = self.stream.read(&mut chunk)?;
            self.input.extend_from_slice(&chunk[..read]);
            if self.incoming.is_none() {
                self.read_head()?;
            }
            if let Some(incoming) = &mut self.incoming {
                let for_the_file = incoming.take(&self.input);
                self.file.iter_mut().try_for_each(|file| file.write_all(for_the_file))?;
                self.input.clear();
                let is_whole = incoming.announced().is_some_and(|len| incoming.len() >= len);
                if read == 0 || is_whole || incoming.is_full() {
                    return Ok(());
                }
            } else if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn read_head(&mut self) -> Result<()> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(len) = parsed.parse(&self.input).map_err(Error::other)?
        else {
            return Ok(());
        };
        let mut head = Response::builder().status(parsed.code.unwrap_or_default());
        for header in parsed.headers.iter() {
            let value = HeaderValue::from_bytes(header.value).map_err(Error::other)?;
            head = head.header(header.name.parse::<HeaderName>().map_err(Error::other)?, value);
        }
        let (head, ()) = head.body(()).map_err(Error::other)?.into_parts();
        self.input.drain(..len);
        if head.status.is_informational() {
            return Ok(());
        }
        let incoming = Incoming::new(head, self.sink);
        if let (Some(from), Some(file)) = (incoming.file_from(), &mut self.file) {
            file.set_len(from)?;
            file.seek(SeekFrom::Start(from))?;
        }
        self.incoming = Some(incoming);
        Ok(())
    }
}
