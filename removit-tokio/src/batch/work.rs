//! The work of a batch under way: its requests, and its visits to the disk.
//!
//! It decides nothing: the catalogue says what is to be done on disk, and what is sent.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use crate::lock::lock;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use removit_blocking::batch::{Disk, Inspected, Intake, Keyed, PhotoCatalogue, Settled, Supplies};
use removit_proto::{
    Action, Attempt, AttemptId, Instant, Machine, Outcome, Reach, TransportFailure, Wakeup,
};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Sleep, sleep_until};

use crate::exchange::Exchange;
use crate::result_file::Room;
use crate::{Client, Transport};

/// How many requests are under way at most: each has a socket and its buffers.
const MOST_REQUESTS: usize = 128;

/// How many inputs are looked at in one go: dropping the batch waits for no more.
const INSPECTED_AT_ONCE: usize = 16;

/// What there is of a batch once it has begun.
pub(crate) struct Work {
    pub(crate) catalogue: PhotoCatalogue,
    disk: Arc<Mutex<Disk>>,
    requests: FuturesUnordered<BoxFuture<'static, (AttemptId, Outcome)>>,
    /// One visit to the disk at a time: records stay in order.
    at_disk: Option<JoinHandle<Visit>>,
    timer: Option<(Wakeup, Pin<Box<Sleep>>)>,
    is_left: bool,
}

/// What comes back from the disk.
enum Visit {
    Keyed(Vec<Keyed>),
    Inspected(Vec<Inspected>),
    Settled(Settled),
}

impl Work {
    pub(crate) fn new(catalogue: PhotoCatalogue, disk: Disk) -> Self {
        let (disk, requests) = (Arc::new(Mutex::new(disk)), FuturesUnordered::new());
        Self { catalogue, disk, requests, at_disk: None, timer: None, is_left: false }
    }

    pub(crate) fn leave(&mut self, now: Instant) {
        // What is there by now counts.
        while let Some(Some((attempt, outcome))) = self.requests.next().now_or_never() {
            self.catalogue.core.handle(now, attempt, outcome);
        }
        self.requests.clear();
        self.catalogue.core.leave(now);
        self.is_left = true;
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.at_disk.is_none() && self.catalogue.core.is_quiet()
    }

    /// One step; `Ready` where another one can follow, `false` where none does.
    pub(crate) fn poll_step<T: Transport + 'static>(
        &mut self,
        context: &mut Context<'_>,
        client: &Client<T>,
        intake: &mut dyn Intake,
    ) -> Poll<bool> {
        let now = client.clock.now();
        while let Poll::Ready(Some((id, outcome))) = self.requests.poll_next_unpin(context) {
            self.catalogue.core.handle(now, id, outcome);
        }
        loop {
            self.catalogue.core.advance(now);
            if self.at_disk.is_none() {
                self.visit_disk(now, intake);
            }
            let Some(visit) = &mut self.at_disk else { break };
            let Poll::Ready(visit) = Pin::new(visit).poll(context) else { break };
            self.at_disk = None;
            self.settle(now, visit);
        }
        if self.is_left {
            if self.at_disk.is_some() {
                return Poll::Pending;
            }
            let left = intake.take(INSPECTED_AT_ONCE);
            left.iter().for_each(|_| {
                self.catalogue.core.pass();
            });
            return Poll::Ready(!left.is_empty() || self.catalogue.core.close());
        }
        if self.requests.len() >= MOST_REQUESTS {
            return Poll::Pending;
        }
        match self.catalogue.core.next_action(now) {
            Action::Send(attempt) => {
                let supplies = self.catalogue.supplies(attempt.id);
                let request = exchange(client.clone(), Arc::clone(&self.disk), attempt, supplies);
                self.requests.push(Box::pin(request));
            }
            Action::SleepUntil(wakeup) => {
                if self.timer.as_ref().is_none_or(|(set, _)| set.at != wakeup.at) {
                    client.observer.waiting(wakeup);
                    let sleep = Box::pin(sleep_until(client.clock.timer(wakeup.at)));
                    self.timer = Some((wakeup, sleep));
                }
                if let Some((_, sleep)) = &mut self.timer {
                    ready!(sleep.as_mut().poll(context));
                    self.timer = None;
                }
            }
            Action::Done(_) if !self.requests.is_empty() || self.at_disk.is_some() => {
                return Poll::Pending;
            }
            Action::Done(_) if !intake.is_over() => return Poll::Pending,
            Action::Done(_) => return Poll::Ready(self.catalogue.core.close()),
        }
        Poll::Ready(true)
    }

    /// Goes to the disk with what there is to do: first the records, then inputs.
    fn visit_disk(&mut self, now: Instant, intake: &mut dyn Intake) {
        let disk = Arc::clone(&self.disk);
        let effects = self.catalogue.effects(now);
        if !effects.is_empty() {
            let visit = move || Visit::Settled(lock(&disk).run(effects, now));
            self.at_disk = Some(tokio::task::spawn_blocking(visit));
            return;
        }
        if self.is_left || !intake.is_ready() || !self.catalogue.core.wants_inputs() {
            return;
        }
        let next = intake.taking(INSPECTED_AT_ONCE);
        let visit = move || {
            let next = next();
            let disk = lock(&disk);
            Visit::Keyed(next.into_iter().map(|input| disk.key(input)).collect())
        };
        self.at_disk = Some(tokio::task::spawn_blocking(visit));
    }

    /// Looks at these inputs, by what the journal says of each.
    fn inspect(&mut self, keyed: Vec<Keyed>) {
        let disk = Arc::clone(&self.disk);
        let known = |keyed: Keyed| {
            let entry = keyed.key().and_then(|key| self.catalogue.core.entry(key)).cloned();
            (keyed, entry)
        };
        let keyed: Vec<_> = keyed.into_iter().map(known).collect();
        let visit = move || {
            let mut disk = lock(&disk);
            let inspect = |(keyed, entry): (_, Option<_>)| disk.inspect(keyed, entry.as_ref());
            Visit::Inspected(keyed.into_iter().map(inspect).collect())
        };
        self.at_disk = Some(tokio::task::spawn_blocking(visit));
    }

    fn settle(&mut self, now: Instant, visit: Result<Visit, JoinError>) {
        match visit {
            Ok(Visit::Settled(settled)) => self.catalogue.settle(settled),
            Ok(Visit::Keyed(keyed)) if keyed.is_empty() => {}
            Ok(Visit::Keyed(keyed)) => self.inspect(keyed),
            Ok(Visit::Inspected(inspected)) => {
                for input in inspected {
                    self.catalogue.admit(now, input);
                }
            }
            // That of an iterator of the caller's, say.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime shuts down: nothing is polled after that.
            Err(_) => self.catalogue.core.stop_uploading(),
        }
    }
}

/// One request with all that it needs. A panic in it costs its job alone.
async fn exchange<T: Transport>(
    client: Client<T>,
    disk: Arc<Mutex<Disk>>,
    attempt: Attempt,
    supplies: Supplies,
) -> (AttemptId, Outcome) {
    let id = attempt.id;
    let Supplies { photo, file, .. } = supplies;
    let room = file.map(|(part, (input, destination))| {
        Room::new(move || lock(&disk).part(part, (input, &destination)))
    });
    let exchange = Exchange {
        transport: &*client.transport,
        content: photo.as_ref().map(removit_blocking::Photo::content),
        room: room.as_ref(),
        observer: &client.observer,
        deadline: client.clock.timer(attempt.deadline),
    };
    let ended = AssertUnwindSafe(exchange.run(attempt)).catch_unwind().await;
    let panicked = |_| {
        let detail = "the transport stopped with a panic";
        Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, detail))
    };
    (id, ended.unwrap_or_else(panicked))
}
