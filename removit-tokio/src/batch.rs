//! Many photos at once: each is paid for once or reported as ambiguous, and every
//! paid result is fetched.
//!
//! One machine, the core's [`Batch`](removit_proto::Batch), decides all that is
//! sent; polling the stream drives it. No task is spawned for a request.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use removit_blocking::shared::{Books, Disk, Inspected, Needed, Outcomes, content_of, lock, wall};
use removit_proto::journal::Replay;
use removit_proto::{
    Action, Attempt, AttemptId, BatchCounts, BatchPolicy, Outcome, Stop, TransportFailure, Wakeup,
};
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep_until};

use crate::blocking::blocking;
use crate::exchange::Exchange;
use crate::{
    BatchInput, Client, DefaultTransport, JournalError, JournalFile, Processed, Transport,
};

/// How many requests are under way at most: each has a socket and its buffers.
const MOST_REQUESTS: usize = 128;

/// How many inputs are looked at in one go: dropping the batch waits for no more.
const INSPECTED_AT_ONCE: usize = 16;

impl<T: Transport + 'static> Client<T> {
    /// Processes many photos, several at a time.
    ///
    /// It is a stream of how each input ended, in the order in which they end.
    /// Requests move on only while it is polled. The inputs are taken as they are
    /// needed, and may be photos or the ids of jobs.
    ///
    /// With a [journal](Batch::journal) a batch that is cut off anywhere is gone
    /// on with by the next one. Without, the ids of its jobs are told to the
    /// [`Observer`](removit_proto::Observer) alone until the jobs end.
    ///
    /// ```no_run
    /// use removit_tokio::proto::journal::Header;
    /// use removit_tokio::proto::{ApiKey, Endpoint};
    /// use removit_tokio::{BatchInput, Client, Clock, Destination, JournalFile, Photo};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::new(Endpoint::production(ApiKey::new("my-key")?))?;
    /// let header = Header::new(Clock::start().wall_time(), "my-shop 1.0");
    /// let (journal, replay) = JournalFile::open("shop.removit", header)?;
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
            inputs: Some(Box::new(inputs.into_iter().map(Into::into))),
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
    inputs: Option<Box<dyn Iterator<Item = BatchInput> + Send>>,
    policy: BatchPolicy,
    journal: Option<(JournalFile, Replay)>,
    work: Option<Work>,
}

/// What there is of it once it has begun.
struct Work {
    books: Books,
    disk: Arc<Mutex<Disk>>,
    requests: FuturesUnordered<BoxFuture<'static, (AttemptId, Outcome)>>,
    /// One visit to the disk at a time: records stay in order.
    at_disk: Option<JoinHandle<Visit>>,
    timer: Option<(Wakeup, Pin<Box<Sleep>>)>,
    is_left: bool,
}

/// What comes back from the disk.
enum Visit {
    Inspected(Vec<Inspected>),
    Settled(Outcomes),
}

impl<T: Transport + 'static> Batch<T> {
    /// Sets its limits and what each of its jobs may do.
    pub fn policy(mut self, policy: BatchPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Writes all that must not be lost into this journal, and takes up what it
    /// says: what is done is not done again, what is accepted is finished, and
    /// copies of a photo are paid for once.
    pub fn journal(mut self, journal: JournalFile, replay: Replay) -> Self {
        self.journal = Some((journal, replay));
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
        self.begin().books.stop_uploading();
    }

    /// Why no further upload is sent, where that is so.
    #[must_use]
    pub fn stopped(&self) -> Option<&Stop> {
        self.work.as_ref()?.books.stopped()
    }

    /// Whether it can be dropped now without an upload becoming ambiguous: after
    /// [`stop_uploading`](Self::stop_uploading) that is soon so.
    #[must_use]
    pub fn can_be_dropped(&self) -> bool {
        self.work.as_ref().is_none_or(|work| work.at_disk.is_none() && work.books.is_quiet())
    }

    /// Ends it at once. Nothing more is sent or waited for, and what comes next
    /// tells of every input that is left: accepted jobs are
    /// [`Left`](crate::Error::Left), uploads whose answer is not there ambiguous,
    /// the others [`Stopped`](crate::Error::Stopped). A later batch with the same
    /// journal goes on.
    pub fn leave(&mut self) {
        let now = self.client.clock.now();
        let work = self.begin();
        while let Some(Some((attempt, outcome))) = work.requests.next().now_or_never() {
            work.books.handle(now, attempt, outcome);
        }
        work.requests.clear();
        work.books.leave(now);
        work.is_left = true;
    }

    /// How many jobs are where.
    #[must_use]
    pub fn counts(&self) -> BatchCounts {
        self.work.as_ref().map(|work| work.books.counts()).unwrap_or_default()
    }

    /// Why the journal could not be written, where that is so: no photo is sent
    /// from then on, and what is accepted goes on without it.
    #[must_use]
    pub fn journal_error(&self) -> Option<&JournalError> {
        self.work.as_ref()?.books.trouble()
    }

    fn begin(&mut self) -> &mut Work {
        let Self { client, policy, journal, .. } = self;
        self.work.get_or_insert_with(|| {
            let (journal, replay) = journal.take().unzip();
            let observer = Arc::clone(&client.observer);
            let books = Books::new(&client.endpoint, *policy, client.draw(), observer, replay);
            let disk = Arc::new(Mutex::new(Disk::new(journal)));
            let requests = FuturesUnordered::new();
            Work { books, disk, requests, at_disk: None, timer: None, is_left: false }
        })
    }

    /// One step; `Ready` where another one can follow, `false` where none does.
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        let now = self.client.clock.now();
        self.begin();
        let Self { client, inputs, work, .. } = self;
        let Some(work) = work else { return Poll::Ready(false) };

        while let Poll::Ready(Some((id, outcome))) = work.requests.poll_next_unpin(context) {
            work.books.handle(now, id, outcome);
        }
        loop {
            work.books.take(now);
            if work.at_disk.is_none() {
                work.visit_disk(now, inputs);
            }
            let Some(visit) = &mut work.at_disk else { break };
            let Poll::Ready(visit) = Pin::new(visit).poll(context) else { break };
            work.at_disk = None;
            work.settle(now, visit);
        }
        if work.is_left {
            if work.at_disk.is_some() {
                return Poll::Pending;
            }
            if inputs.as_mut().is_some_and(|inputs| inputs.next().is_some()) {
                work.books.pass();
                return Poll::Ready(true);
            }
            return Poll::Ready(work.books.close());
        }
        if work.requests.len() >= MOST_REQUESTS {
            return Poll::Pending;
        }
        match work.books.next_action(now) {
            Action::Send(attempt) => {
                let needed = work.books.needed(attempt.id);
                let request = exchange(client.clone(), Arc::clone(&work.disk), attempt, needed);
                work.requests.push(Box::pin(request));
            }
            Action::SleepUntil(wakeup) => {
                if work.timer.as_ref().is_none_or(|(set, _)| set.at != wakeup.at) {
                    client.observer.waiting(wakeup);
                    let sleep = Box::pin(sleep_until(client.clock.timer(wakeup.at)));
                    work.timer = Some((wakeup, sleep));
                }
                if let Some((_, sleep)) = &mut work.timer {
                    ready!(sleep.as_mut().poll(context));
                    work.timer = None;
                }
            }
            Action::Done(_) if !work.requests.is_empty() || work.at_disk.is_some() => {
                return Poll::Pending;
            }
            Action::Done(_) => return Poll::Ready(work.books.close()),
        }
        Poll::Ready(true)
    }
}

impl Work {
    /// Goes to the disk with what there is to do: first the records, then inputs.
    fn visit_disk(
        &mut self,
        now: removit_proto::Instant,
        inputs: &mut Option<Box<dyn Iterator<Item = BatchInput> + Send>>,
    ) {
        let (disk, replay) = (Arc::clone(&self.disk), self.books.replay());
        let chores = self.books.chores();
        if !chores.is_empty() {
            let visit = move || Visit::Settled(lock(&disk).run(chores, wall(now)));
            self.at_disk = Some(tokio::task::spawn_blocking(visit));
            return;
        }
        if self.is_left || !self.books.wants_inputs() {
            return;
        }
        let next = inputs.as_mut().map(|inputs| inputs.take(INSPECTED_AT_ONCE).collect::<Vec<_>>());
        match next {
            Some(next) if !next.is_empty() => {
                let visit = move || {
                    let disk = lock(&disk);
                    let inspect = |input| disk.inspect(input, replay.as_ref());
                    Visit::Inspected(next.into_iter().map(inspect).collect())
                };
                self.at_disk = Some(tokio::task::spawn_blocking(visit));
            }
            _ => *inputs = None,
        }
    }

    fn settle(
        &mut self,
        now: removit_proto::Instant,
        visit: Result<Visit, tokio::task::JoinError>,
    ) {
        match visit {
            Ok(Visit::Settled(outcomes)) => self.books.settle(outcomes),
            Ok(Visit::Inspected(inspected)) => {
                for input in inspected {
                    self.books.admit(now, input);
                }
            }
            // The runtime shuts down: nothing is polled after that.
            Err(_) => self.books.stop_uploading(),
        }
    }
}

/// One request with all that it needs.
async fn exchange<T: Transport>(
    client: Client<T>,
    disk: Arc<Mutex<Disk>>,
    attempt: Attempt,
    needed: Needed,
) -> (AttemptId, Outcome) {
    let id = attempt.id;
    let (mut photo, mut file) = (None, None);
    match needed {
        Needed::Nothing => {}
        Needed::Photo(needed) => photo = Some(needed),
        Needed::File(part, (input, destination)) => {
            let open = move || lock(&disk).part(part, (input, &destination));
            match blocking(open, |error| TransportFailure::sink(error.to_string())).await {
                Ok(part) => file = Some(Arc::new(Mutex::new(part))),
                Err(failure) => return (id, Outcome::Failed(failure)),
            }
        }
    }
    let exchange = Exchange {
        transport: &*client.transport,
        content: photo.as_ref().map(content_of),
        file: file.as_ref(),
        observer: &client.observer,
        deadline: client.clock.timer(attempt.deadline),
    };
    (id, exchange.run(attempt).await)
}

impl<T: Transport + 'static> Stream for Batch<T> {
    type Item = Processed;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Processed>> {
        loop {
            let step = self.poll_step(context);
            match (self.begin().books.next_over(), step) {
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
        let counts = self.work.as_ref().map(|work| work.books.counts());
        f.debug_struct("Batch").field("counts", &counts).finish_non_exhaustive()
    }
}
