//! The thread behind a dispatcher: takes messages, takes steps, tells of ends.

use super::queue::{Message, Queue};
use super::room::{Ending, Permit};
use crate::batch::{Step, Work};
use crate::{Client, Transport};

pub(super) struct Task<T: Transport + 'static> {
    pub(super) client: Client<T>,
    pub(super) queue: Queue<Permit>,
    pub(super) work: Work<Message<Permit>>,
    /// Last: whoever waits for the end finds everybody told.
    pub(super) ending: Ending,
}

impl<T: Transport + 'static> Task<T> {
    pub(super) fn run(mut self) {
        let Self { client, queue, work, .. } = &mut self;
        loop {
            while let Some(message) = work.message() {
                queue.enter(message, &mut work.catalogue);
            }
            let step = work.step(client, queue);
            queue.tell(&mut work.catalogue);
            if work.catalogue.core.turn_away() {
                continue;
            }
            if queue.is_to_be_left(work.catalogue.core.is_quiet()) {
                work.leave(client.clock.now());
                continue;
            }
            match step {
                Step::Again => {}
                Step::Wait(time) => work.wait(&client.clock, time),
                Step::Over => return,
            }
        }
    }
}

impl<T: Transport + 'static> Drop for Task<T> {
    /// Messages that nobody read go with the work, and tell that they were not read.
    fn drop(&mut self) {
        self.ending.0.close();
        self.queue.end(self.client.clock.now(), &mut self.work.catalogue);
    }
}
