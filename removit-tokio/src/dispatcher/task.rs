//! The task behind a dispatcher: takes messages, takes steps, tells of ends.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use removit_blocking::dispatcher::{Message, Queue};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::batch::Work;
use crate::{Client, Transport};

pub(super) struct Task<T: Transport + 'static> {
    pub(super) client: Client<T>,
    pub(super) queue: Queue<OwnedSemaphorePermit>,
    pub(super) work: Work,
    pub(super) receiver: UnboundedReceiver<Message<OwnedSemaphorePermit>>,
    pub(super) room: Arc<Semaphore>,
}

impl<T: Transport + 'static> Future for Task<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let task = &mut *self;
        loop {
            while let Poll::Ready(Some(message)) = task.receiver.poll_recv(context) {
                task.queue.enter(message, &mut task.work.catalogue);
            }
            let step = task.work.poll_step(context, &task.client, &mut task.queue);
            task.queue.tell(&mut task.work.catalogue);
            if task.work.catalogue.core.turn_away() {
                continue;
            }
            if task.queue.is_to_be_left(task.work.is_quiet()) {
                task.work.leave(task.client.clock.now());
                continue;
            }
            match step {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<T: Transport + 'static> Unpin for Task<T> {}

impl<T: Transport + 'static> Drop for Task<T> {
    /// Messages that nobody read go with the receiver, and tell that they were not read.
    fn drop(&mut self) {
        self.room.close();
        self.receiver.close();
        self.queue.end(self.client.clock.now(), &mut self.work.catalogue);
    }
}
