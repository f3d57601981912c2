//! One submitted input, as the one who submitted it sees it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use crate::lock::lock;
use futures_core::Stream;
use futures_util::StreamExt;
use removit_blocking::dispatcher::{Message, Watched};
use removit_proto::{JobId, JobStatus};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;

use crate::{Done, Error};

/// An input that was submitted: a future of its end, and a stream of its job's statuses
/// until then.
///
/// Dropping it changes nothing: the input goes on. Of several statuses that nobody took
/// the newest is left.
#[must_use = "the end of the input is told here alone"]
pub struct Handle {
    watched: Arc<Mutex<Watched>>,
    sender: UnboundedSender<Message<OwnedSemaphorePermit>>,
}

impl Handle {
    pub(super) fn new(
        watched: Arc<Mutex<Watched>>,
        sender: UnboundedSender<Message<OwnedSemaphorePermit>>,
    ) -> Self {
        Self { watched, sender }
    }

    /// The job, once there is one: all that is needed to come back for its results.
    #[must_use]
    pub fn job_id(&self) -> Option<JobId> {
        lock(&self.watched).job_id().cloned()
    }

    /// Whether it is over, and its end waits to be taken or was.
    #[must_use]
    pub fn is_over(&self) -> bool {
        lock(&self.watched).is_over()
    }

    /// Gives it up. Before its upload the photo is not sent: it ends as
    /// [`Cancelled`](Error::Cancelled). After that the job is left: it ends as
    /// [`Left`](Error::Left), with its id. While the upload is under way its answer is
    /// waited for. Its end is still told.
    pub fn cancel(&self) {
        // Where that fails it is over.
        let _ = self.sender.send(Message::Cancel(Arc::clone(&self.watched)));
    }

    /// Its end: the same as awaiting the handle.
    ///
    /// # Errors
    /// Every [`Error`] that a batch has.
    pub async fn wait(self) -> Result<Done, Error> {
        self.await
    }

    /// The next status of its job; `None` once it is over. Dropping the future loses
    /// nothing.
    pub async fn next(&mut self) -> Option<JobStatus> {
        StreamExt::next(self).await
    }
}

impl Stream for Handle {
    type Item = JobStatus;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<JobStatus>> {
        lock(&self.watched).poll_status(context)
    }
}

impl Future for Handle {
    type Output = Result<Done, Error>;

    /// After its end it is pending for ever.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Done, Error>> {
        lock(&self.watched).poll_end(context)
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
