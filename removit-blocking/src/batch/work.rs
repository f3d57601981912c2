//! The work of a batch under way: one step after the other, and the waits between them.
//!
//! It decides nothing: the catalogue says what is to be done on disk, and what is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use removit_proto::{Action, Instant, Machine};

use super::disk::Disk;
use super::intake::Intake;
use super::photo_catalogue::PhotoCatalogue;
use super::threads::{Mailbox, Threads};
use crate::lock::lock;
use crate::{Client, Clock, Transport};

/// How many requests are under way at most. More would be slower, not faster.
const MOST_THREADS: usize = 64;

/// What there is of a batch once it has begun. While it waits, a message may come to
/// whoever drives it.
pub(crate) struct Work<M> {
    pub(crate) catalogue: PhotoCatalogue,
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
    pub(crate) fn new(catalogue: PhotoCatalogue, disk: Disk) -> Self {
        let (disk, threads) = (Arc::new(Mutex::new(disk)), Threads::new());
        Self { catalogue, disk, threads, told: None, is_left: false }
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
        self.catalogue.core.leave(now);
        self.is_left = true;
    }

    fn take_landed(&mut self, now: Instant) {
        while let Some((attempt, outcome)) = self.threads.landed() {
            self.catalogue.core.handle(now, attempt, outcome);
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
        let Self { catalogue, disk, threads, told, is_left } = self;
        let effects = catalogue.effects(now);
        if !effects.is_empty() {
            catalogue.settle(lock(disk).run(effects, now));
            return Step::Again;
        }
        let core = &mut catalogue.core;
        if core.has_over() {
            return Step::Again;
        }
        if *is_left {
            return if core.close() { Step::Again } else { Step::Over };
        }
        if threads.under_way() >= MOST_THREADS {
            return Step::Wait(None);
        }
        match core.next_action(now) {
            Action::Send(attempt) => {
                let supplies = catalogue.supplies(attempt.id);
                threads.launch(client, disk, attempt, supplies);
                Step::Again
            }
            _ if intake.is_ready() && core.wants_inputs() => Step::Again,
            Action::SleepUntil(wakeup) => {
                if threads.under_way() == 0 && told.replace(wakeup.at) != Some(wakeup.at) {
                    client.observer.waiting(wakeup);
                }
                Step::Wait(Some(client.clock.until(wakeup.at)))
            }
            Action::Done(_) if threads.under_way() > 0 || !intake.is_over() => Step::Wait(None),
            Action::Done(_) if core.close() => Step::Again,
            Action::Done(_) => Step::Over,
        }
    }

    fn take_inputs(&mut self, now: Instant, intake: &mut dyn Intake) {
        if self.is_left {
            return intake.take(1).iter().for_each(|_| {
                self.catalogue.core.pass();
            });
        }
        if self.catalogue.core.wants_inputs() {
            for input in intake.take(1) {
                let mut disk = lock(&self.disk);
                let keyed = disk.key(input);
                let entry = keyed.key().and_then(|key| self.catalogue.core.entry(key));
                let inspected = disk.inspect(keyed, entry);
                drop(disk);
                self.catalogue.admit(now, inspected);
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
