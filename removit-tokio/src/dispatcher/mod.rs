//! The batch of a server or a worker: it lives for long, and many hand photos to it.
//!
//! One budget of requests, one throttle, one schedule and one journal for all of them. It is
//! the same machine as a [`Batch`](crate::Batch)'s, driven by one task of its own.

mod builder;
mod handle;
mod task;

use std::fmt;
use std::sync::{Arc, Mutex};

use crate::lock::lock;
use removit_blocking::dispatcher::{Message, Seen, Watch, Watched};
use removit_proto::{BatchCounts, Stop};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use builder::DispatcherBuilder;
pub use handle::Handle;

use crate::{BatchInput, SubmitError};

/// Takes photos from anybody at any time, and tells each of its own one.
///
/// Cheap to clone; clones share all of it. It runs in a task of its own. Once every clone
/// is dropped it takes no more, and its task ends when all that was submitted is over. No
/// more inputs than its [capacity](DispatcherBuilder::capacity) are taken before others end.
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
    door: Arc<Door>,
}

/// Where inputs come in, shut when nobody is left who could submit one.
struct Door {
    sender: UnboundedSender<Message<OwnedSemaphorePermit>>,
    room: Arc<Semaphore>,
    seen: Arc<Mutex<Seen>>,
}

impl Dispatcher {
    fn new(
        sender: UnboundedSender<Message<OwnedSemaphorePermit>>,
        room: Arc<Semaphore>,
        seen: Arc<Mutex<Seen>>,
    ) -> Self {
        Self { door: Arc::new(Door { sender, room, seen }) }
    }

    /// Hands an input over, once there is room for it. Dropping the future before that
    /// leaves nothing behind.
    ///
    /// # Errors
    /// [`SubmitError::Closed`] where it drains, stops or is over.
    pub async fn submit(&self, input: impl Into<BatchInput>) -> Result<Handle, SubmitError> {
        let room = Arc::clone(&self.door.room).acquire_owned().await;
        let room = room.map_err(|_| SubmitError::Closed)?;
        self.send(input.into(), room)
    }

    /// Hands an input over at once.
    ///
    /// # Errors
    /// [`SubmitError`] where there is no room, or it is closed.
    pub fn try_submit(&self, input: impl Into<BatchInput>) -> Result<Handle, SubmitError> {
        use tokio::sync::TryAcquireError;
        let room =
            Arc::clone(&self.door.room).try_acquire_owned().map_err(|error| match error {
                TryAcquireError::NoPermits => SubmitError::Full,
                TryAcquireError::Closed => SubmitError::Closed,
            })?;
        self.send(input.into(), room)
    }

    fn send(&self, input: BatchInput, room: OwnedSemaphorePermit) -> Result<Handle, SubmitError> {
        let watch = Watch::new(&input, Some(room));
        let handle = self.handle(watch.watched());
        let message = Message::Submit(Box::new((input, watch)));
        self.door.sender.send(message).map_err(|_| SubmitError::Closed)?;
        Ok(handle)
    }

    fn handle(&self, watched: Arc<Mutex<Watched>>) -> Handle {
        Handle::new(watched, self.door.sender.clone())
    }

    /// What its journal knew of as paid for and not over, and that it goes on with: one
    /// handle for each place that results go to. They are told the first time; dropping
    /// them changes nothing.
    #[must_use]
    pub fn resumed(&self) -> Vec<Handle> {
        let resumed = std::mem::take(&mut lock(&self.door.seen).resumed);
        resumed.into_iter().map(|watched| self.handle(watched)).collect()
    }

    /// Takes no further input, and waits until all that was submitted is over.
    pub async fn drain(&self) {
        self.door.shut(Message::Drain);
        self.door.sender.closed().await;
    }

    /// Takes no further input and sends no further upload, waits for the answers to those
    /// that are under way, and leaves the rest: what was not sent ends as
    /// [`Stopped`](crate::Error::Stopped), what is accepted as
    /// [`Left`](crate::Error::Left). One that is started later with the same journal goes
    /// on.
    pub async fn stop(&self) {
        self.door.shut(Message::Stop);
        self.door.sender.closed().await;
    }

    /// Sends uploads again after the account was empty or the API out of reach: until
    /// then each input ends as [`Stopped`](crate::Error::Stopped). Another key needs
    /// another dispatcher.
    pub fn resume_uploads(&self) {
        let _ = self.door.sender.send(Message::ResumeUploads);
    }

    /// Why no upload is sent, where that is so.
    #[must_use]
    pub fn stopped(&self) -> Option<Stop> {
        lock(&self.door.seen).stopped.clone()
    }

    /// How many jobs are where.
    #[must_use]
    pub fn counts(&self) -> BatchCounts {
        lock(&self.door.seen).counts
    }

    /// Why the journal could not be written, where that is so: no photo is sent from
    /// then on, and what is accepted goes on without it.
    #[must_use]
    pub fn journal_error(&self) -> Option<String> {
        lock(&self.door.seen).journal_error.clone()
    }
}

impl Door {
    fn shut(&self, message: Message<OwnedSemaphorePermit>) {
        self.room.close();
        // Where that fails it is over.
        let _ = self.sender.send(message);
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.shut(Message::Drain);
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
