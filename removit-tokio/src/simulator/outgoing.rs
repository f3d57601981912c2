//! The body of an answer, which may come in pieces, break off or fall silent.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use removit_proto::simulator::Wire;
use tokio::time::{Sleep, sleep};

use super::broken::Broken;

/// How long the bytes before a break have to leave hyper's buffer, which a
/// break would throw away.
const FLUSH: Duration = Duration::from_millis(20);

/// Bytes on their way out, as a [`Wire`] has them go.
pub(super) struct Outgoing {
    rest: Bytes,
    /// What `Content-Length` promises of the rest; a break has it larger.
    promised: u64,
    piece: usize,
    every: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    /// Whether silence takes the place of the break.
    stalls: bool,
}

impl Outgoing {
    pub(super) fn new(mut bytes: Bytes, wire: Wire) -> Self {
        let promised = bytes.len() as u64;
        let (piece, every) = match wire {
            Wire::Drip { chunk, every } => (chunk, every),
            _ => (usize::MAX, Duration::ZERO),
        };
        if let Wire::CutBody { after } | Wire::Stall { after } = wire {
            bytes.truncate(after);
        }
        let stalls = matches!(wire, Wire::Stall { .. });
        let mut body = Self { rest: bytes, promised, piece, every, pause: None, stalls };
        body.pause_before_a_break();
        body
    }

    fn pause_before_a_break(&mut self) {
        if self.rest.is_empty() && self.promised > 0 {
            self.pause = Some(Box::pin(sleep(FLUSH)));
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        if self.promised == 0 {
            return Poll::Ready(None);
        }
        if self.rest.is_empty() {
            // Nobody wakes it: the client ends it, or the server's own end.
            return if self.stalls { Poll::Pending } else { Poll::Ready(Some(Err(Broken))) };
        }
        let end = self.piece.min(self.rest.len());
        let piece = self.rest.split_to(end);
        self.promised = self.promised.saturating_sub(piece.len() as u64);
        if !self.rest.is_empty() {
            self.pause = Some(Box::pin(sleep(self.every)));
        }
        self.pause_before_a_break();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.promised == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
