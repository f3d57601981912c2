//! What is known of one request's body: how much of it the transport took, and
//! whether its source failed.
//!
//! A transport cannot be asked how far a request got, so the count is kept where
//! the bytes are handed out. It decides whether a broken upload can have been
//! processed (contract, rule 3).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use removit_proto::{Observer, TransportFailure};

/// Shared by a request's body and the exchange that sends it.
pub(crate) struct Meter {
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
    pub(crate) fn new(total: u64, observer: Arc<dyn Observer>) -> Self {
        Self { total, state: Mutex::default(), observer }
    }

    /// Counts bytes as taken; `false` where none may leave any more.
    pub(crate) fn take(&self, len: usize) -> bool {
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
    pub(crate) fn fail(&self, detail: String) {
        let mut state = self.state();
        state.closed = true;
        state.fault = Some(detail);
    }

    /// Nothing leaves from now on, even where the transport works on in a
    /// thread of its own; says what its failure means for a paid job.
    pub(crate) fn judge(&self, failure: TransportFailure) -> TransportFailure {
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
