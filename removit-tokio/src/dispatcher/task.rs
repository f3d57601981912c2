//! The task behind a dispatcher: takes messages, takes steps, tells of ends.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use removit_blocking::shared::lock;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;

use super::Seen;
use super::queue::{Message, Queue};
use crate::batch::Work;
use crate::{Client, Transport};

pub(super) struct Task<T: Transport + 'static> {
    pub(super) client: Client<T>,
    pub(super) work: Work,
    pub(super) queue: Queue,
    pub(super) receiver: UnboundedReceiver<Message>,
    pub(super) room: Arc<Semaphore>,
    pub(super) seen: Arc<Mutex<Seen>>,
    /// Whether it leaves as soon as no upload is under way.
    pub(super) is_leaving: bool,
}

impl<T: Transport + 'static> Task<T> {
    fn take_messages(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(message) = self.receiver.poll_recv(context) {
            match message {
                Some(Message::Submit(submitted)) => {
                    let (input, watch) = *submitted;
                    self.queue.push(input, watch);
                }
                Some(Message::Cancel(watched)) => {
                    if let Some(index) = self.queue.cancel(&watched) {
                        self.work.books.cancel(index);
                    }
                }
                Some(Message::ResumeUploads) if !self.is_leaving => {
                    self.work.books.resume_uploads();
                }
                Some(Message::ResumeUploads) => {}
                Some(Message::Stop) => {
                    self.queue.close();
                    self.queue.turn_away();
                    self.work.books.stop_uploading();
                    self.is_leaving = true;
                }
                Some(Message::Drain) => self.queue.close(),
                // Nobody is left who could submit.
                None => return self.queue.close(),
            }
        }
    }

    /// Tells everybody what happened to theirs.
    fn tell(&mut self) {
        let books = &mut self.work.books;
        while let Some((index, news)) = books.next_news() {
            self.queue.tell(index, news);
        }
        while let Some(over) = books.next_over() {
            self.queue.end(over.index, over.job_id, over.end);
        }
        let mut seen = lock(&self.seen);
        seen.counts = books.counts();
        if seen.stopped.as_ref() != books.stopped() {
            seen.stopped = books.stopped().cloned();
        }
        if seen.journal_error.is_none() {
            seen.journal_error = books.trouble().map(ToString::to_string);
        }
    }
}

impl<T: Transport + 'static> Future for Task<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let task = &mut *self;
        loop {
            task.take_messages(context);
            let step = task.work.poll_step(context, &task.client, &mut task.queue);
            task.tell();
            if task.work.books.turn_away() {
                continue;
            }
            if task.is_leaving && task.work.is_quiet() {
                task.is_leaving = false;
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
    /// At its end nothing is left. Where the runtime ends before, everybody is told what
    /// became of theirs; the journal knows what it knew.
    fn drop(&mut self) {
        self.room.close();
        self.receiver.close();
        while let Ok(message) = self.receiver.try_recv() {
            if let Message::Submit(submitted) = message {
                let (input, watch) = *submitted;
                self.queue.push(input, watch);
            }
        }
        self.queue.turn_away();
        let now = self.client.clock.now();
        self.work.books.leave(now);
        self.work.books.take(now);
        self.work.books.close();
        self.tell();
        self.queue.abandon();
    }
}
