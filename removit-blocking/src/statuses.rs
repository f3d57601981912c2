//! What a job is seen to go through, as an iterator: each good look at it, until its
//! end.
//!
//! Decides nothing: when to look is the core's.

use std::fmt;

use removit_proto::{JobStatus, Poller};

use crate::drive::Turn;
use crate::{DefaultTransport, Driver, Error, Transport};

/// Each status of a job, from [`Job::statuses`](crate::Job::statuses).
///
/// [`next`](Iterator::next) waits for the next look. The last status is `done`, with its
/// results; or there is one error at the end, where the job failed or was not done in
/// time. Dropping the iterator loses nothing: the job goes on.
#[must_use = "an iterator does nothing until it is asked"]
pub struct Statuses<'a, T = DefaultTransport> {
    going: Option<(Driver<'a, T>, Poller)>,
}

impl<'a, T: Transport> Statuses<'a, T> {
    pub(crate) const fn new(driver: Driver<'a, T>, poller: Poller) -> Self {
        Self { going: Some((driver, poller)) }
    }
}

impl<T: Transport> Iterator for Statuses<'_, T> {
    type Item = Result<JobStatus, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let (driver, poller) = self.going.as_mut()?;
        let end = loop {
            match driver.turn(poller) {
                Turn::Slept => {}
                Turn::Heard => {
                    if let Some(status) = poller.news() {
                        driver.observer().status(status);
                        return Some(Ok(status.clone()));
                    }
                }
                // Its status was the last one.
                Turn::Done(Ok(_)) => break None,
                Turn::Done(Err(error)) => break Some(Err(error.into())),
            }
        };
        self.going = None;
        end
    }
}

impl<T> fmt::Debug for Statuses<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statuses").finish_non_exhaustive()
    }
}
