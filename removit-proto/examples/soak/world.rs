//! One vendor, a hundred clients, and the network between them, in virtual time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use removit_proto::simulator::{Config, Simulator};
use removit_proto::{Attempt, AttemptId, Instant, Outcome, Reach, Seed, TransportFailure};

use crate::audit;
use crate::client::{API, Client, Wish};
use crate::dice::Dice;
use crate::faults;

pub(crate) const JOBS_IN_A_WORLD: u64 = 100;
const RESULTS: &str = "http://127.0.0.1:2";
/// Faults happen in this time; then the weather is calm.
const STORM: Duration = Duration::from_secs(600);
/// How long after that an operator still starts a wait anew.
const PATIENCE: Duration = Duration::from_secs(120);
const SPREAD_MILLIS: u64 = 500_000;

/// What was seen, for the report.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) jobs: u64,
    pub(crate) happened: BTreeMap<String, u64>,
    pub(crate) ended: BTreeMap<String, u64>,
    pub(crate) most_uploads: u32,
    pub(crate) most_polls: u32,
    pub(crate) most_downloads: u32,
    pub(crate) latest_end: Duration,
}

impl Tally {
    pub(crate) fn add(&mut self, more: &Self) {
        self.jobs += more.jobs;
        for (mine, others) in [(&mut self.happened, &more.happened), (&mut self.ended, &more.ended)]
        {
            for (name, count) in others {
                *mine.entry(name.clone()).or_default() += count;
            }
        }
        self.most_uploads = self.most_uploads.max(more.most_uploads);
        self.most_polls = self.most_polls.max(more.most_polls);
        self.most_downloads = self.most_downloads.max(more.most_downloads);
        self.latest_end = self.latest_end.max(more.latest_end);
    }
}

#[derive(Debug)]
enum Event {
    Wake,
    Deliver { process: u32, id: AttemptId, outcome: Outcome },
}

pub(crate) struct World {
    pub(crate) vendor: Simulator,
    pub(crate) clients: Vec<Client>,
    pub(crate) now: Instant,
    pub(crate) calm: Instant,
    names: Vec<String>,
    dice: Dice,
    /// Ordered by time, then by the order of planning.
    queue: BinaryHeap<Reverse<(Instant, usize)>>,
    events: Vec<Option<(usize, Event)>>,
    happened: BTreeMap<String, u64>,
}

/// Says which world it was where a law does not hold.
struct Epitaph(u64);

impl Drop for Epitaph {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "world {0} breaks a law; once more: cargo run --release -p removit-proto \
                 --features simulator --example soak -- --world {0}",
                self.0
            );
        }
    }
}

/// Runs one world to its end and audits it.
pub(crate) fn run(number: u64) -> Tally {
    let _epitaph = Epitaph(number);
    let mut world = World::new(number);
    world.run();
    let mut tally = audit::audit(&world);
    tally.happened = world.happened;
    tally
}

impl World {
    fn new(number: u64) -> Self {
        let mut dice = Dice::new(number);
        // From a breeze to a hurricane.
        let per_mille = u16::try_from(1 + dice.below(8)).unwrap_or(1);
        let (names, script) = faults::script(per_mille).into_iter().unzip();
        let config = Config::default().with(|config| {
            config.seed = Seed::new(u128::from(dice.bits()));
            config.visible_after = dice.millis(4000);
            config.script = script;
        });
        let mut vendor = Simulator::new(config);
        vendor.set_bases(API, RESULTS);
        let now = Instant::from_origin(Duration::from_secs(1_790_000_000));
        let mut world = Self {
            vendor,
            clients: Vec::new(),
            now,
            calm: now + STORM,
            names,
            dice,
            queue: BinaryHeap::new(),
            events: Vec::new(),
            happened: BTreeMap::new(),
        };
        for number in 0..JOBS_IN_A_WORLD {
            let start = now + world.dice.millis(SPREAD_MILLIS);
            let patience = world.calm + PATIENCE;
            let client = Client::new(number, &mut world.dice, start, patience);
            let index = world.clients.len();
            world.clients.push(client);
            world.plan(start, index, Event::Wake);
        }
        world
    }

    fn run(&mut self) {
        let mut steps = 0_u64;
        while let Some(Reverse((at, event))) = self.queue.pop() {
            steps += 1;
            assert!(steps < 1_000_000, "livelock");
            self.now = self.now.max(at);
            self.weather();
            let Some((client, event)) = self.events.get_mut(event).and_then(Option::take) else {
                continue;
            };
            if let Event::Deliver { process, id, outcome } = event {
                if self.clients[client].process != process {
                    continue;
                }
                self.clients[client].handle(self.now, id, outcome);
            }
            if self.strikes("client: crash while an attempt is under way", 3) {
                self.clients[client].crash(self.now);
            }
            let forgets = self.clients[client].ending().is_none()
                && self.clients[client].accepted.is_none()
                && self.strikes("client: crash before the newest state was stored", 5);
            match self.clients[client].next(self.now, forgets) {
                Wish::Send(attempt) => self.send(client, attempt),
                Wish::Wake(at) => self.plan(at, client, Event::Wake),
                Wish::Nothing => {}
            }
        }
    }

    /// The storm ends on time; now and then everyone is suspended for hours.
    fn weather(&mut self) {
        if self.is_calm() {
            self.note_hits();
            self.vendor.set_script(Vec::new());
        } else if self.dice.below(50_000) == 0 {
            self.note("client: suspended for hours");
            self.now = self.now + Duration::from_secs(3 * 3600);
            self.note_hits();
            self.vendor.set_script(Vec::new());
            self.calm = self.now;
            for client in &mut self.clients {
                client.patience = self.calm + PATIENCE;
            }
        }
    }

    fn is_calm(&self) -> bool {
        self.now >= self.calm
    }

    fn note(&mut self, name: &str) {
        *self.happened.entry(name.to_owned()).or_default() += 1;
    }

    fn note_hits(&mut self) {
        for (name, hits) in self.names.iter().zip(self.vendor.hits()).filter(|(_, hits)| **hits > 0)
        {
            *self.happened.entry(name.clone()).or_default() += hits;
        }
    }

    fn strikes(&mut self, name: &str, per_mille: u64) -> bool {
        let strikes = !self.is_calm() && self.dice.chance(per_mille);
        if strikes {
            self.note(name);
        }
        strikes
    }

    fn plan(&mut self, at: Instant, client: usize, event: Event) {
        self.queue.push(Reverse((at, self.events.len())));
        self.events.push(Some((client, event)));
    }

    fn deliver(&mut self, after: Duration, client: usize, id: AttemptId, outcome: Outcome) {
        let process = self.clients[client].process;
        self.plan(self.now + after, client, Event::Deliver { process, id, outcome });
    }

    fn send(&mut self, client: usize, attempt: Attempt) {
        let (id, deadline) = (attempt.id, attempt.deadline);
        // Whatever becomes of it, the machine looks up at the deadline.
        self.plan(deadline, client, Event::Wake);
        let latency = Duration::from_millis(20) + self.dice.millis(300);
        let broken = |reach| Outcome::Failed(TransportFailure::broken(reach, "storm"));
        if self.strikes("network: no connection", 15) {
            let failed = Outcome::Failed(TransportFailure::connect("storm"));
            return self.deliver(latency, client, id, failed);
        }
        if !attempt.request.body().is_empty() && self.strikes("network: request cut short", 10) {
            return self.deliver(latency, client, id, broken(Reach::NotSent));
        }
        if self.strikes("network: request lost whole", 10) {
            return self.deliver(latency, client, id, broken(Reach::MaybeSent));
        }
        let attempted = self.vendor.attempt(self.now, attempt, b"");
        let (took, outcome) = (attempted.at - self.now + latency, attempted.outcome);
        if self.strikes("network: answer lost", 10) {
            return self.deliver(took, client, id, broken(Reach::MaybeSent));
        }
        if self.strikes("network: answer late", 5) {
            let late = (deadline - self.now) + Duration::from_secs(10);
            return self.deliver(late, client, id, outcome);
        }
        if self.now + took >= deadline {
            // Half of the drivers report it, half leave it to the machine.
            if self.dice.chance(500) {
                let silent = TransportFailure::timed_out(Reach::MaybeSent, "storm");
                self.deliver(deadline - self.now, client, id, Outcome::Failed(silent));
            }
            return;
        }
        let outcome = match outcome {
            Outcome::Response(answer) if self.strikes("network: answer cut off", 10) => {
                let half = answer.body().len() / 2;
                Outcome::Partial(answer.map(|body| body.slice(..half)))
            }
            outcome => outcome,
        };
        if self.strikes("network: answer twice", 10) {
            self.deliver(took + Duration::from_secs(1), client, id, outcome.clone());
        }
        self.deliver(took, client, id, outcome);
    }
}
