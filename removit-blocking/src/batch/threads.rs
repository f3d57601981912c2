//! The requests of a batch that are under way, each in a thread of its own.
//!
//! Every one of them lands, whatever happens in its thread.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use removit_proto::{Attempt, AttemptId, Outcome, Reach, TransportFailure};

use super::disk::Disk;
use super::photo_catalogue::Supplies;
use crate::exchange::Exchange;
use crate::lock::lock;
use crate::{Client, Photo, Transport};

pub(super) struct Threads<M> {
    sender: Sender<Arrival<M>>,
    receiver: Receiver<Arrival<M>>,
    under_way: usize,
    landed: VecDeque<(AttemptId, Outcome)>,
    messages: VecDeque<M>,
}

/// What wakes the thread that waits: one of its requests, or somebody else.
enum Arrival<M> {
    Landed(AttemptId, Box<Outcome>),
    Message(M),
}

/// Where messages to the thread that waits are put.
pub(crate) struct Mailbox<M>(Sender<Arrival<M>>);

impl<M> Mailbox<M> {
    /// Whether somebody will read it.
    pub(crate) fn send(&self, message: M) -> bool {
        self.0.send(Arrival::Message(message)).is_ok()
    }
}

impl<M> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Tells the outcome when it goes, so that no attempt is waited for in vain.
struct Landing<M> {
    sender: Sender<Arrival<M>>,
    attempt: AttemptId,
    outcome: Outcome,
}

impl<M> Landing<M> {
    fn set(&mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl<M> Drop for Landing<M> {
    fn drop(&mut self) {
        let lost = Outcome::Failed(TransportFailure::connect(""));
        let outcome = std::mem::replace(&mut self.outcome, lost);
        // Nobody listens where the batch was dropped.
        let _ = self.sender.send(Arrival::Landed(self.attempt, Box::new(outcome)));
    }
}

impl<M: Send + 'static> Threads<M> {
    pub(super) fn new() -> Self {
        let (sender, receiver) = channel();
        let (landed, messages) = (VecDeque::new(), VecDeque::new());
        Self { sender, receiver, under_way: 0, landed, messages }
    }

    pub(super) fn mailbox(&self) -> Mailbox<M> {
        Mailbox(self.sender.clone())
    }

    pub(super) const fn under_way(&self) -> usize {
        self.under_way
    }

    pub(super) fn launch<T: Transport + 'static>(
        &mut self,
        client: &Client<T>,
        disk: &Arc<Mutex<Disk>>,
        attempt: Attempt,
        supplies: Supplies,
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
            landing.set(exchange(&client, &disk, attempt, supplies));
        });
    }

    /// An outcome that is there.
    pub(super) fn landed(&mut self) -> Option<(AttemptId, Outcome)> {
        self.sort_in();
        let landed = self.landed.pop_front()?;
        self.under_way = self.under_way.saturating_sub(1);
        Some(landed)
    }

    /// A message that is there.
    pub(super) fn message(&mut self) -> Option<M> {
        self.sort_in();
        self.messages.pop_front()
    }

    /// Waits until an outcome or a message is there, or for so long.
    pub(super) fn wait(&mut self, time: Option<Duration>) {
        if !self.landed.is_empty() || !self.messages.is_empty() {
            return;
        }
        let arrival = match time {
            Some(time) => self.receiver.recv_timeout(time).ok(),
            None => self.receiver.recv().ok(),
        };
        arrival.into_iter().for_each(|arrival| self.enter(arrival));
    }

    fn sort_in(&mut self) {
        while let Ok(arrival) = self.receiver.try_recv() {
            self.enter(arrival);
        }
    }

    fn enter(&mut self, arrival: Arrival<M>) {
        match arrival {
            Arrival::Landed(attempt, outcome) => self.landed.push_back((attempt, *outcome)),
            Arrival::Message(message) => self.messages.push_back(message),
        }
    }
}

fn exchange<T: Transport>(
    client: &Client<T>,
    disk: &Mutex<Disk>,
    attempt: Attempt,
    supplies: Supplies,
) -> Outcome {
    let Supplies { photo, file } = supplies;
    let file = file.map(|(part, (input, to))| lock(disk).part(part, (input, &to))).transpose();
    let file = match file {
        Ok(file) => file,
        Err(failure) => return Outcome::Failed(failure),
    };
    let exchange = Exchange {
        transport: &*client.transport,
        content: photo.as_ref().map(Photo::content),
        file: file.as_ref(),
        observer: &client.observer,
        deadline: client.clock.timer(attempt.deadline),
    };
    exchange.run(attempt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_with_what_comes() {
        let mut threads = Threads::new();
        let mailbox = threads.mailbox();
        let sending = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            mailbox.send('a')
        });
        threads.wait(None);
        assert_eq!(threads.message(), Some('a'));
        assert!(sending.join().unwrap());
    }

    #[test]
    fn what_has_come_is_not_waited_for() {
        let mut threads = Threads::new();
        let mailbox = threads.mailbox();
        assert!(mailbox.send('a') && mailbox.send('b'));
        assert_eq!(threads.message(), Some('a'));
        threads.wait(None);
        assert_eq!(threads.message(), Some('b'));
    }
}
