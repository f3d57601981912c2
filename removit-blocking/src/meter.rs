//! What is known of one request's body: how much of it the transport took, and
//! whether its source failed.
//!
//! A transport cannot be asked how far a request got, and it may work on in a
//! thread or task of its own after it was given up. The count is therefore kept
//! where the bytes are handed out, and [`Meter::judge`] ends the handing out and
//! reads the count in one step. It decides whether a broken upload can have been
//! processed (contract, rule 3).

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use removit_proto::{Observer, TransportFailure};

/// Shared by a request's body and the exchange that sends it.
pub struct Meter {
    total: u64,
    state: Mutex<State>,
    observer: Arc<dyn Observer>,
}

#[derive(Default)]
struct State {
    taken: u64,
    closed: bool,
    fault: Option<String>,
}

impl Meter {
    /// Nothing was taken yet of a body of `total` bytes.
    pub fn new(total: u64, observer: Arc<dyn Observer>) -> Self {
        Self { total, state: Mutex::default(), observer }
    }

    /// Counts bytes as taken; `false` where none may leave any more.
    pub fn take(&self, len: usize) -> bool {
        let taken = {
            let mut state = self.state();
            if state.closed {
                return false;
            }
            state.taken = state.taken.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
            state.taken
        };
        self.observer.sent(taken, self.total);
        true
    }

    /// The photo could not be read: what follows it stays here.
    pub fn fail(&self, detail: String) {
        let mut state = self.state();
        state.closed = true;
        state.fault = Some(detail);
    }

    /// Whether all of the body was taken.
    pub fn is_finished(&self) -> bool {
        self.state().taken >= self.total
    }

    /// Nothing leaves from now on.
    pub fn close(&self) {
        self.state().closed = true;
    }

    /// Closes, and says what the transport's failure means for a paid job.
    pub fn judge(&self, failure: TransportFailure) -> TransportFailure {
        let mut state = self.state();
        state.closed = true;
        if let Some(detail) = state.fault.take() {
            TransportFailure::source(detail)
        } else if state.taken < self.total {
            failure.with_body_cut_short()
        } else {
            failure
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("total", &self.total).finish_non_exhaustive()
    }
}
