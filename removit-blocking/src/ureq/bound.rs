//! One end for all that it takes to make a connection.
//!
//! ureq gives each read of a proxy's answer the whole time for connecting: a proxy
//! that answers byte by byte would be waited for again and again.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport, time};
use ureq::{Error, Timeout};

use crate::lock::lock;

/// When the connection must stand, until it does. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    end: Arc<Mutex<Option<Instant>>>,
    reason: Timeout,
}

impl Bound {
    pub(crate) fn new(end: Option<Instant>, reason: Timeout) -> Self {
        Self { end: Arc::new(Mutex::new(end)), reason }
    }

    /// The connection stands: from now on it has the time of its requests.
    pub(crate) fn lift(&self) {
        *lock(&self.end) = None;
    }

    fn clip(&self, mut timeout: NextTimeout) -> Result<NextTimeout, Error> {
        let Some(end) = *lock(&self.end) else {
            return Ok(timeout);
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::Timeout(self.reason));
        }
        if !matches!(timeout.after, time::Duration::Exact(after) if after < left) {
            timeout.after = left.into();
            timeout.reason = self.reason;
        }
        Ok(timeout)
    }
}

/// The way to a proxy, no call on which outlasts the time for connecting.
#[derive(Debug)]
pub(crate) struct Bounded {
    way: Box<dyn Transport>,
    bound: Bound,
}

impl Bounded {
    pub(crate) fn new(way: Box<dyn Transport>, bound: Bound) -> Self {
        Self { way, bound }
    }
}

impl Transport for Bounded {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.way.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.way.transmit_output(amount, self.bound.clip(timeout)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.way.await_input(self.bound.clip(timeout)?)
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
    use std::time::Duration;

    use super::*;
    use crate::ureq::scripted::passes_on;

    const MINUTE: Duration = Duration::from_secs(60);

    fn within(after: Duration) -> NextTimeout {
        NextTimeout { after: after.into(), reason: Timeout::Global, ..NextTimeout::default() }
    }

    fn ending_in_a_minute() -> Bound {
        Bound::new(Instant::now().checked_add(MINUTE), Timeout::Connect)
    }

    #[test]
    fn a_call_that_would_end_later_has_the_time_for_the_connection() {
        let clipped = ending_in_a_minute().clip(within(2 * MINUTE)).unwrap();
        assert!(matches!(clipped.after, time::Duration::Exact(after) if after <= MINUTE));
        assert_eq!(clipped.reason, Timeout::Connect);
    }

    #[test]
    fn a_call_that_ends_sooner_has_its_own_time() {
        let short = within(Duration::from_millis(1));
        assert_eq!(ending_in_a_minute().clip(short).unwrap(), short);
    }

    #[test]
    fn once_the_connection_stands_each_call_has_its_own_time() {
        let bound = ending_in_a_minute();
        bound.lift();
        assert_eq!(bound.clip(within(2 * MINUTE)).unwrap(), within(2 * MINUTE));
    }

    #[test]
    fn a_bounded_connection_is_open_and_safe_as_it_is_itself() {
        passes_on(|way| Bounded::new(Box::new(way), ending_in_a_minute()));
    }
}
