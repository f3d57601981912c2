//! How many inputs may be submitted and not be over, and whether more are taken.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::submit_error::SubmitError;
use crate::lock::lock;

#[derive(Debug)]
pub(super) struct Room {
    state: Mutex<State>,
    /// Somebody may go on who waits for room.
    freed: Condvar,
    ended: Condvar,
}

#[derive(Debug)]
struct State {
    free: usize,
    is_closed: bool,
    is_over: bool,
}

/// The room of one input, given back when it goes.
#[derive(Debug)]
pub(super) struct Permit(Arc<Room>);

/// Tells those who wait for the end, when it goes.
#[derive(Debug)]
pub(super) struct Ending(pub(super) Arc<Room>);

impl Room {
    pub(super) fn new(free: usize) -> Arc<Self> {
        let state = State { free, is_closed: false, is_over: false };
        let (freed, ended) = (Condvar::new(), Condvar::new());
        Arc::new(Self { state: Mutex::new(state), freed, ended })
    }

    /// Waits until there is some.
    pub(super) fn take(self: &Arc<Self>) -> Result<Permit, SubmitError> {
        let is_full = |state: &mut State| state.free == 0 && !state.is_closed;
        let state = self.freed.wait_while(lock(&self.state), is_full);
        self.take_from(state.unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn try_take(self: &Arc<Self>) -> Result<Permit, SubmitError> {
        self.take_from(lock(&self.state))
    }

    fn take_from(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
    ) -> Result<Permit, SubmitError> {
        if state.is_closed {
            return Err(SubmitError::Closed);
        }
        state.free = state.free.checked_sub(1).ok_or(SubmitError::Full)?;
        Ok(Permit(Arc::clone(self)))
    }

    /// Gives none out any more.
    pub(super) fn close(&self) {
        lock(&self.state).is_closed = true;
        self.freed.notify_all();
    }

    pub(super) fn wait_for_end(&self) {
        let goes_on = |state: &mut State| !state.is_over;
        drop(self.ended.wait_while(lock(&self.state), goes_on));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.free = state.free.saturating_add(1);
        self.0.freed.notify_one();
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        lock(&self.0.state).is_over = true;
        self.0.ended.notify_all();
    }
}
