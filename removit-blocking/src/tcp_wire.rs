//! A TCP connection on which no call outlasts its time.
//!
//! ureq's own gives each write of a piece all of the time that is left. A server
//! that takes a little now and then lets every write send something, and holds an
//! upload many times longer than its deadline. Here the time is for all of a piece.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, LazyBuffers, NextTimeout, Transport, time,
};

/// A connection to the server, or to a proxy on the way there.
#[derive(Debug)]
pub(crate) struct TcpWire {
    stream: TcpStream,
    buffers: LazyBuffers,
}

impl TcpWire {
    /// Tries the addresses one after the other, each with its share of the time.
    pub(crate) fn connect(details: &ConnectionDetails<'_>) -> Result<Self, Error> {
        let time = TimeLeft::new(details.timeout);
        let mut addresses = details.addrs.len();
        let mut failed = Error::HostNotFound;
        for address in &details.addrs {
            match time.share(addresses).and_then(|left| open(address, left, &time)) {
                Ok(stream) => {
                    stream.set_nodelay(details.config.no_delay())?;
                    let (input, output) =
                        (details.config.input_buffer_size(), details.config.output_buffer_size());
                    return Ok(Self { stream, buffers: LazyBuffers::new(input, output) });
                }
                Err(error) => failed = error,
            }
            addresses -= 1;
        }
        Err(failed)
    }
}

fn open(address: &SocketAddr, left: Option<Duration>, time: &TimeLeft) -> Result<TcpStream, Error> {
    let stream = match left {
        Some(left) => TcpStream::connect_timeout(address, left),
        None => TcpStream::connect(address),
    };
    stream.map_err(|error| time.judge(error))
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
        let read = loop {
            self.stream.set_read_timeout(time.left()?)?;
            match (&self.stream).read(input) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.map_err(|error| time.judge(error))?,
            }
        };
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

    fn left(&self) -> Result<Option<Duration>, Error> {
        self.share(1)
    }

    /// One part of so many equal ones. Never zero, which systems take for no limit.
    fn share(&self, parts: usize) -> Result<Option<Duration>, Error> {
        let Some(end) = self.end else { return Ok(None) };
        let left = end.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(parts).unwrap_or(u32::MAX).max(1);
        if share.is_zero() { Err(self.is_over()) } else { Ok(Some(share)) }
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
mod tests {
    use super::*;

    fn within(limit: Duration) -> TimeLeft {
        TimeLeft::new(NextTimeout { after: limit.into(), ..NextTimeout::default() })
    }

    #[test]
    fn a_peer_that_takes_a_little_each_time_is_given_no_new_time() {
        let limit = Duration::from_millis(100);
        let mut told = Vec::new();
        let end = write_within(&within(limit), &[7; 1000], |_, left| {
            told.push(left.unwrap());
            std::thread::sleep(Duration::from_millis(20));
            Ok(1)
        });
        assert!(matches!(end, Err(Error::Timeout(_))), "{end:?}");
        assert!((1..=5).contains(&told.len()), "{told:?}");
        assert!(told.is_sorted_by(|a, b| a > b), "less each time: {told:?}");
    }

    #[test]
    fn all_bytes_are_written_once_and_in_order() {
        let bytes: Vec<u8> = (0..100).collect();
        let (mut taken, mut interrupted) = (Vec::new(), false);
        write_within(&within(Duration::from_secs(60)), &bytes, |piece, _| {
            interrupted = !interrupted;
            if interrupted {
                return Err(ErrorKind::Interrupted.into());
            }
            let some = piece.len().min(7);
            taken.extend_from_slice(&piece[..some]);
            Ok(some)
        })
        .unwrap();
        assert_eq!(taken, bytes);
    }

    #[test]
    fn without_a_limit_no_write_is_given_one() {
        let forever = TimeLeft::new(NextTimeout {
            after: time::Duration::NotHappening,
            ..NextTimeout::default()
        });
        write_within(&forever, &[1], |_, left| Ok(usize::from(left.is_none()))).unwrap();
    }

    #[test]
    fn the_time_for_connecting_is_shared_by_the_addresses_that_are_left() {
        let time = within(Duration::from_secs(60));
        let third = time.share(3).unwrap().unwrap();
        assert!(third <= Duration::from_secs(20) && third > Duration::from_secs(10), "{third:?}");
    }
}
