//! Notices that the server answers, or hangs up, before all of an upload was
//! sent.
//!
//! A server that refuses a key says so at once and need not read the photo.
//! ureq sends all of a body before it reads, and reports a connection that
//! breaks meanwhile as broken: the reason would be lost, and the upload sent
//! again and again. Here the rest of the body stays where it is, and ureq goes
//! on to read the answer.

use std::io::{ErrorKind, Read, Result as IoResult};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport, time};

use crate::RequestBody;

/// How often a sender looks for an answer, and how long one look may take (which
/// systems round up to some milliseconds): together a few percent of a fast line.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOK_FOR: Duration = Duration::from_millis(1);

/// The most that is kept of the time for sending, to hear why it got stuck.
const LISTEN: Duration = Duration::from_secs(1);

/// Shared by the body and the connection of one upload: set where the rest of
/// the body stays here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut(Arc<AtomicBool>);

impl Cut {
    /// Whether the last byte of the body certainly did not leave.
    pub(crate) fn is_made(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn make(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The body as ureq reads it: after the cut, as many bytes as were announced,
/// none of which is read from the photo or sent.
pub(crate) struct CutBody {
    body: RequestBody,
    /// How much ureq still asks for.
    left: u64,
    cut: Cut,
}

impl CutBody {
    pub(crate) fn new(body: RequestBody, cut: Cut) -> Self {
        Self { left: body.len(), body, cut }
    }
}

impl Read for CutBody {
    fn read(&mut self, buf: &mut [u8]) -> IoResult<usize> {
        let read = if self.cut.is_made() {
            usize::try_from(self.left).unwrap_or(buf.len()).min(buf.len())
        } else {
            self.body.read(buf)?
        };
        self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

/// A connection that makes the cut. It is never used a second time.
#[derive(Debug)]
pub(crate) struct Watched {
    wire: Box<dyn Transport>,
    cut: Cut,
    looked: Instant,
    /// Input that a look found, and that ureq does not know of.
    unseen: bool,
}

impl Watched {
    pub(crate) fn new(wire: Box<dyn Transport>, cut: Cut) -> Self {
        Self { wire, cut, looked: Instant::now(), unseen: false }
    }

    fn look(&mut self) {
        let brief = NextTimeout { after: LOOK_FOR.into(), ..NextTimeout::default() };
        match self.wire.await_input(brief) {
            Ok(true) => {
                self.unseen = true;
                if is_final(self.wire.buffers().input()) {
                    self.cut.make();
                }
            }
            Err(Error::Timeout(_)) => {}
            // Closed or broken: reading the answer says how.
            Ok(false) | Err(_) => self.cut.make(),
        }
        self.looked = Instant::now();
    }
}

impl Transport for Watched {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.wire.buffers()
    }

    /// Makes the cut only where these bytes, and so the last byte of the body,
    /// were not all given to the operating system.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if !self.cut.is_made() && self.looked.elapsed() >= LOOK_EVERY {
            self.look();
        }
        if self.cut.is_made() {
            return Ok(());
        }
        match self.wire.transmit_output(amount, with_time_left_to_listen(timeout)) {
            Err(Error::Io(error)) if is_hang_up(error.kind()) => {
                self.cut.make();
                Ok(())
            }
            // How much of these bytes left is not known: nothing can follow them.
            Err(error @ Error::Timeout(_)) => {
                self.look();
                if self.cut.is_made() { Ok(()) } else { Err(error) }
            }
            other => other,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        if std::mem::take(&mut self.unseen) {
            return Ok(true);
        }
        self.wire.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        self.wire.is_tls()
    }
}

fn is_hang_up(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset)
}

/// A little less time, so that a server which answered and then stopped reading
/// is still heard before the deadline.
fn with_time_left_to_listen(mut timeout: NextTimeout) -> NextTimeout {
    if let time::Duration::Exact(limit) = timeout.after {
        timeout.after = limit.saturating_sub((limit / 8).min(LISTEN)).into();
    }
    timeout
}

/// Whether an answer begins that is not an interim one, such as `100 Continue`.
fn is_final(input: &[u8]) -> bool {
    input.get(b"HTTP/1.1 ".len()).is_some_and(|digit| *digit != b'1')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ureq::scripted::Scripted;

    /// How a writing ends that ends so below, and whether the cut is made.
    fn written(kind: ErrorKind) -> (Result<(), Error>, bool) {
        let wire = Scripted { written: [Err(Error::Io(kind.into()))].into(), ..Scripted::new() };
        let cut = Cut::default();
        let mut watched = Watched::new(Box::new(wire), cut.clone());
        (watched.transmit_output(1, NextTimeout::default()), cut.is_made())
    }

    #[test]
    fn a_server_that_hangs_up_while_it_is_sent_to_may_have_answered() {
        use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        for kind in [BrokenPipe, ConnectionAborted, ConnectionReset] {
            assert!(matches!(written(kind), (Ok(()), true)), "{kind}");
        }
    }

    #[test]
    fn another_failure_of_sending_is_none_that_could_be_answered() {
        assert!(matches!(written(ErrorKind::HostUnreachable), (Err(Error::Io(_)), false)));
    }

    /// What is written beside an answer that is there, so long after the last look: whether
    /// it is cut.
    fn is_cut(answer: &'static [u8], since: Duration) -> bool {
        let (written, input) = ([Ok(())].into(), [Ok(answer)].into());
        let (wire, cut) = (Scripted { written, input, ..Scripted::new() }, Cut::default());
        let mut watched = Watched::new(Box::new(wire), cut.clone());
        watched.looked = Instant::now().checked_sub(since).unwrap();
        watched.transmit_output(1, NextTimeout::default()).unwrap();
        cut.is_made()
    }

    #[test]
    fn an_answer_is_looked_for_now_and_then() {
        assert!(is_cut(b"HTTP/1.1 401", LOOK_EVERY));
        assert!(!is_cut(b"HTTP/1.1 401", Duration::ZERO));
    }

    #[test]
    fn an_interim_answer_is_no_reason_to_stop_sending() {
        assert!(!is_cut(b"HTTP/1.1 100", LOOK_EVERY));
    }

    #[test]
    fn an_upload_s_connection_is_as_safe_as_it_is_itself_and_never_used_again() {
        for is_tls in [true, false] {
            let wire = Scripted { is_tls, ..Scripted::new() };
            let mut watched = Watched::new(Box::new(wire), Cut::default());
            assert_eq!((watched.is_open(), watched.is_tls()), (false, is_tls));
        }
    }
}
