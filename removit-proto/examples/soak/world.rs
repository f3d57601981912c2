//! One vendor, a hundred clients, and the weather over them, in virtual time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use removit_proto::simulator::{Config, Simulator};
use removit_proto::{Attempt, Instant, Seed};

use crate::audit;
use crate::client::{Client, Wish};
use crate::dice::Dice;
use crate::faults::{self, Way};
use crate::network::Delivery;
use crate::order::{API, Order};
use crate::shop;
use crate::tally::Tally;

pub(crate) const JOBS_IN_A_WORLD: u64 = 100;
const RESULTS: &str = "http://127.0.0.1:2";
/// Faults happen in this time; then the weather is calm.
const STORM: Duration = Duration::from_secs(600);
const SPREAD_MILLIS: u64 = 500_000;
const HOURS: Duration = Duration::from_secs(3 * 3600);

#[derive(Debug)]
pub(crate) enum Event {
    Wake,
    Delivers { machine: u32, delivery: Box<Delivery> },
    Arrives(Box<Arrival>),
}

/// A request that was long on its way.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) attempt: Attempt,
    pub(crate) way: Way,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) vendor: Simulator,
    pub(crate) clients: Vec<Client>,
    pub(crate) now: Instant,
    pub(crate) calm: Instant,
    pub(crate) dice: Dice,
    pub(crate) tally: Tally,
    names: Vec<String>,
    /// Ordered by time, then by the order of planning.
    queue: BinaryHeap<Reverse<(Instant, usize)>>,
    events: Vec<Option<(usize, Event)>>,
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
    audit::audit(&mut world);
    if number % shop::EVERY == 0 {
        world.tally.add(&shop::run(number));
    }
    world.tally
}

impl World {
    fn new(number: u64) -> Self {
        let mut dice = Dice::new(number);
        // From a breeze to a hurricane; now and then a maze of redirects.
        let per_mille = u16::try_from(1 + dice.below(8)).unwrap_or(1);
        let maze = if number % 10 == 0 { 450 } else { 0 };
        let (names, script) = faults::script(per_mille, maze).into_iter().unzip();
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
            dice,
            tally: Tally::default(),
            names,
            queue: BinaryHeap::new(),
            events: Vec::new(),
        };
        for number in 0..JOBS_IN_A_WORLD {
            let start = now + world.dice.millis(SPREAD_MILLIS);
            let order = Order::new(number, &mut world.dice);
            let index = world.clients.len();
            world.clients.push(Client::new(order, start, world.calm));
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
            match event {
                Event::Wake => {}
                Event::Arrives(arrival) => {
                    self.arrive(client, arrival.attempt, arrival.way);
                    continue;
                }
                Event::Delivers { machine, .. } if machine != self.clients[client].machine => {
                    continue;
                }
                Event::Delivers { delivery, .. } => {
                    self.misdeliver(client, &delivery);
                    let Delivery { id, outcome, written } = *delivery;
                    if self.clients[client].handle(self.now, id, outcome, written) {
                        self.note("client: accepted after its end");
                    }
                }
            }
            if self.clients[client].ending().is_none() {
                self.misfortune(client);
            }
            match self.clients[client].next(self.now) {
                Wish::Send(attempt) => self.send(client, attempt),
                Wish::Wake(at) => self.plan(at, client, Event::Wake),
                Wish::Nothing => {}
            }
        }
    }

    /// What befalls a client on its own machine.
    fn misfortune(&mut self, client: usize) {
        if self.strikes("client: crash while an attempt is under way", 3) {
            if self.strikes("client: clock set between a crash and the rebuild", 300) {
                self.set_clock(client);
            } else if self.strikes("client: rebuilt under a clock of another origin", 200) {
                let now = self.now;
                self.clients[client].clock.another(now);
            }
            self.clients[client].crash(self.now);
        } else if self.clients[client].is_uploading()
            && self.strikes("client: crash before the answer was looked at", 5)
        {
            self.clients[client].crash(self.now);
        }
        if self.strikes("client: clock set", 2) {
            self.set_clock(client);
        }
        if self.dice.chance(30)
            && !self.is_calm()
            && self.clients[client].begin_wait(self.now, true)
        {
            self.note("client: asks with another account's key");
        }
    }

    /// An outcome comes to somebody else as well, to whom it means nothing.
    fn misdeliver(&mut self, client: usize, delivery: &Delivery) {
        if !self.strikes("client: another's answer", 4) {
            return;
        }
        let others = u64::try_from(self.clients.len() - 1).unwrap_or(1);
        let step = usize::try_from(1 + self.dice.below(others)).unwrap_or(1);
        let (now, other) = (self.now, (client + step) % self.clients.len());
        let Delivery { id, outcome, written } = delivery.clone();
        let before = self.clients[other].shown();
        self.clients[other].handle(now, id, outcome, written);
        assert_eq!(before, self.clients[other].shown(), "law 3: another machine's outcome counts");
    }

    fn set_clock(&mut self, client: usize) {
        let (now, clock) = (self.now, &mut self.clients[client].clock);
        let name = match self.dice.below(4) {
            0 => {
                clock.forward(now, HOURS);
                "client: clock set forward by hours"
            }
            1 => {
                clock.forward(now, Duration::from_secs(7));
                "client: clock set forward by seconds"
            }
            2 => {
                clock.back(Duration::from_secs(7));
                "client: clock set back by seconds"
            }
            _ => {
                clock.back(HOURS);
                "client: clock set back by hours"
            }
        };
        self.note(name);
    }

    /// The storm ends on time; now and then everyone is suspended for hours.
    fn weather(&mut self) {
        if self.is_calm() {
            self.calm_down();
        } else if self.dice.below(50_000) == 0 {
            self.note("client: suspended for hours");
            self.now = self.now + HOURS;
            self.calm_down();
            self.calm = self.now;
            for client in &mut self.clients {
                client.calm = self.calm;
            }
        }
    }

    fn calm_down(&mut self) {
        let hits = self.names.iter().zip(self.vendor.hits());
        for (name, hits) in hits.filter(|(_, hits)| **hits > 0) {
            *self.tally.happened.entry(name.clone()).or_default() += hits;
        }
        if !self.vendor.hits().is_empty() {
            self.vendor.set_script(Vec::new());
        }
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.now >= self.calm
    }

    pub(crate) fn note(&mut self, name: impl Into<String>) {
        *self.tally.happened.entry(name.into()).or_default() += 1;
    }

    pub(crate) fn strikes(&mut self, name: &'static str, per_mille: u64) -> bool {
        let strikes = !self.is_calm() && self.dice.chance(per_mille);
        if strikes {
            self.note(name);
        }
        strikes
    }

    pub(crate) fn plan(&mut self, at: Instant, client: usize, event: Event) {
        self.queue.push(Reverse((at, self.events.len())));
        self.events.push(Some((client, event)));
    }
}
