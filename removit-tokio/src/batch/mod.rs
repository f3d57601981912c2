//! Many photos at once: each is paid for once or reported as ambiguous, and every
//! paid result is fetched.
//!
//! The core's [`Catalogue`](removit_proto::Catalogue) decides all that is sent, written
//! down and kept; polling the stream drives it. No task is spawned for a request.

mod work;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use removit_blocking::batch::{Disk, Listed, PhotoCatalogue};
use removit_proto::journal::Replay;
use removit_proto::{BatchCounts, BatchPolicy, Stop};

use crate::{BatchInput, Client, DefaultTransport, Journal, JournalError, Processed, Transport};
pub(crate) use work::Work;

impl<T: Transport + 'static> Client<T> {
    /// Processes many photos, several at a time.
    ///
    /// It is a stream of how each input ended, in the order in which they end.
    /// Requests move on only while it is polled. The inputs are taken as they are
    /// needed, on a blocking thread, and may be photos or the ids of jobs.
    ///
    /// With a [journal](Batch::journal) a batch that is cut off anywhere is gone
    /// on with by the next one. Without, the ids of its jobs are told to the
    /// [`Observer`](removit_proto::Observer) alone until the jobs end.
    ///
    /// ```no_run
    /// use removit_tokio::proto::journal::Header;
    /// use removit_tokio::proto::{ApiKey, Endpoint};
    /// use removit_tokio::{BatchInput, Client, Clock, Destination, Photo, open_journal};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::new(Endpoint::production(ApiKey::new("my-key")?))?;
    /// let header = Header::new(Clock::start().wall_time(), "my-shop 1.0");
    /// let (journal, replay) = open_journal("shop.removit", header).await?;
    ///
    /// let mut photos = Vec::new();
    /// for name in ["cup", "bowl", "plate"] {
    ///     let photo = Photo::from_path(format!("photos/{name}.jpg")).await?;
    ///     photos.push(BatchInput::from(photo).to(Destination::folder("results", name)));
    /// }
    /// let mut batch = client.batch(photos).journal(journal, replay);
    /// while let Some(processed) = batch.next().await {
    ///     match processed.end {
    ///         Ok(done) => println!("{}: {:?}", processed.index, done.files),
    ///         Err(error) => eprintln!("{}: {error}", processed.index),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn batch<I>(&self, inputs: I) -> Batch<T>
    where
        I: IntoIterator<Item: Into<BatchInput> + 'static, IntoIter: Send + 'static>,
    {
        Batch {
            client: self.clone(),
            inputs: Listed::new(inputs.into_iter().map(Into::into)),
            policy: BatchPolicy::default(),
            journal: None,
            work: None,
        }
    }
}

/// Inputs on their way, from [`Client::batch`]: a [`Stream`] of [`Processed`].
///
/// Dropped before its end, it sends nothing more; an upload that is under way
/// then is ambiguous. To leave early without one, call
/// [`stop_uploading`](Self::stop_uploading), go on until
/// [`can_be_dropped`](Self::can_be_dropped), then [`leave`](Self::leave).
#[must_use = "a batch does nothing until it is polled"]
pub struct Batch<T = DefaultTransport> {
    client: Client<T>,
    inputs: Listed,
    policy: BatchPolicy,
    journal: Option<(Box<dyn Journal>, Replay)>,
    work: Option<Work>,
}

impl<T: Transport + 'static> Batch<T> {
    /// Sets its limits and what each of its jobs may do.
    pub fn policy(mut self, policy: BatchPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Writes all that must not be lost into this journal, and takes up what it
    /// says: what is done is not done again, what is accepted is finished, and
    /// copies of a photo are paid for once. It is what [`Journal::load`] says of it. The
    /// journal is visited on tokio's blocking threads; one whose calls are awaited is
    /// made one by [`OnRuntime`](crate::OnRuntime).
    pub fn journal(mut self, journal: impl Journal + 'static, replay: Replay) -> Self {
        self.journal = Some((Box::new(journal), replay));
        self
    }

    /// How the next input ended; `None` when all did. Dropping the future loses
    /// nothing: call it again.
    pub async fn next(&mut self) -> Option<Processed> {
        StreamExt::next(self).await
    }

    /// Sends no further upload. What is accepted goes on; go on polling until the
    /// end, where inputs that were not sent are named as such.
    pub fn stop_uploading(&mut self) {
        self.begin().catalogue.core.stop_uploading();
    }

    /// Why no further upload is sent, where that is so.
    #[must_use]
    pub fn stopped(&self) -> Option<&Stop> {
        self.work.as_ref()?.catalogue.core.stopped()
    }

    /// Whether it can be dropped now without an upload becoming ambiguous: after
    /// [`stop_uploading`](Self::stop_uploading) that is soon so.
    #[must_use]
    pub fn can_be_dropped(&self) -> bool {
        self.work.as_ref().is_none_or(Work::is_quiet)
    }

    /// Ends it at once. Nothing more is sent or waited for, and what comes next
    /// tells of every input that is left: accepted jobs are
    /// [`Left`](crate::Error::Left), uploads whose answer is not there ambiguous,
    /// the others [`Stopped`](crate::Error::Stopped). A later batch with the same
    /// journal goes on.
    pub fn leave(&mut self) {
        let now = self.client.clock.now();
        self.begin().leave(now);
    }

    /// How many jobs are where.
    #[must_use]
    pub fn counts(&self) -> BatchCounts {
        self.work.as_ref().map(|work| work.catalogue.core.counts()).unwrap_or_default()
    }

    /// Why the journal could not be written, where that is so: no photo is sent
    /// from then on, and what is accepted goes on without it.
    #[must_use]
    pub fn journal_error(&self) -> Option<&JournalError> {
        self.work.as_ref()?.catalogue.trouble()
    }

    fn begin(&mut self) -> &mut Work {
        let Self { client, policy, journal, .. } = self;
        self.work.get_or_insert_with(|| {
            let (journal, replay) = journal.take().unzip();
            let observer = Arc::clone(&client.observer);
            let seed = client.draw();
            let catalogue = PhotoCatalogue::new(&client.endpoint, *policy, seed, observer, replay);
            Work::new(catalogue, Disk::new(journal))
        })
    }
}

impl<T: Transport + 'static> Stream for Batch<T> {
    type Item = Processed;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Processed>> {
        loop {
            self.begin();
            let Self { client, inputs, work: Some(work), .. } = &mut *self else {
                return Poll::Ready(None);
            };
            let step = work.poll_step(context, client, inputs);
            match (work.catalogue.next_over(), step) {
                (Some(over), _) => return Poll::Ready(Some(over)),
                (None, Poll::Ready(true)) => {}
                (None, Poll::Ready(false)) => return Poll::Ready(None),
                (None, Poll::Pending) => return Poll::Pending,
            }
        }
    }
}

impl<T> Unpin for Batch<T> {}

impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.work.as_ref().map(|work| work.catalogue.core.counts());
        f.debug_struct("Batch").field("counts", &counts).finish_non_exhaustive()
    }
}
