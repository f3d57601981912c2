//! The inputs of a dispatcher that are not over, who waits for each, and what may be
//! asked about them. Without I/O, and the same for both adapters.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};

use removit_proto::journal::Replay;
use removit_proto::{BatchCounts, Instant, Stop};

use super::watched::{Watch, Watched};
use crate::batch::{Intake, PhotoCatalogue, resumable};
use crate::lock::lock;
use crate::{BatchInput, Error};

/// What a dispatcher or a handle asks of who drives it. An input comes with its room.
#[derive(Debug)]
#[non_exhaustive]
pub enum Message<R> {
    /// An input more.
    Submit(Box<(BatchInput, Watch<R>)>),
    /// It is given up.
    Cancel(Arc<Mutex<Watched>>),
    /// Uploads are sent again after a stop.
    ResumeUploads,
    /// No further input comes.
    Drain,
    /// No further input comes, and those that are there are left.
    Stop,
}

/// What is told of a dispatcher as a whole.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Seen {
    /// How many jobs are where.
    pub counts: BatchCounts,
    /// Why no upload is sent.
    pub stopped: Option<Stop>,
    /// Why the journal could not be written.
    pub journal_error: Option<String>,
    /// What the journal knew, until somebody asks.
    pub resumed: Vec<Arc<Mutex<Watched>>>,
}

/// The inputs that are not over, and who waits for each.
pub struct Queue<R> {
    waiting: VecDeque<(BatchInput, Watch<R>)>,
    /// By the number that the catalogue gives it.
    taken: HashMap<usize, Watch<R>>,
    count: usize,
    is_closed: bool,
    /// Whether all is left as soon as no upload is under way.
    is_leaving: bool,
    is_left: bool,
    seen: Arc<Mutex<Seen>>,
}

impl<R> Queue<R> {
    /// With what a journal knows as paid for and not over.
    #[must_use]
    pub fn new(replay: Option<&Replay>) -> Self {
        let mut queue = Self {
            waiting: VecDeque::new(),
            taken: HashMap::new(),
            count: 0,
            is_closed: false,
            is_leaving: false,
            is_left: false,
            seen: Arc::default(),
        };
        for input in replay.iter().flat_map(|replay| resumable(replay)) {
            let watch = Watch::new(&input, None);
            lock(&queue.seen).resumed.push(watch.watched());
            queue.waiting.push_back((input, watch));
        }
        queue
    }

    /// What is told of all of it.
    #[must_use]
    pub fn seen(&self) -> Arc<Mutex<Seen>> {
        Arc::clone(&self.seen)
    }

    /// Does what is asked.
    pub fn enter(&mut self, message: Message<R>, catalogue: &mut PhotoCatalogue) {
        match message {
            Message::Submit(submitted) if !self.is_closed => self.waiting.push_back(*submitted),
            // Dropping it tells that it was not sent.
            Message::Submit(_) => {}
            Message::Cancel(watched) => self.cancel(&watched, catalogue),
            Message::ResumeUploads if !self.is_leaving => catalogue.core.resume_uploads(),
            Message::ResumeUploads => {}
            Message::Drain => self.is_closed = true,
            Message::Stop => {
                self.is_closed = true;
                self.waiting.clear();
                catalogue.core.stop_uploading();
                self.is_leaving = true;
            }
        }
    }

    /// Ends one that was not taken yet; otherwise the catalogue does.
    fn cancel(&mut self, watched: &Arc<Mutex<Watched>>, catalogue: &mut PhotoCatalogue) {
        if let Some(at) = self.waiting.iter().position(|(_, watch)| watch.is_of(watched)) {
            if let Some((_, watch)) = self.waiting.remove(at) {
                watch.give_up(Error::Cancelled);
            }
            return;
        }
        let taken = self.taken.iter().find(|(_, watch)| watch.is_of(watched));
        if let Some(index) = taken.map(|(index, _)| *index) {
            catalogue.core.cancel(index);
        }
    }

    /// Tells everybody what happened to theirs; of all of it first, so that whoever
    /// knows an end finds it counted.
    pub fn tell(&mut self, catalogue: &mut PhotoCatalogue) {
        self.tell_of_all(catalogue);
        while let Some((index, news)) = catalogue.core.next_news() {
            if let Some(watch) = self.taken.get(&index) {
                watch.tell(news);
            }
        }
        while let Some(over) = catalogue.next_over() {
            if let Some(watch) = self.taken.remove(&over.index) {
                watch.end(over.job_id, over.end);
            }
        }
    }

    fn tell_of_all(&self, catalogue: &PhotoCatalogue) {
        let mut seen = lock(&self.seen);
        seen.counts = catalogue.core.counts();
        if seen.stopped.as_ref() != catalogue.core.stopped() {
            seen.stopped = catalogue.core.stopped().cloned();
        }
        if seen.journal_error.is_none() {
            seen.journal_error = catalogue.trouble().map(ToString::to_string);
        }
    }

    /// Whether it is to be left now: `true` once.
    pub fn is_to_be_left(&mut self, is_quiet: bool) -> bool {
        self.is_leaving && is_quiet && !std::mem::replace(&mut self.is_left, true)
    }

    /// Nothing more is done, and all that is left is told what became of it. There is
    /// such where a runtime ended early, or a journal or an observer panicked.
    pub fn end(&mut self, now: Instant, catalogue: &mut PhotoCatalogue) {
        self.is_closed = true;
        self.waiting.clear();
        if std::thread::panicking() {
            // It panicked, perhaps.
            catalogue.core.set_observer(Arc::new(()));
        }
        catalogue.core.leave(now);
        catalogue.core.close();
        self.tell(catalogue);
        // Those that were being looked at.
        self.taken.clear();
    }
}

impl<R> Intake for Queue<R> {
    fn take(&mut self, most: usize) -> Vec<BatchInput> {
        let count = self.waiting.len().min(most);
        let mut inputs = Vec::with_capacity(count);
        for (input, watch) in self.waiting.drain(..count) {
            self.taken.insert(self.count, watch);
            self.count = self.count.saturating_add(1);
            inputs.push(input);
        }
        inputs
    }

    fn is_ready(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn is_over(&self) -> bool {
        self.is_closed && self.waiting.is_empty()
    }
}

impl<R> fmt::Debug for Queue<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("waiting", &self.waiting.len())
            .field("taken", &self.taken.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use removit_proto::{ApiKey, BatchPolicy, Endpoint, Seed};

    use super::*;
    use crate::Photo;

    fn catalogue() -> PhotoCatalogue {
        let endpoint = Endpoint::production(ApiKey::new("my-key").unwrap());
        let (policy, seed) = (BatchPolicy::default(), Seed::new(1));
        PhotoCatalogue::new(&endpoint, policy, seed, Arc::new(()), None).watched()
    }

    fn submitted() -> (Message<()>, Arc<Mutex<Watched>>) {
        let input = BatchInput::from(Photo::from_url("https://example.com/cup.jpg").unwrap());
        let watch = Watch::new(&input, None);
        let watched = watch.watched();
        (Message::Submit(Box::new((input, watch))), watched)
    }

    #[test]
    fn what_is_submitted_is_there_to_be_taken() {
        let (mut queue, mut catalogue) = (Queue::new(None), catalogue());
        assert_eq!((queue.is_ready(), queue.is_over()), (false, false));
        queue.enter(submitted().0, &mut catalogue);
        assert!(queue.is_ready());
        assert_eq!(format!("{queue:?}"), "Queue { waiting: 1, taken: 0, .. }");
        assert_eq!(queue.take(9).len(), 1);
        assert_eq!(format!("{queue:?}"), "Queue { waiting: 0, taken: 1, .. }");
    }

    #[test]
    fn what_is_submitted_after_the_end_is_not_taken_and_told_so() {
        let (mut queue, mut catalogue) = (Queue::new(None), catalogue());
        queue.enter(Message::Drain, &mut catalogue);
        let (message, watched) = submitted();
        queue.enter(message, &mut catalogue);
        assert!(lock(&watched).is_over());
        assert_eq!((queue.is_ready(), queue.is_over()), (false, true));
    }

    #[test]
    fn who_stops_sends_nothing_more_whatever_is_asked_then() {
        let (mut queue, mut catalogue) = (Queue::<()>::new(None), catalogue());
        queue.enter(Message::Stop, &mut catalogue);
        queue.enter(Message::ResumeUploads, &mut catalogue);
        assert_eq!(catalogue.core.stopped(), Some(&Stop::Asked));
    }

    #[test]
    fn uploads_go_on_where_that_is_asked_for() {
        let (mut queue, mut catalogue) = (Queue::<()>::new(None), catalogue());
        catalogue.core.stop_uploading();
        queue.enter(Message::ResumeUploads, &mut catalogue);
        assert_eq!(catalogue.core.stopped(), None);
    }
}
