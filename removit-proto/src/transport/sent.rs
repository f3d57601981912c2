//! What is known of how much of a request left: the ground on which a failure is judged.
//!
//! A transport cannot be asked how far a request got, and it may work on in a thread or
//! task of its own after it was given up. The count is therefore kept where the bytes are
//! handed out, and [`Sent::judge`] ends the handing out and reads the count in one step.
//! It decides whether a broken upload can have been processed (contract, rule 3).

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::transport::outgoing_error::OutgoingError;
use crate::transport::transport_failure::TransportFailure;

/// How much of a request's body left, shared by its [`Outgoing`](crate::Outgoing) and
/// whoever waits for the answer. Clones are of the same request.
///
/// ```
/// use removit_proto::{Body, Outgoing, Reach, TransportFailure};
///
/// let mut outgoing = Outgoing::new(Body::from(bytes::Bytes::from_static(b"{}")));
/// let sent = outgoing.sent();
/// outgoing.advance(1)?; // one of two bytes, and then the connection breaks
/// let failure = TransportFailure::broken(Reach::MaybeSent, "reset by peer");
/// assert!(sent.judge(failure).is_not_sent());
/// # Ok::<(), removit_proto::OutgoingError>(())
/// ```
#[derive(Clone)]
pub struct Sent(Arc<Shared>);

struct Shared {
    total: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: u64,
    closed: bool,
    fault: Option<String>,
}

impl Sent {
    pub(super) fn new(total: u64) -> Self {
        Self(Arc::new(Shared { total, state: Mutex::default() }))
    }

    /// How long the body is.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.total
    }

    /// How many bytes were handed to the transport.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.state().taken
    }

    /// Whether all of the body was handed to the transport.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.taken() >= self.total()
    }

    /// Nothing leaves from now on.
    pub fn close(&self) {
        self.state().closed = true;
    }

    /// Closes, and says what the transport's failure means for a paid job.
    #[must_use]
    pub fn judge(&self, failure: TransportFailure) -> TransportFailure {
        let mut state = self.state();
        state.closed = true;
        if let Some(detail) = state.fault.take() {
            TransportFailure::source(detail)
        } else if state.taken < self.total() {
            failure.with_body_cut_short()
        } else {
            failure
        }
    }

    /// Counts bytes as taken, unless none may leave any more.
    pub(super) fn take(&self, len: usize) -> Result<(), OutgoingError> {
        let mut state = self.state();
        if state.closed && len > 0 {
            return Err(OutgoingError::GivenUp);
        }
        state.taken = state.taken.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        Ok(())
    }

    pub(super) fn fail(&self, detail: String) {
        let mut state = self.state();
        state.closed = true;
        state.fault = Some(detail);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sent({} of {})", self.taken(), self.total())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::transport_failure::Reach;

    fn reset() -> TransportFailure {
        TransportFailure::broken(Reach::MaybeSent, "reset")
    }

    #[test]
    fn how_much_left_is_counted_up_to_the_last_byte() {
        let sent = Sent::new(3);
        for taken in 0..=3 {
            assert_eq!((sent.taken(), sent.total()), (taken, 3));
            assert_eq!(sent.is_finished(), taken == 3);
            assert_eq!(format!("{sent:?}"), format!("Sent({taken} of 3)"));
            if taken < 3 {
                sent.take(1).unwrap();
            }
        }
        assert_eq!(sent.judge(reset()), reset());
    }

    #[test]
    fn nothing_is_taken_once_it_is_closed() {
        let closed = Sent::new(3);
        closed.close();
        let judged = Sent::new(3);
        assert!(judged.judge(reset()).is_not_sent());
        let failed = Sent::new(3);
        failed.fail("gone".to_owned());
        for sent in [closed, judged, failed] {
            assert_eq!(sent.take(0), Ok(()), "nothing is no byte");
            assert_eq!(sent.take(1), Err(OutgoingError::GivenUp));
            assert_eq!(sent.taken(), 0);
        }
    }

    #[test]
    fn a_fault_of_the_photo_goes_before_any_failure() {
        let sent = Sent::new(1);
        sent.take(1).unwrap();
        sent.fail("gone".to_owned());
        assert_eq!(sent.judge(reset()), TransportFailure::source("gone"));
    }
}
