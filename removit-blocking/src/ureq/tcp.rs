//! A TCP connection on which no call outlasts its time.
//!
//! ureq's own gives each write of a piece all of the time that is left. A server
//! that takes a little now and then lets every write send something, and holds an
//! upload many times longer than its deadline. Here the time is for all of a piece.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, NextTimeout, Transport, time};

use crate::connect::{NEXT_AFTER, Resolver, in_turn};
use crate::ureq::buffers::{KeptBuffers, SpareBuffers};

/// A connection to the server, or to a proxy on the way there.
#[derive(Debug)]
pub(crate) struct TcpWire {
    stream: TcpStream,
    buffers: KeptBuffers,
}

impl TcpWire {
    /// Finds the server, or a proxy, and connects to the first of its addresses
    /// that answers, all within the time.
    pub(crate) fn connect(
        resolver: &Resolver,
        (host, port): (&str, u16),
        details: &ConnectionDetails<'_>,
        spare: &SpareBuffers,
    ) -> Result<Self, Error> {
        let time = TimeLeft::new(details.timeout);
        let addresses = find(resolver, (host, port), &time)?;
        let stream = first_to_answer(&in_turn(&addresses), &time)?;
        stream.set_nodelay(details.config.no_delay())?;
        Ok(Self { stream, buffers: spare.buffers(details) })
    }

    /// The addresses of a server or a proxy, in the order in which they are tried.
    pub(crate) fn find(
        resolver: &Resolver,
        whom: (&str, u16),
        timeout: NextTimeout,
    ) -> Result<Vec<SocketAddr>, Error> {
        Ok(in_turn(&find(resolver, whom, &TimeLeft::new(timeout))?))
    }
}

/// A lookup that takes too long is left behind.
fn find(
    resolver: &Resolver,
    (host, port): (&str, u16),
    time: &TimeLeft,
) -> Result<Vec<SocketAddr>, Error> {
    let (found, finding) = channel();
    // Nobody may be left to hear of it.
    resolver.find(host, port, move |addresses| drop(found.send(addresses)))?;
    let addresses = match time.receive(&finding, None)? {
        Received::This(addresses) => addresses?,
        Received::Nothing | Received::Gone => return Err(Error::HostNotFound),
    };
    if addresses.is_empty() { Err(Error::HostNotFound) } else { Ok(addresses) }
}

/// Each address is tried in a thread of its own, the next one as soon as one
/// failed or made the others wait. What is left behind ends with the time.
fn first_to_answer(addresses: &[SocketAddr], time: &TimeLeft) -> Result<TcpStream, Error> {
    if let [only] = addresses {
        return open(only, time.left()?).map_err(|error| time.judge(error));
    }
    let (opened, opening) = channel();
    let mut failed = Error::HostNotFound;
    let mut left = addresses.iter().copied().peekable();
    let mut under_way = 0_usize;
    loop {
        if let Some(address) = left.next() {
            let (limit, opened) = (time.left()?, opened.clone());
            let named = thread::Builder::new().name("removit-connect".to_owned());
            named.spawn(move || drop(opened.send(open(&address, limit))))?;
            under_way += 1;
        } else if under_way == 0 {
            return Err(failed);
        }
        match time.receive(&opening, left.peek().map(|_| NEXT_AFTER))? {
            Received::This(Ok(stream)) => return Ok(stream),
            Received::This(Err(error)) => {
                under_way -= 1;
                failed = time.judge(error);
            }
            Received::Nothing | Received::Gone => {}
        }
    }
}

fn open(address: &SocketAddr, limit: Option<Duration>) -> io::Result<TcpStream> {
    match limit {
        Some(limit) => TcpStream::connect_timeout(address, limit),
        None => TcpStream::connect(address),
    }
}

impl Transport for TcpWire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        write_within(&TimeLeft::new(timeout), output, |piece, left| {
            self.stream.set_write_timeout(left)?;
            (&self.stream).write(piece)
        })
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let time = TimeLeft::new(timeout);
        let input = self.buffers.input_append_buf();
        let read = read_within(&time, |left| {
            self.stream.set_read_timeout(left)?;
            (&self.stream).read(input)
        })?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    /// Whether it can be used again: the server neither closed it nor said
    /// anything more.
    fn is_open(&mut self) -> bool {
        let quiet = self.stream.set_nonblocking(true).is_ok()
            && matches!(self.stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
        quiet && self.stream.set_nonblocking(false).is_ok()
    }
}

/// Writes all of these bytes within the time, by as many writes as it takes; each
/// is told how long it may last.
fn write_within(
    time: &TimeLeft,
    mut bytes: &[u8],
    mut write: impl FnMut(&[u8], Option<Duration>) -> io::Result<usize>,
) -> Result<(), Error> {
    while !bytes.is_empty() {
        match write(bytes, time.left()?) {
            Ok(0) => return Err(Error::Io(ErrorKind::WriteZero.into())),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(time.judge(error)),
        }
    }
    Ok(())
}

/// Reads once within the time; each try is told how long it may last.
fn read_within(
    time: &TimeLeft,
    mut read: impl FnMut(Option<Duration>) -> io::Result<usize>,
) -> Result<usize, Error> {
    loop {
        match read(time.left()?) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.map_err(|error| time.judge(error)),
        }
    }
}

/// What came of a wait for another thread.
enum Received<T> {
    This(T),
    /// Not within the pause.
    Nothing,
    /// There is nobody who could send it.
    Gone,
}

/// The time for one call, and why it is limited.
struct TimeLeft {
    limit: NextTimeout,
    end: Option<Instant>,
}

impl TimeLeft {
    fn new(limit: NextTimeout) -> Self {
        let end = match limit.after {
            // So far away that it has no name is never.
            time::Duration::Exact(after) => Instant::now().checked_add(after),
            time::Duration::NotHappening => None,
        };
        Self { limit, end }
    }

    /// Never zero, which systems take for no limit.
    fn left(&self) -> Result<Option<Duration>, Error> {
        let Some(end) = self.end else { return Ok(None) };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.is_over()) } else { Ok(Some(left)) }
    }

    /// What another thread sends, for at most `pause` where there is one.
    fn receive<T>(
        &self,
        from: &Receiver<T>,
        pause: Option<Duration>,
    ) -> Result<Received<T>, Error> {
        let left = self.left()?;
        let wait = match (left, pause) {
            (Some(left), Some(pause)) => Some(left.min(pause)),
            (left, pause) => left.or(pause),
        };
        let received = match wait {
            Some(wait) => from.recv_timeout(wait),
            None => from.recv().map_err(RecvTimeoutError::from),
        };
        match received {
            Ok(this) => Ok(Received::This(this)),
            Err(RecvTimeoutError::Disconnected) => Ok(Received::Gone),
            // Whether it was all of the time, the next look at it says.
            Err(RecvTimeoutError::Timeout) if pause.is_some() => Ok(Received::Nothing),
            Err(RecvTimeoutError::Timeout) => Err(self.is_over()),
        }
    }

    /// What a failed call of the operating system comes to: a socket's own time
    /// limit is told as either of two kinds.
    fn judge(&self, error: io::Error) -> Error {
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => self.is_over(),
            _ => Error::Io(error),
        }
    }

    fn is_over(&self) -> Error {
        Error::Timeout(self.limit.reason)
    }
}

#[cfg(test)]
mod tests;
