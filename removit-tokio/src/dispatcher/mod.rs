//! The batch of a server or a worker: it lives for long, and many hand photos to it.
//!
//! One budget of requests, one brake, one schedule and one journal for all of them. It is
//! the same machine as a [`Batch`](crate::Batch)'s, driven by one task of its own.

mod builder;
mod handle;
mod queue;
mod task;
mod watched;

use std::fmt;
use std::sync::{Arc, Mutex};

use removit_blocking::shared::lock;
use removit_proto::{BatchCounts, Stop};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

pub use builder::DispatcherBuilder;
pub use handle::Handle;
use queue::{Message, Watch};
use watched::Watched;

use crate::BatchInput;

/// Takes photos from anybody at any time, and tells each of its own one.
///
/// Cheap to clone; clones share all of it. It runs in a task of its own, which goes on
/// until all that was submitted is over, also where every clone is dropped. No more
/// inputs than its [capacity](DispatcherBuilder::capacity) are taken before others end.
///
/// ```
/// use removit_tokio::proto::{ApiKey, Endpoint};
/// use removit_tokio::{Client, Destination, Photo};
/// # use futures_util::StreamExt;
/// # #[cfg(feature = "simulator")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use removit_tokio::proto::simulator::{Config, Simulator};
/// # let vendor = removit_tokio::simulator::SimulatorServer::start(Simulator::new(Config::instant()))?;
/// # let (url, folder) = (vendor.base_url(), tempfile::tempdir()?);
/// let client = Client::new(Endpoint::new(&url, ApiKey::new("my-key")?)?)?;
/// # let mut poll = removit_tokio::proto::PollPolicy::default();
/// # poll.schedule = removit_tokio::proto::Schedule::fixed(std::time::Duration::from_millis(10)).with_floor(std::time::Duration::ZERO);
/// # let mut policy = removit_tokio::proto::BatchPolicy::default();
/// # policy.poll = poll;
/// let dispatcher = client.dispatcher().capacity(100).start();
/// # let dispatcher = client.dispatcher().policy(policy).start();
///
/// // In any route, by a clone of it:
/// let photo = Photo::from_url("https://example.com/cup.jpg")?;
/// let input = removit_tokio::BatchInput::from(photo).to(Destination::folder(folder.path(), "cup"));
/// let mut job = dispatcher.submit(input).await?; // waits where the capacity is used up
/// while let Some(status) = job.next().await {
///     println!("{:?}", status.progress());
/// }
/// println!("{:?}", job.await?.files);
///
/// // At the end:
/// dispatcher.drain().await;
/// # Ok(()) }
/// # #[cfg(not(feature = "simulator"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Dispatcher {
    sender: UnboundedSender<Message>,
    room: Arc<Semaphore>,
    seen: Arc<Mutex<Seen>>,
}

/// What the task tells of itself.
#[derive(Default)]
struct Seen {
    counts: BatchCounts,
    stopped: Option<Stop>,
    journal_error: Option<String>,
    resumed: Vec<Arc<Mutex<Watched>>>,
}

/// Why an input was not taken. Nothing was sent, and nothing will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmitError {
    /// As many inputs as the capacity allows are not over: submit it later.
    Full,
    /// The dispatcher is at its end: submit it to another one.
    Closed,
}

impl Dispatcher {
    /// Hands an input over, once there is room for it. Dropping the future before that
    /// leaves nothing behind.
    ///
    /// # Errors
    /// [`SubmitError::Closed`] where it drains, stops or is over.
    pub async fn submit(&self, input: impl Into<BatchInput>) -> Result<Handle, SubmitError> {
        let room = Arc::clone(&self.room).acquire_owned().await;
        let room = room.map_err(|_| SubmitError::Closed)?;
        self.send(input.into(), Watch::with_room(room))
    }

    /// Hands an input over at once.
    ///
    /// # Errors
    /// [`SubmitError`] where there is no room, or it is closed.
    pub fn try_submit(&self, input: impl Into<BatchInput>) -> Result<Handle, SubmitError> {
        use tokio::sync::TryAcquireError;
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|error| match error {
            TryAcquireError::NoPermits => SubmitError::Full,
            TryAcquireError::Closed => SubmitError::Closed,
        })?;
        self.send(input.into(), Watch::with_room(room))
    }

    fn send(&self, input: BatchInput, watch: Watch) -> Result<Handle, SubmitError> {
        let handle = Handle::new(watch.watched(), self.sender.clone());
        let message = Message::Submit(Box::new((input, watch)));
        self.sender.send(message).map_err(|_| SubmitError::Closed)?;
        Ok(handle)
    }

    /// What its journal knew of as paid for and not over, and that it goes on with: one
    /// handle for each place that results go to. They are told the first time; dropping
    /// them changes nothing.
    #[must_use]
    pub fn resumed(&self) -> Vec<Handle> {
        let resumed = std::mem::take(&mut lock(&self.seen).resumed);
        resumed.into_iter().map(|watched| Handle::new(watched, self.sender.clone())).collect()
    }

    /// Takes no further input, and waits until all that was submitted is over.
    pub async fn drain(&self) {
        self.room.close();
        // Where that fails it is over.
        let _ = self.sender.send(Message::Drain);
        self.sender.closed().await;
    }

    /// Takes no further input and sends no further upload, waits for the answers to those
    /// that are under way, and leaves the rest: what was not sent ends as
    /// [`Stopped`](crate::Error::Stopped), what is accepted as
    /// [`Left`](crate::Error::Left). One that is started later with the same journal goes
    /// on.
    pub async fn stop(&self) {
        self.room.close();
        let _ = self.sender.send(Message::Stop);
        self.sender.closed().await;
    }

    /// Sends uploads again after the account was empty or the API out of reach: until
    /// then each input ends as [`Stopped`](crate::Error::Stopped). Another key needs
    /// another dispatcher.
    pub fn resume_uploads(&self) {
        let _ = self.sender.send(Message::ResumeUploads);
    }

    /// Why no upload is sent, where that is so.
    #[must_use]
    pub fn stopped(&self) -> Option<Stop> {
        lock(&self.seen).stopped.clone()
    }

    /// How many jobs are where.
    #[must_use]
    pub fn counts(&self) -> BatchCounts {
        lock(&self.seen).counts
    }

    /// Why the journal could not be written, where that is so: no photo is sent from
    /// then on, and what is accepted goes on without it.
    #[must_use]
    pub fn journal_error(&self) -> Option<String> {
        lock(&self.seen).journal_error.clone()
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "not taken, as too many inputs are not over; submit it later",
            Self::Closed => "not taken, as the dispatcher is at its end",
        })
    }
}

impl std::error::Error for SubmitError {}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
