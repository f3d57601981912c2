//! Keeps an answer that came before all of an upload was sent.
//!
//! A server that refuses a key or a size says so at once, and may hang up
//! without reading the photo. hyper stops at the write that fails then, and the
//! answer that lies in the socket would be lost: the upload would count as not
//! sent and be tried again and again. Here such a write stays unfinished, so
//! that reading decides: it brings the answer, or the end.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

/// A connection whose end is told by its reading side.
pub(crate) struct EarlyAnswer<S> {
    stream: S,
    hung_up: bool,
}

impl<S> EarlyAnswer<S> {
    pub(crate) const fn new(stream: S) -> Self {
        Self { stream, hung_up: false }
    }

    /// What a write came to, but for a hang-up, of which nothing is told.
    fn written<R>(
        &mut self,
        context: &Context<'_>,
        result: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        match result {
            Poll::Ready(Err(error)) if is_hang_up(error.kind()) => {
                self.hung_up = true;
                // Reading is at its end too, which the task may not know yet.
                context.waker().wake_by_ref();
                Poll::Pending
            }
            other => other,
        }
    }
}

fn is_hang_up(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset)
}

impl<S: Read + Unpin> Read for EarlyAnswer<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: Write + Unpin> Write for EarlyAnswer<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.hung_up {
            return Poll::Pending;
        }
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.hung_up {
            return Poll::Pending;
        }
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(context, result)
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

impl<S: Connection> Connection for EarlyAnswer<S> {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}
