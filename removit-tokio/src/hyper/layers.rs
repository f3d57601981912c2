//! What lies around a connection hands on what it is asked and told.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use hyper::rt::{Read, ReadBufCursor, Write};

use super::opened::Opened;
use super::wire::Wire;

/// Keeps what it is asked, and fails as it is told to.
struct Asked {
    of: Arc<Mutex<Vec<&'static str>>>,
    is_vectored: bool,
    failure: Option<ErrorKind>,
}

impl Asked {
    fn answer<T>(&self, what: &'static str, done: T) -> Poll<io::Result<T>> {
        self.of.lock().unwrap().push(what);
        Poll::Ready(self.failure.map_or(Ok(done), |kind| Err(kind.into())))
    }
}

impl Read for Asked {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.answer("read", ())
    }
}

impl Write for Asked {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.answer("write", bytes.len())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.answer("write all at once", slices.iter().map(|slice| slice.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.is_vectored
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.answer("flush", ())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.answer("shut down", ())
    }
}

/// What the stream was asked where all of this was asked of what lies around it.
fn asked<S: Write + Unpin>(around: impl FnOnce(Asked) -> S) -> Vec<&'static str> {
    let of = Arc::new(Mutex::new(Vec::new()));
    let stream = Asked { of: Arc::clone(&of), is_vectored: true, failure: None };
    let (mut stream, mut context) = (around(stream), Context::from_waker(Waker::noop()));
    let mut stream = Pin::new(&mut stream);
    let slices = [IoSlice::new(b"a "), IoSlice::new(b"photo")];
    assert!(matches!(stream.as_mut().poll_write(&mut context, b"photo"), Poll::Ready(Ok(5))));
    let written = stream.as_mut().poll_write_vectored(&mut context, &slices);
    assert!(matches!(written, Poll::Ready(Ok(7))));
    assert!(matches!(stream.as_mut().poll_flush(&mut context), Poll::Ready(Ok(()))));
    assert!(matches!(stream.as_mut().poll_shutdown(&mut context), Poll::Ready(Ok(()))));
    std::mem::take(&mut of.lock().unwrap())
}

#[test]
fn each_write_flush_and_end_reaches_the_stream() {
    let all = ["write", "write all at once", "flush", "shut down"];
    assert_eq!(asked(Wire::new), all);
    assert_eq!(asked(Opened::new), all);
}

#[test]
fn whether_pieces_are_written_at_once_is_the_streams_to_say() {
    for is_vectored in [true, false] {
        let stream = || Asked { of: Arc::default(), is_vectored, failure: None };
        assert_eq!(Wire::new(stream()).is_write_vectored(), is_vectored);
        assert_eq!(Opened::new(stream()).is_write_vectored(), is_vectored);
    }
}

#[test]
fn a_write_that_fails_for_another_reason_than_a_hang_up_is_told() {
    let full =
        Asked { of: Arc::default(), is_vectored: true, failure: Some(ErrorKind::OutOfMemory) };
    let mut context = Context::from_waker(Waker::noop());
    let written = Pin::new(&mut Wire::new(full)).poll_write(&mut context, b"photo");
    assert!(matches!(written, Poll::Ready(Err(error)) if error.kind() == ErrorKind::OutOfMemory));
}
