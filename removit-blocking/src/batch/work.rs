//! The work of a batch under way: one step after the other, and the waits between them.
//!
//! It decides nothing: the books say what is to be done on disk, their machine
//! what is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use removit_proto::{Action, Instant};

use super::books::Books;
use super::disk::Disk;
use super::intake::Intake;
use super::lock;
use super::threads::{Mailbox, Threads};
use crate::clock::wall;
use crate::{Client, Clock, Transport};

/// How many requests are under way at most. More would be slower, not faster.
const MOST_THREADS: usize = 64;

/// What there is of a batch once it has begun. While it waits, a message may come to
/// whoever drives it.
pub(crate) struct Work<M> {
    pub(crate) books: Books,
    disk: Arc<Mutex<Disk>>,
    threads: Threads<M>,
    /// The pause that the observer was told of last.
    told: Option<Instant>,
    is_left: bool,
}

/// What can follow a step.
pub(crate) enum Step {
    Again,
    /// Something must come first, or so much time pass.
    Wait(Option<Duration>),
    Over,
}

impl<M: Send + 'static> Work<M> {
    pub(crate) fn new(books: Books, disk: Disk) -> Self {
        let (disk, threads) = (Arc::new(Mutex::new(disk)), Threads::new());
        Self { books, disk, threads, told: None, is_left: false }
    }

    /// Where messages are put.
    pub(crate) fn mailbox(&self) -> Mailbox<M> {
        self.threads.mailbox()
    }

    /// The next message that came.
    pub(crate) fn message(&mut self) -> Option<M> {
        self.threads.message()
    }

    pub(crate) fn leave(&mut self, now: Instant) {
        self.take_landed(now);
        self.books.leave(now);
        self.is_left = true;
    }

    fn take_landed(&mut self, now: Instant) {
        while let Some((attempt, outcome)) = self.threads.landed() {
            self.books.handle(now, attempt, outcome);
        }
    }

    /// One step; waits for the disk alone.
    pub(crate) fn step<T: Transport + 'static>(
        &mut self,
        client: &Client<T>,
        intake: &mut dyn Intake,
    ) -> Step {
        let now = client.clock.now();
        if !self.is_left {
            self.take_landed(now);
        }
        self.take_inputs(now, intake);
        let Self { books, disk, threads, told, is_left } = self;
        books.take(now);
        let chores = books.chores();
        if !chores.is_empty() {
            books.settle(lock(disk).run(chores, wall(now)));
            return Step::Again;
        }
        if books.has_over() {
            return Step::Again;
        }
        if *is_left {
            return if books.close() { Step::Again } else { Step::Over };
        }
        if threads.under_way() >= MOST_THREADS {
            return Step::Wait(None);
        }
        match books.next_action(now) {
            Action::Send(attempt) => {
                let needed = books.needed(attempt.id);
                threads.launch(client, disk, attempt, needed);
                Step::Again
            }
            _ if intake.is_ready() && books.wants_inputs() => Step::Again,
            Action::SleepUntil(wakeup) => {
                if threads.under_way() == 0 && told.replace(wakeup.at) != Some(wakeup.at) {
                    client.observer.waiting(wakeup);
                }
                Step::Wait(Some(client.clock.until(wakeup.at)))
            }
            Action::Done(_) if threads.under_way() > 0 || !intake.is_over() => Step::Wait(None),
            Action::Done(_) if books.close() => Step::Again,
            Action::Done(_) => Step::Over,
        }
    }

    fn take_inputs(&mut self, now: Instant, intake: &mut dyn Intake) {
        if self.is_left {
            return intake.take(1).iter().for_each(|_| self.books.pass());
        }
        if self.books.wants_inputs() {
            let replay = self.books.replay();
            for input in intake.take(1) {
                let inspected = lock(&self.disk).inspect(input, replay.as_ref());
                self.books.admit(now, inspected);
            }
        }
    }

    /// Waits for what comes, at most for so long.
    pub(crate) fn wait(&mut self, clock: &Clock, time: Option<Duration>) {
        match time {
            // Its time passes by nothing else.
            Some(time) if clock.is_simulated() && self.threads.under_way() == 0 => {
                clock.sleep(time);
            }
            time => self.threads.wait(time),
        }
    }
}
