//! A machine of one attempt, so that an adapter's own driver is examined.
//! Written once, for the tests of every adapter.

use super::adapter::proto::{Action, Attempt, AttemptId, Instant, Machine, Outcome};

pub(crate) struct OneAttempt {
    attempt: Option<Attempt>,
    outcome: Option<Outcome>,
}

impl OneAttempt {
    pub(crate) fn new(attempt: Attempt) -> Self {
        Self { attempt: Some(attempt), outcome: None }
    }
}

impl Machine for OneAttempt {
    type Output = Outcome;

    fn next_action(&mut self, _: Instant) -> Action<Outcome> {
        match self.attempt.take() {
            Some(attempt) => Action::Send(attempt),
            None => Action::Done(self.outcome.clone().expect("a driver brings an outcome")),
        }
    }

    fn handle(&mut self, _: Instant, _: AttemptId, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}
