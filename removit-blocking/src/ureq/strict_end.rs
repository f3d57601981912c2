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
