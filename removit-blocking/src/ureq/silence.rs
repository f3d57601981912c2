//! A connection that ends a wait for the next bytes when nothing came for too long.
//!
//! ureq bounds all of an answer's body by one time, which says nothing of a result
//! that is large and comes steadily.

use std::io::{self, ErrorKind};
use std::time::Duration;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport, time};

/// A way on which no wait for input outlasts the silence.
#[derive(Debug)]
pub(crate) struct Impatient {
    way: Box<dyn Transport>,
    silence: Duration,
}

impl Impatient {
    pub(crate) fn new(way: Box<dyn Transport>, silence: Duration) -> Self {
        Self { way, silence }
    }
}

impl Transport for Impatient {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.way.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.way.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, mut timeout: NextTimeout) -> Result<bool, Error> {
        if matches!(timeout.after, time::Duration::Exact(after) if after <= self.silence) {
            return self.way.await_input(timeout);
        }
        timeout.after = self.silence.into();
        self.way.await_input(timeout).map_err(|error| match error {
            Error::Timeout(_) => {
                let detail = format!("nothing came for {:?}", self.silence);
                Error::Io(io::Error::new(ErrorKind::TimedOut, detail))
            }
            error => error,
        })
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
    use crate::ureq::scripted::passes_on;

    #[test]
    fn an_impatient_connection_is_open_and_safe_as_it_is_itself() {
        passes_on(|way| Impatient::new(Box::new(way), Duration::from_secs(1)));
    }
}
