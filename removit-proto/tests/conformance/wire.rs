//! One connection of the reference transport: bounded in time, and exact about
//! where an answer ends.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};

use crate::defect::Defect;

const HEAD_LIMIT: usize = 64 * 1024;

pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    /// Read, and not yet looked at.
    pub(crate) input: Vec<u8>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) defect: Option<Defect>,
}

/// How a body ends.
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Wire {
    pub(crate) fn connect(
        address: SocketAddr,
        deadline: Option<Instant>,
        defect: Option<Defect>,
    ) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, left(deadline)?)?;
        Ok(Self { stream, input: Vec::new(), deadline, defect })
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// How many bytes were given to the system, and what stopped it.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> (usize, Result<()>) {
        let mut written = 0;
        while written < bytes.len() {
            let result = left(self.deadline)
                .and_then(|time| self.stream.set_write_timeout(Some(time)))
                .and_then(|()| self.stream.write(&bytes[written..]));
            match result {
                Ok(0) => return (written, Err(ErrorKind::WriteZero.into())),
                Ok(more) => written += more,
                Err(error) => return (written, Err(error)),
            }
        }
        (written, Ok(()))
    }

    /// The head of the answer, after all interim ones.
    pub(crate) fn head(&mut self) -> Result<Response<()>> {
        loop {
            let head = self.any_head()?;
            if !head.status().is_informational() || self.has(Defect::StopsAtInterimAnswers) {
                return Ok(head);
            }
        }
    }

    fn any_head(&mut self) -> Result<Response<()>> {
        let mut looked_at = 0;
        let end = loop {
            let new = &self.input[looked_at..];
            if let Some(end) = new.windows(4).position(|window| window == b"\r\n\r\n") {
                break looked_at + end + 4;
            }
            looked_at = self.input.len().saturating_sub(3);
            if self.input.len() > HEAD_LIMIT && !self.has(Defect::ReadsHeadsWithoutBound) {
                return Err(Error::other("the head has no end"));
            }
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        };
        let head: Vec<u8> = self.input.drain(..end).collect();
        parse(&head).ok_or_else(|| Error::other("this is no HTTP"))
    }

    /// Hands the body over piece by piece; `Ok` where it came to its end.
    pub(crate) fn body(
        &mut self,
        head: &Response<()>,
        mut piece: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        match self.framing(head) {
            Framing::Length(len) => self.exactly(len, &mut piece),
            Framing::UntilClose => loop {
                let input = std::mem::take(&mut self.input);
                piece(&input)?;
                if self.fill()? == 0 {
                    let needs_a_length = self.has(Defect::NeedsALength);
                    let end = Error::from(ErrorKind::UnexpectedEof);
                    return if needs_a_length { Err(end) } else { Ok(()) };
                }
            },
            Framing::Chunked => loop {
                let line = self.line()?;
                let size = line.split(';').next().unwrap_or_default().trim();
                let size = usize::from_str_radix(size, 16).map_err(Error::other)?;
                if size == 0 {
                    while !self.line()?.is_empty() {}
                    return Ok(());
                }
                self.exactly(size, &mut piece)?;
                self.line()?;
            },
        }
    }

    fn framing(&self, head: &Response<()>) -> Framing {
        if head.status() == 204 && !self.has(Defect::WaitsForABody) {
            return Framing::Length(0);
        }
        let chunked = head.headers().contains_key("transfer-encoding");
        if chunked && !self.has(Defect::KnowsNoChunks) {
            return Framing::Chunked;
        }
        let length = head.headers().get("content-length").and_then(|value| value.to_str().ok());
        match length.and_then(|text| text.parse().ok()) {
            Some(len) => Framing::Length(len),
            None => Framing::UntilClose,
        }
    }

    fn exactly(
        &mut self,
        mut len: usize,
        piece: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        while len > 0 {
            if self.input.is_empty() && self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let here = len.min(self.input.len());
            let input: Vec<u8> = self.input.drain(..here).collect();
            piece(&input)?;
            len -= here;
        }
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        loop {
            if let Some(end) = self.input.windows(2).position(|window| window == b"\r\n") {
                let line: Vec<u8> = self.input.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.input.len() > HEAD_LIMIT || self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn fill(&mut self) -> Result<usize> {
        let mut piece = [0; 16 * 1024];
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        let read = self.stream.read(&mut piece)?;
        self.input.extend_from_slice(&piece[..read]);
        Ok(read)
    }
}

/// The time until the deadline; a transport that ignores it has an hour.
fn left(deadline: Option<Instant>) -> Result<Duration> {
    let Some(deadline) = deadline else { return Ok(Duration::from_secs(3600)) };
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}

fn parse(head: &[u8]) -> Option<Response<()>> {
    let text: String = head.iter().copied().map(char::from).collect();
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    if !matches!(words.next()?, "HTTP/1.1" | "HTTP/1.0") {
        return None;
    }
    let mut response = Response::builder().status(words.next()?).body(()).ok()?;
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        let value: Vec<u8> = value.trim().chars().map(|c| c as u8).collect();
        let value = HeaderValue::from_maybe_shared(Bytes::from(value)).ok()?;
        response.headers_mut().append(name.parse::<HeaderName>().ok()?, value);
    }
    Some(response)
}
