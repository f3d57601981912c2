//! The requests of a batch that are under way, each in a thread of its own.
//!
//! Every one of them lands, whatever happens in its thread.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use removit_proto::{Attempt, AttemptId, Outcome, Reach, TransportFailure};

use super::books::Needed;
use super::disk::Disk;
use super::lock;
use crate::exchange::Exchange;
use crate::photo::content_of;
use crate::{Client, Transport};

pub(super) struct Threads {
    sender: Sender<(AttemptId, Outcome)>,
    receiver: Receiver<(AttemptId, Outcome)>,
    under_way: usize,
    /// What came while it was waited for.
    early: Option<(AttemptId, Outcome)>,
}

/// Tells the outcome when it goes, so that no attempt is waited for in vain.
struct Landing {
    sender: Sender<(AttemptId, Outcome)>,
    attempt: AttemptId,
    outcome: Outcome,
}

impl Landing {
    fn set(&mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let lost = Outcome::Failed(TransportFailure::connect(""));
        let outcome = std::mem::replace(&mut self.outcome, lost);
        // Nobody listens where the batch was dropped.
        let _ = self.sender.send((self.attempt, outcome));
    }
}

impl Threads {
    pub(super) fn new() -> Self {
        let (sender, receiver) = channel();
        Self { sender, receiver, under_way: 0, early: None }
    }

    pub(super) const fn under_way(&self) -> usize {
        self.under_way
    }

    pub(super) fn launch<T: Transport + 'static>(
        &mut self,
        client: &Client<T>,
        disk: &Arc<Mutex<Disk>>,
        attempt: Attempt,
        needed: Needed,
    ) {
        let detail = "the transport stopped with a panic";
        let panicked = TransportFailure::broken(Reach::MaybeSent, detail);
        let mut landing = Landing {
            sender: self.sender.clone(),
            attempt: attempt.id,
            outcome: Outcome::Failed(TransportFailure::source("no thread is left to send it in")),
        };
        let (client, disk) = (client.clone(), Arc::clone(disk));
        self.under_way = self.under_way.saturating_add(1);
        // Where the system has no thread left the closure is dropped unused, and
        // its landing says that nothing was sent.
        let _ = std::thread::Builder::new().spawn(move || {
            landing.set(Outcome::Failed(panicked));
            landing.set(exchange(&client, &disk, attempt, needed));
        });
    }

    /// An outcome that is there.
    pub(super) fn landed(&mut self) -> Option<(AttemptId, Outcome)> {
        let landed = self.early.take().or_else(|| self.receiver.try_recv().ok())?;
        self.under_way = self.under_way.saturating_sub(1);
        Some(landed)
    }

    /// Waits until an outcome is there, or for so long.
    pub(super) fn wait(&mut self, time: Option<Duration>) {
        if self.early.is_some() {
            return;
        }
        self.early = match time {
            Some(time) => self.receiver.recv_timeout(time).ok(),
            None => self.receiver.recv().ok(),
        };
    }
}

fn exchange<T: Transport>(
    client: &Client<T>,
    disk: &Mutex<Disk>,
    attempt: Attempt,
    needed: Needed,
) -> Outcome {
    let (mut photo, mut file) = (None, None);
    match needed {
        Needed::Nothing => {}
        Needed::Photo(needed) => photo = Some(needed),
        Needed::File(part, (input, destination)) => {
            match lock(disk).part(part, (input, &destination)) {
                Ok(part) => file = Some(part),
                Err(failure) => return Outcome::Failed(failure),
            }
        }
    }
    let exchange = Exchange {
        transport: &*client.transport,
        content: photo.as_ref().map(content_of),
        file: file.as_ref(),
        observer: &client.observer,
        deadline: client.clock.timer(attempt.deadline),
    };
    exchange.run(attempt)
}
