//! What a dispatcher begins with.

use std::fmt;
use std::sync::Arc;

use removit_blocking::batch::{Disk, PhotoCatalogue};
use removit_blocking::dispatcher::Queue;
use removit_proto::BatchPolicy;
use removit_proto::journal::Replay;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::unbounded_channel;

use super::Dispatcher;
use super::task::Task;
use crate::batch::Work;
use crate::{Client, DefaultTransport, Journal, Transport};

/// How many inputs are not over at most, where nobody says.
const CAPACITY: usize = 256;

/// A dispatcher that is not started, from [`Client::dispatcher`].
#[must_use = "a dispatcher does nothing until it is started"]
pub struct DispatcherBuilder<T = DefaultTransport> {
    client: Client<T>,
    policy: BatchPolicy,
    capacity: usize,
    journal: Option<(Box<dyn Journal>, Replay)>,
}

impl<T: Transport + 'static> Client<T> {
    /// A [`Dispatcher`] over this client.
    pub fn dispatcher(&self) -> DispatcherBuilder<T> {
        let (client, policy) = (self.clone(), BatchPolicy::default());
        DispatcherBuilder { client, policy, capacity: CAPACITY, journal: None }
    }
}

impl<T: Transport + 'static> DispatcherBuilder<T> {
    /// Sets its limits and what each of its jobs may do.
    pub fn policy(mut self, policy: BatchPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How many inputs may be submitted and not be over: 256 where nobody says, at least
    /// one.
    pub fn capacity(mut self, inputs: usize) -> Self {
        self.capacity = inputs.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Writes all that must not be lost into this journal, and goes on with what it says
    /// is paid for: see [`Dispatcher::resumed`]. What it says was not sent is to be
    /// submitted again; what is done or ambiguous is known then by its key. Memory grows
    /// with the inputs that the journal knows.
    pub fn journal(mut self, journal: impl Journal + 'static, replay: Replay) -> Self {
        self.journal = Some((Box::new(journal), replay));
        self
    }

    /// Starts its task.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(self) -> Dispatcher {
        let Self { client, policy, capacity, journal } = self;
        let (journal, replay) = journal.unzip();
        let (sender, receiver) = unbounded_channel();
        let room = Arc::new(Semaphore::new(capacity));
        let queue = Queue::new(replay.as_ref());
        let observer = Arc::clone(&client.observer);
        let seed = client.draw();
        let catalogue = PhotoCatalogue::new(&client.endpoint, policy, seed, observer, replay);
        let work = Work::new(catalogue.watched(), Disk::new(journal));
        let dispatcher = Dispatcher::new(sender, Arc::clone(&room), queue.seen());
        tokio::spawn(Task { client, work, queue, receiver, room });
        dispatcher
    }
}

impl<T> fmt::Debug for DispatcherBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DispatcherBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}
