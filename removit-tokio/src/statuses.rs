//! What a job is seen to go through, as a stream: each good look at it, until its end.
//!
//! Decides nothing: when to look is the core's.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::unfold;
use removit_proto::{JobStatus, Poller};

use crate::drive::Turn;
use crate::{Driver, Error, Transport};

/// Each status of a job, from [`Job::statuses`](crate::Job::statuses).
///
/// The last one is `done`, with its results; or there is one error at the end, where the
/// job failed or was not done in time. Dropping the stream ends a look under way and
/// nothing else: the job goes on.
#[must_use = "a stream does nothing until it is polled"]
pub struct Statuses<'a>(Pin<Box<dyn Stream<Item = Result<JobStatus, Error>> + Send + 'a>>);

impl<'a> Statuses<'a> {
    pub(crate) fn new<T: Transport>(driver: Driver<'a, T>, poller: Poller) -> Self {
        Self(Box::pin(unfold(Some((driver, poller)), |going| async move {
            let (mut driver, mut poller) = going?;
            loop {
                match driver.turn(&mut poller).await {
                    Turn::Slept => {}
                    Turn::Heard => {
                        if let Some(status) = poller.news() {
                            driver.observer().status(status);
                            return Some((Ok(status.clone()), Some((driver, poller))));
                        }
                    }
                    // Its status was the last one.
                    Turn::Done(Ok(_)) => return None,
                    Turn::Done(Err(error)) => return Some((Err(error.into()), None)),
                }
            }
        })))
    }
}

impl Stream for Statuses<'_> {
    type Item = Result<JobStatus, Error>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<JobStatus, Error>>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for Statuses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statuses").finish_non_exhaustive()
    }
}
