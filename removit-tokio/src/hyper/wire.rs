//! A connection as it lies under hyper's task, which does two things less than
//! a paid upload needs.
//!
//! **It keeps an answer that came early.** A server that refuses a key or a size
//! says so at once, and may hang up without reading the photo. hyper stops at
//! the write that fails then, and the answer that lies in the socket would be
//! lost: the upload would count as not sent and be tried again and again. Here
//! such a write stays unfinished, so that reading decides: it brings the answer,
//! or the end.
//!
//! **It can be cut.** hyper's task outlives a request that nobody waits for: it
//! would hold the connection for as long as the server does not read.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

use crate::lock::lock;

/// A connection that hyper's task owns.
pub(crate) struct Wire<S> {
    stream: S,
    /// The server reads no more; what it wrote may still be read.
    hung_up: bool,
    cutter: Cutter,
}

/// Ends a connection from outside of the task that owns it.
#[derive(Clone, Default)]
pub(crate) struct Cutter(Arc<Mutex<Cut>>);

#[derive(Default)]
struct Cut {
    made: Option<&'static str>,
    owner: Option<Waker>,
}

impl Cutter {
    /// Every read and write fails from now on, for the first reason that was given.
    pub(crate) fn cut(&self, why: &'static str) {
        let owner = {
            let mut cut = self.state();
            cut.made.get_or_insert(why);
            cut.owner.take()
        };
        if let Some(owner) = owner {
            owner.wake();
        }
    }

    /// Fails after the cut; before it, makes sure that the task will hear of it.
    fn check(&self, context: &Context<'_>) -> io::Result<()> {
        let mut cut = self.state();
        if let Some(why) = cut.made {
            return Err(io::Error::new(ErrorKind::ConnectionAborted, why));
        }
        match &mut cut.owner {
            Some(owner) => owner.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, Cut> {
        // No code that can panic runs under the lock.
        lock(&self.0)
    }
}

impl<S> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, hung_up: false, cutter: Cutter::default() }
    }

    /// Writes, but never tells of a hang-up.
    fn write(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(&mut S, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        self.cutter.check(context)?;
        if self.hung_up {
            return Poll::Pending;
        }
        match write(&mut self.stream, context) {
            Poll::Ready(Err(error)) if is_hang_up(error.kind()) => {
                self.hung_up = true;
                // Reading is at its end too, which the task may not know yet.
                context.waker().wake_by_ref();
                Poll::Pending
            }
            written => written,
        }
    }
}

impl<S: Read + Unpin> Wire<S> {
    /// Reads what was there before the hang-up. The failed write took the error
    /// with it, so that the end looks orderly; an answer without a length must
    /// not pass for a whole one.
    fn poll_read_rest(
        &mut self,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut bytes = [0; 4096];
        let room = bytes.len().min(buffer.remaining());
        let mut read = ReadBuf::new(&mut bytes[..room]);
        ready!(Pin::new(&mut self.stream).poll_read(context, read.unfilled()))?;
        if read.filled().is_empty() {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

fn is_hang_up(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset)
}

impl<S: Read + Unpin> Read for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.cutter.check(context)?;
        if self.hung_up {
            return self.poll_read_rest(context, buffer);
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: Write + Unpin> Write for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| Pin::new(stream).poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: Connection> Connection for Wire<S> {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.cutter.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket after a reset: it still holds some bytes.
    struct Reset(&'static [u8]);

    impl Read for Reset {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            mut buffer: ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            buffer.put_slice(std::mem::take(&mut self.0));
            Poll::Ready(Ok(()))
        }
    }

    impl Write for Reset {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(ErrorKind::ConnectionReset.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn read(wire: &mut Wire<Reset>, context: &mut Context<'_>) -> io::Result<Vec<u8>> {
        let mut bytes = [0; 64];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(wire).poll_read(context, buffer.unfilled()) {
            Poll::Ready(done) => done.map(|()| buffer.filled().to_vec()),
            Poll::Pending => panic!("nothing to wait for"),
        }
    }

    #[test]
    fn after_a_hang_up_the_answer_can_be_read_but_its_end_is_no_orderly_one() {
        let mut context = Context::from_waker(Waker::noop());
        let mut wire = Wire::new(Reset(b"401"));
        assert!(Pin::new(&mut wire).poll_write(&mut context, b"photo").is_pending());
        assert_eq!(read(&mut wire, &mut context).unwrap(), b"401");
        let end = read(&mut wire, &mut context).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::ConnectionReset);
    }

    #[test]
    fn a_wire_that_is_cut_reads_and_writes_no_more() {
        let mut context = Context::from_waker(Waker::noop());
        let mut wire = Wire::new(Reset(b"401"));
        wire.cutter.cut("it is over");
        assert!(read(&mut wire, &mut context).is_err());
        let written = Pin::new(&mut wire).poll_write(&mut context, b"photo");
        assert!(matches!(written, Poll::Ready(Err(_))));
    }
}
