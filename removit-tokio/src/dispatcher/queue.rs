//! What comes to the dispatcher's task, and the inputs that it did not take in yet.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use removit_blocking::shared::{News, lock};
use removit_proto::{JobId, Stop};
use tokio::sync::OwnedSemaphorePermit;

use super::watched::Watched;
use crate::batch::Intake;
use crate::{BatchInput, Done, Error};

/// What a dispatcher or a handle asks of the task.
pub(super) enum Message {
    Submit(Box<(BatchInput, Watch)>),
    Cancel(Arc<Mutex<Watched>>),
    ResumeUploads,
    Drain,
    Stop,
}

/// One who waits for an input, and the room that it takes until it is over.
pub(super) struct Watch {
    watched: Arc<Mutex<Watched>>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Watch {
    pub(super) fn with_room(room: OwnedSemaphorePermit) -> Self {
        Self { watched: Arc::default(), _room: Some(room) }
    }

    /// Of an input that was there before.
    pub(super) fn resumed() -> Self {
        Self { watched: Arc::default(), _room: None }
    }

    pub(super) fn watched(&self) -> Arc<Mutex<Watched>> {
        Arc::clone(&self.watched)
    }

    fn end(self, job_id: Option<JobId>, end: Result<Done, Error>) {
        lock(&self.watched).end(job_id, end);
    }
}

/// The inputs that are not over, and who waits for each.
#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<(BatchInput, Watch)>,
    /// By the number that the books give it.
    taken: HashMap<usize, Watch>,
    count: usize,
    is_closed: bool,
}

impl Queue {
    pub(super) fn push(&mut self, input: BatchInput, watch: Watch) {
        if self.is_closed {
            return watch.end(None, Err(Error::Stopped(Stop::Asked)));
        }
        self.waiting.push_back((input, watch));
    }

    /// Takes no more in.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Ends one that was not taken yet, or says which number it has.
    pub(super) fn cancel(&mut self, watched: &Arc<Mutex<Watched>>) -> Option<usize> {
        let is_it = |watch: &Watch| Arc::ptr_eq(&watch.watched, watched);
        if let Some(at) = self.waiting.iter().position(|(_, watch)| is_it(watch)) {
            if let Some((_, watch)) = self.waiting.remove(at) {
                watch.end(None, Err(Error::Cancelled));
            }
            return None;
        }
        self.taken.iter().find(|(_, watch)| is_it(watch)).map(|(index, _)| *index)
    }

    pub(super) fn tell(&self, index: usize, news: News) {
        if let Some(watch) = self.taken.get(&index) {
            lock(&watch.watched).tell(news);
        }
    }

    pub(super) fn end(&mut self, index: usize, job_id: Option<JobId>, end: Result<Done, Error>) {
        if let Some(watch) = self.taken.remove(&index) {
            watch.end(job_id, end);
        }
    }

    /// Ends those that were being looked at when the runtime ended.
    pub(super) fn abandon(&mut self) {
        for (_, watch) in self.taken.drain() {
            watch.end(None, Err(Error::Stopped(Stop::Asked)));
        }
    }

    /// Ends all that were not taken.
    pub(super) fn turn_away(&mut self) {
        for (_, watch) in self.waiting.drain(..) {
            watch.end(None, Err(Error::Stopped(Stop::Asked)));
        }
    }
}

impl Intake for Queue {
    /// The task wakes for every message.
    fn poll_take(&mut self, _: &mut Context<'_>, most: usize) -> Poll<Vec<BatchInput>> {
        let count = self.waiting.len().min(most);
        if count == 0 && !self.is_closed {
            return Poll::Pending;
        }
        let mut inputs = Vec::with_capacity(count);
        for (input, watch) in self.waiting.drain(..count) {
            self.taken.insert(self.count, watch);
            self.count = self.count.saturating_add(1);
            inputs.push(input);
        }
        Poll::Ready(inputs)
    }

    fn is_over(&self) -> bool {
        self.is_closed && self.waiting.is_empty()
    }
}
