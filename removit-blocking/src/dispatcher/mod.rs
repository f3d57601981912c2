//! The batch of a server or a worker: it lives for long, and many hand photos to it.
//!
//! One budget of requests, one throttle, one schedule and one journal for all of them. It is
//! the same machine as a [`Batch`](crate::Batch)'s, driven by one thread of its own.
//!
//! [`Dispatcher`] is that. What it is made of is here for a loop of your own over the parts
//! of a [batch](crate::batch): a [`Queue`] of inputs, which a loop takes as its
//! [`Intake`](crate::batch::Intake), and what each one's [`Watch`] tells.
//!
//! ```
//! use std::sync::Arc;
//! use removit_blocking::batch::PhotoCatalogue;
//! use removit_blocking::dispatcher::{Message, Queue, Watch};
//! use removit_blocking::proto::{ApiKey, BatchPolicy, Endpoint};
//! use removit_blocking::{BatchInput, Photo, fresh_seed};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let endpoint = Endpoint::production(ApiKey::new("my-key")?);
//! # let (policy, observer) = (BatchPolicy::default(), Arc::new(()));
//! # let mut catalogue = PhotoCatalogue::new(&endpoint, policy, fresh_seed(), observer, None).watched();
//! let mut queue = Queue::<()>::new(None); // of a journal: what is paid for and not over
//! let input = BatchInput::from(Photo::from_url("https://example.com/cup.jpg")?);
//! let watch = Watch::new(&input, None); // with the room that it takes, where that is bounded
//! let watched = watch.watched(); // a handle reads it
//! queue.enter(Message::Submit(Box::new((input, watch))), &mut catalogue);
//!
//! queue.enter(Message::Cancel(Arc::clone(&watched)), &mut catalogue);
//! assert!(watched.lock().unwrap().is_over(), "it was not sent");
//! # Ok(()) }
//! ```

mod builder;
mod handle;
mod queue;
mod room;
mod submit_error;
mod task;
mod watched;

use std::fmt;
use std::sync::{Arc, Mutex};

use removit_proto::{BatchCounts, Stop};

pub use builder::DispatcherBuilder;
pub use handle::Handle;
pub use queue::{Message, Queue, Seen};
use room::{Permit, Room};
pub use submit_error::SubmitError;
pub use watched::{Watch, Watched};

use crate::BatchInput;
use crate::batch::Mailbox;
use crate::lock::lock;

/// Takes photos from anybody at any time, and tells each of its own one.
///
/// Cheap to clone; clones share all of it. It runs in a thread of its own, beside one for
/// each request that is under way. Once every clone is dropped it takes no more, and its
/// thread ends when all that was submitted is over. No more inputs than its
/// [capacity](DispatcherBuilder::capacity) are taken before others end. An
/// [`Observer`](removit_proto::Observer) is told in its thread, and must not wait for it.
///
/// ```
/// use removit_blocking::proto::{ApiKey, Endpoint};
/// use removit_blocking::{BatchInput, Client, Destination, Photo};
/// # #[cfg(feature = "ureq")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use removit_tokio::proto::simulator::{Config, Simulator};
/// # let vendor = removit_tokio::simulator::SimulatorServer::start(Simulator::new(Config::instant()))?;
/// # let (url, folder) = (vendor.base_url(), tempfile::tempdir()?);
/// let client = Client::new(Endpoint::new(&url, ApiKey::new("my-key")?)?)?;
/// # let mut policy = removit_blocking::proto::BatchPolicy::default();
/// # policy.poll.schedule = removit_blocking::proto::Schedule::fixed(std::time::Duration::from_millis(10)).with_floor(std::time::Duration::ZERO);
/// let dispatcher = client.dispatcher().capacity(100).start();
/// # let dispatcher = client.dispatcher().policy(policy).start();
///
/// // In any thread, by a clone of it:
/// let photo = Photo::from_url("https://example.com/cup.jpg")?;
/// let input = BatchInput::from(photo).to(Destination::folder(folder.path(), "cup"));
/// let mut job = dispatcher.submit(input)?; // waits where the capacity is used up
/// for status in &mut job {
///     println!("{:?}", status.progress());
/// }
/// println!("{:?}", job.wait()?.files);
///
/// // At the end:
/// dispatcher.drain();
/// # Ok(()) }
/// # #[cfg(not(feature = "ureq"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Dispatcher {
    door: Arc<Door>,
}

/// Where inputs come in, shut when nobody is left who could submit one.
struct Door {
    mailbox: Mailbox<Message<Permit>>,
    room: Arc<Room>,
    seen: Arc<Mutex<Seen>>,
}

impl Dispatcher {
    fn new(mailbox: Mailbox<Message<Permit>>, room: Arc<Room>, seen: Arc<Mutex<Seen>>) -> Self {
        Self { door: Arc::new(Door { mailbox, room, seen }) }
    }

    /// Hands an input over, once there is room for it.
    ///
    /// # Errors
    /// [`SubmitError::Closed`] where it drains, stops or is over.
    pub fn submit(&self, input: impl Into<BatchInput>) -> Result<Handle, SubmitError> {
        self.send(input.into(), self.door.room.take()?)
    }

    /// Hands an input over at once.
    ///
    /// # Errors
    /// [`SubmitError`] where there is no room, or it is closed.
    pub fn try_submit(&self, input: impl Into<BatchInput>) -> Result<Handle, SubmitError> {
        self.send(input.into(), self.door.room.try_take()?)
    }

    fn send(&self, input: BatchInput, room: Permit) -> Result<Handle, SubmitError> {
        let watch = Watch::new(&input, Some(room));
        let handle = self.handle(watch.watched());
        let is_read = self.door.mailbox.send(Message::Submit(Box::new((input, watch))));
        if is_read { Ok(handle) } else { Err(SubmitError::Closed) }
    }

    fn handle(&self, watched: Arc<Mutex<Watched>>) -> Handle {
        Handle::new(watched, self.door.mailbox.clone())
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
    pub fn drain(&self) {
        self.door.shut(Message::Drain);
        self.door.room.wait_for_end();
    }

    /// Takes no further input and sends no further upload, waits for the answers to those
    /// that are under way, and leaves the rest: what was not sent ends as
    /// [`Stopped`](crate::Error::Stopped), what is accepted as
    /// [`Left`](crate::Error::Left). One that is started later with the same journal goes
    /// on.
    pub fn stop(&self) {
        self.door.shut(Message::Stop);
        self.door.room.wait_for_end();
    }

    /// Sends uploads again after the account was empty or the API out of reach: until
    /// then each input ends as [`Stopped`](crate::Error::Stopped). Another key needs
    /// another dispatcher.
    pub fn resume_uploads(&self) {
        self.door.mailbox.send(Message::ResumeUploads);
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
    fn shut(&self, message: Message<Permit>) {
        self.room.close();
        // Where nobody reads it, it is over.
        self.mailbox.send(message);
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
