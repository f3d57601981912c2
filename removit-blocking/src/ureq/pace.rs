//! A connection through a SOCKS proxy, on which no call outlasts its time.
//!
//! The connection is ureq's own there, which gives each write of a piece all of the
//! time that is left: a proxy that takes a little now and then would hold a large
//! piece, and the upload with it, many times longer than its deadline.

use std::time::Instant;

use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, LazyBuffers, NextTimeout, Transport, time,
};

/// Few enough bytes that a socket takes them in one go or not at all.
const PIECE: usize = 4 * 1024;

/// A connection that is written to in small pieces, each within what is left.
#[derive(Debug)]
pub(crate) struct Paced<W> {
    way: W,
    buffers: LazyBuffers,
}

impl<W: Transport> Paced<W> {
    pub(crate) fn new(way: W, details: &ConnectionDetails<'_>) -> Self {
        let (input, output) =
            (details.config.input_buffer_size(), details.config.output_buffer_size());
        Self { way, buffers: LazyBuffers::new(input, output) }
    }

    /// Takes over what was read; `false` where there is nothing.
    fn take_input(&mut self) -> bool {
        let input = self.way.buffers().input();
        let room = self.buffers.input_append_buf();
        let amount = input.len().min(room.len());
        if let (Some(room), Some(input)) = (room.get_mut(..amount), input.get(..amount)) {
            room.copy_from_slice(input);
        }
        self.way.buffers().input_consume(amount);
        self.buffers.input_appended(amount);
        amount > 0
    }
}

impl<W: Transport> Transport for Paced<W> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let begun = Instant::now();
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        for piece in output.chunks(PIECE) {
            let mut timeout = timeout;
            if let time::Duration::Exact(limit) = timeout.after {
                let left = limit.saturating_sub(begun.elapsed());
                if left.is_zero() {
                    return Err(Error::Timeout(timeout.reason));
                }
                timeout.after = left.into();
            }
            if let Some(room) = self.way.buffers().output().get_mut(..piece.len()) {
                room.copy_from_slice(piece);
            }
            self.way.transmit_output(piece.len(), timeout)?;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        if self.take_input() {
            return Ok(true);
        }
        Ok(self.way.await_input(timeout)? && self.take_input())
    }

    fn is_open(&mut self) -> bool {
        self.way.is_open()
    }

    fn is_tls(&self) -> bool {
        self.way.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ureq::scripted::{Scripted, passes_on};

    fn paced(way: Scripted) -> Paced<Scripted> {
        Paced { way, buffers: LazyBuffers::new(16, 16) }
    }

    #[test]
    fn what_comes_is_taken_over_and_an_end_is_told() {
        let input = [Ok(&b"abc"[..]), Ok(b"")].into();
        let mut paced = paced(Scripted { input, ..Scripted::new() });
        assert!(paced.await_input(NextTimeout::default()).unwrap());
        assert_eq!(paced.buffers().input(), b"abc");
        assert!(!paced.await_input(NextTimeout::default()).unwrap());
    }

    #[test]
    fn what_the_way_has_read_already_is_not_waited_for() {
        let mut way = Scripted::new();
        way.input = [Ok(&b"abc"[..]), Err(Error::HostNotFound)].into();
        assert!(way.await_input(NextTimeout::default()).unwrap());
        let mut paced = paced(way);
        assert!(paced.await_input(NextTimeout::default()).unwrap());
        assert_eq!(paced.buffers().input(), b"abc");
    }

    #[test]
    fn a_paced_connection_is_open_and_safe_as_it_is_itself() {
        passes_on(paced);
    }
}
