//! One submitted input, as the one who submitted it sees it.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use removit_proto::{JobId, JobStatus};

use super::queue::Message;
use super::room::Permit;
use super::watched::Watched;
use crate::batch::Mailbox;
use crate::lock::lock;
use crate::{Done, Error};

/// An input that was submitted: an iterator of its job's statuses, and
/// [`wait`](Self::wait) for its end.
///
/// Dropping it changes nothing: the input goes on. Of several statuses that nobody took
/// the newest is left.
#[must_use = "the end of the input is told here alone"]
pub struct Handle {
    watched: Arc<Mutex<Watched>>,
    mailbox: Mailbox<Message<Permit>>,
}

impl Handle {
    pub(super) fn new(watched: Arc<Mutex<Watched>>, mailbox: Mailbox<Message<Permit>>) -> Self {
        Self { watched, mailbox }
    }

    /// The job, once there is one: all that is needed to come back for its results.
    #[must_use]
    pub fn job_id(&self) -> Option<JobId> {
        lock(&self.watched).job_id().cloned()
    }

    /// Whether it is over, so that [`wait`](Self::wait) does not.
    #[must_use]
    pub fn is_over(&self) -> bool {
        lock(&self.watched).is_over()
    }

    /// Gives it up. Before its upload the photo is not sent: it ends as
    /// [`Cancelled`](Error::Cancelled). After that the job is left: it ends as
    /// [`Left`](Error::Left), with its id. While the upload is under way its answer is
    /// waited for. Its end is still told.
    pub fn cancel(&self) {
        // Where nobody reads it, it is over.
        self.mailbox.send(Message::Cancel(Arc::clone(&self.watched)));
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Every [`Error`] that a batch has.
    pub fn wait(self) -> Result<Done, Error> {
        parked(&self.watched, Watched::poll_end)
    }
}

impl Iterator for Handle {
    type Item = JobStatus;

    /// Waits for the next status of its job; `None` once it is over.
    fn next(&mut self) -> Option<JobStatus> {
        parked(&self.watched, Watched::poll_status)
    }
}

/// Asks until there is an answer; the thread is parked between.
fn parked<V>(watched: &Mutex<Watched>, ask: impl Fn(&mut Watched, &Context<'_>) -> Poll<V>) -> V {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let context = Context::from_waker(&waker);
    loop {
        let asked = ask(&mut lock(watched), &context);
        match asked {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let watched = lock(&self.watched);
        f.debug_struct("Handle")
            .field("job_id", &watched.job_id())
            .field("is_over", &watched.is_over())
            .finish_non_exhaustive()
    }
}
