//! What lies between a client and the vendor, and loses things both ways.

use std::time::Duration;

use bytes::Bytes;
use removit_proto::{Attempt, AttemptId, GRACE, Instant, Outcome, Reach, TransportFailure};

use crate::faults::Way;
use crate::world::{Arrival, Event, World};

/// What an answer brings to the client.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) id: AttemptId,
    pub(crate) outcome: Outcome,
    pub(crate) written: Written,
}

/// To how many bytes a client's file is cut, and what comes behind that.
pub(crate) type Written = Option<(u64, Bytes)>;

fn broken(reach: Reach) -> Outcome {
    Outcome::Failed(TransportFailure::broken(reach, "storm"))
}

impl World {
    /// The request leaves its client.
    pub(crate) fn send(&mut self, client: usize, attempt: Attempt) {
        let way = Way::of(&attempt);
        let (id, deadline) = (attempt.id, attempt.deadline);
        self.tally.exchanges += 1;
        // Whatever becomes of it, the machine looks up at the deadline.
        self.plan(deadline, client, Event::Wake);
        let soon = self.now + self.latency();
        if self.strikes_on(way, "no connection", 15) {
            let failed = Outcome::Failed(TransportFailure::connect("storm"));
            return self.deliver(soon, client, id, failed);
        }
        if way == Way::Upload && self.strikes("upload: request cut short", 10) {
            return self.deliver(soon, client, id, broken(Reach::NotSent));
        }
        if self.strikes_on(way, "request lost, connection broken", 6) {
            return self.deliver(soon, client, id, broken(Reach::MaybeSent));
        }
        if self.strikes_on(way, "request lost, silence", 3) {
            return self.silence(deadline, client, id);
        }
        // A poll that hangs on its way would be counted against the floor, which
        // is kept between the moments at which polls leave.
        if way != Way::Poll && self.strikes_on(way, "request late", 4) {
            let late = deadline + Duration::from_secs(5);
            self.silence(deadline, client, id);
            return self.plan(late, client, Event::Arrives(Box::new(Arrival { attempt, way })));
        }
        self.arrive(client, attempt, way);
    }

    /// The request is at the vendor's, and the answer on its way back.
    pub(crate) fn arrive(&mut self, client: usize, mut attempt: Attempt, way: Way) {
        let (id, deadline) = (attempt.id, attempt.deadline);
        if deadline <= self.now {
            // Nobody waits for the answer, but there is one.
            attempt.deadline = Instant::FAR_FUTURE;
        }
        let photo = self.clients[client].order.photo.clone().unwrap_or_default();
        self.tally.arrived += 1;
        let attempted = self.vendor.attempt(self.now, attempt, &photo);
        let at = attempted.at + self.latency();
        let written = attempted.file_from.map(|from| (from, attempted.file));
        let delivery = Delivery { id, outcome: attempted.outcome, written };
        if self.strikes_on(way, "answer lost, connection broken", 6) {
            return self.deliver(at, client, id, broken(Reach::MaybeSent));
        }
        if self.strikes_on(way, "answer lost, silence", 3) {
            return self.silence(deadline, client, id);
        }
        if self.strikes_on(way, "answer just after the deadline", 5) {
            let late = Duration::from_millis(1) + self.dice.millis(4000);
            return self.carry(deadline.max(self.now) + late, client, delivery);
        }
        if self.strikes_on(way, "answer late", 5) {
            let late = GRACE + self.dice.millis(120_000);
            return self.carry(deadline.max(self.now) + late, client, delivery);
        }
        if at >= deadline {
            return self.silence(deadline, client, id);
        }
        let delivery =
            if self.strikes_on(way, "answer cut off", 10) { delivery.cut_off() } else { delivery };
        if self.strikes_on(way, "answer twice", 10) {
            self.carry(at + Duration::from_secs(1), client, delivery.clone());
        }
        self.carry(at, client, delivery);
    }

    /// Half of the drivers report it, half leave it to the machine.
    fn silence(&mut self, deadline: Instant, client: usize, id: AttemptId) {
        if self.dice.chance(500) {
            let silent = TransportFailure::timed_out(Reach::MaybeSent, "storm");
            let late = self.dice.millis(4000);
            self.deliver(deadline + late, client, id, Outcome::Failed(silent));
        }
    }

    fn latency(&mut self) -> Duration {
        Duration::from_millis(20) + self.dice.millis(300)
    }

    fn deliver(&mut self, at: Instant, client: usize, id: AttemptId, outcome: Outcome) {
        self.carry(at, client, Delivery { id, outcome, written: None });
    }

    fn carry(&mut self, at: Instant, client: usize, delivery: Delivery) {
        let machine = self.clients[client].machine;
        self.plan(at, client, Event::Delivers { machine, delivery: Box::new(delivery) });
    }

    fn strikes_on(&mut self, way: Way, fault: &'static str, per_mille: u64) -> bool {
        !self.is_calm() && self.dice.chance(per_mille) && {
            self.note(format!("{way}: {fault}"));
            true
        }
    }
}

impl Delivery {
    /// The connection broke in the middle of the answer's body.
    fn cut_off(self) -> Self {
        let written = self.written.map(|(from, bytes)| (from, bytes.slice(..bytes.len() / 2)));
        let outcome = match (self.outcome, &written) {
            (Outcome::Response(answer), _) => {
                let half = answer.body().len() / 2;
                Outcome::Partial(answer.map(|body| body.slice(..half)))
            }
            (
                Outcome::Stored { head, start, .. } | Outcome::StoredPart { head, start, .. },
                Some((from, bytes)),
            ) => {
                let broken = TransportFailure::broken(Reach::MaybeSent, "storm");
                let start = start.slice(..start.len().min(bytes.len()));
                Outcome::stored_part(head, from + bytes.len() as u64, start, broken)
            }
            (outcome, _) => outcome,
        };
        Self { outcome, written, ..self }
    }
}
