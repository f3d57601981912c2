//! Keeps an answer that was cut off from passing for a whole one.
//!
//! An answer without a length ends where the server closes. ureq takes a reset,
//! and TLS that ends without its farewell, for such an end, so that half of a
//! result would be saved as all of it.

use std::io::ErrorKind;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

/// A connection on which nothing but an orderly close is an end.
#[derive(Debug)]
pub(crate) struct StrictEnd(pub(crate) Box<dyn Transport>);

impl Transport for StrictEnd {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        use ErrorKind::{ConnectionAborted, ConnectionReset, UnexpectedEof};
        self.0.await_input(timeout).map_err(|error| match error {
            Error::Io(error)
                if matches!(error.kind(), ConnectionAborted | ConnectionReset | UnexpectedEof) =>
            {
                // Of a kind that ureq does not know.
                Error::Other(Box::new(error))
            }
            error => error,
        })
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ureq::scripted::{Scripted, passes_on};

    fn awaited(kind: ErrorKind) -> Error {
        let input = [Err(Error::Io(kind.into()))].into();
        let way = Scripted { input, ..Scripted::new() };
        StrictEnd(Box::new(way)).await_input(NextTimeout::default()).unwrap_err()
    }

    #[test]
    fn what_ureq_would_take_for_an_end_is_an_error_that_it_does_not_know() {
        use ErrorKind::{ConnectionAborted, ConnectionReset, UnexpectedEof};
        for kind in [ConnectionAborted, ConnectionReset, UnexpectedEof] {
            assert!(matches!(awaited(kind), Error::Other(_)), "{kind}");
        }
    }

    #[test]
    fn another_error_stays_what_it_is() {
        assert!(matches!(awaited(ErrorKind::TimedOut), Error::Io(_)));
    }

    #[test]
    fn a_strict_connection_is_open_and_safe_as_it_is_itself() {
        passes_on(|way| StrictEnd(Box::new(way)));
    }
}
