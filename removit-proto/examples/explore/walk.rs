//! The walk itself: depth first, every input in every state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use removit_proto::{AttemptId, Instant, MachineKind};

use crate::ends::End;
use crate::inputs::{self, Input, Jump};
use crate::joined::{Ended, Joined, SEED, START, Step};
use crate::ledger::Ledger;

/// Nobody answers any more: so many steps are enough for every policy.
const STEPS_TO_THE_END: u32 = 100;

/// The present on a machine whose clock began later.
const ELSEWHERE: Instant = Instant::from_origin(Duration::from_secs(10_000));

/// Attempts of machines of each kind with the seed of this walk, and with another.
static FOREIGN: LazyLock<Vec<AttemptId>> = LazyLock::new(|| {
    let kinds = ["upload", "poller", "download", "batch"];
    let ids = kinds.iter().flat_map(|kind| {
        let of = |seed: u128, number: u64| format!("{kind}-{seed:032x}-{number}");
        [of(SEED.bits(), 1), of(SEED.bits(), 999), of(SEED.bits() + 1, 1)]
    });
    ids.map(|id| id.parse().expect("an id")).collect()
});

/// Whether a machine of this kind in the walk may have made this attempt.
fn could_be_of(id: AttemptId, kind: MachineKind) -> bool {
    id.kind() == kind && id.seed() == SEED && id.number() < 999
}

/// How much was walked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) states: u64,
    pub(crate) sequences: u64,
    /// How the sequences ended.
    pub(crate) ends: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn add(&mut self, more: &Self) {
        self.states += more.states;
        self.sequences += more.sequences;
        for (end, count) in &more.ends {
            *self.ends.entry(end.clone()).or_default() += count;
        }
    }

    fn ended(&mut self, end: Option<Ended>) {
        self.sequences += 1;
        let name = end.map_or_else(String::new, |end| format!("{end:?}"));
        let name = name.split(' ').next().unwrap_or_default();
        match self.ends.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(self.ends.insert(name.to_owned(), 1)),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12} sequences {:>12} states", self.sequences, self.states)
    }
}

/// One place in the tree of all sequences.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    machine: Joined,
    ledger: Ledger,
    now: Instant,
}

/// A walk over all sequences that begin with some first input.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Where the walk is now: what led to a law that does not hold.
    pub(crate) path: Vec<Input>,
    pub(crate) counts: Counts,
    inputs: Vec<Input>,
}

impl Walk {
    pub(crate) fn new() -> Self {
        Self { path: Vec::new(), counts: Counts::default(), inputs: inputs::all() }
    }

    /// Walks all sequences from `place` that begin with `first`.
    pub(crate) fn step(&mut self, place: &Place, first: Input, depth: u32) {
        let mut next = place.clone();
        self.path.push(first);
        if next.take(first) {
            self.counts.states += 1;
            if depth <= 1 {
                next.finish();
                self.counts.ended(next.ledger.end());
            } else {
                for at in 0..self.inputs.len() {
                    self.step(&next, self.inputs[at], depth - 1);
                }
            }
        }
        self.path.pop();
    }
}

impl Place {
    /// The beginning, once the machine has had its first word.
    pub(crate) fn start(machine: Joined, ledger: Ledger) -> Self {
        let mut place = Self { machine, ledger, now: START };
        place.settle();
        place
    }

    /// Walks one sequence to its end; inputs that cannot happen are left out.
    pub(crate) fn replay(mut self, inputs: &[Input]) {
        for input in inputs {
            self.take(*input);
        }
        self.finish();
    }

    /// Lets one input happen. `false` where it cannot.
    fn take(&mut self, input: Input) -> bool {
        let happens = match input {
            Input::Ends(end) => self.end_attempt(end),
            Input::Late => self.accept_late(),
            Input::Crash => self.crash(),
            Input::Elsewhere => self.go_elsewhere(),
            Input::Anew => self.begin_anew(),
            Input::Time(jump) => self.jump(jump),
        };
        if happens {
            self.settle();
        }
        happens
    }

    fn end_attempt(&mut self, end: End) -> bool {
        let Some(flight) = self.ledger.flight else { return false };
        self.machine.handle(self.now, flight.id, end.outcome());
        self.ledger.ended(self.now, end);
        true
    }

    /// An acceptance is never too late.
    fn accept_late(&mut self) -> bool {
        let Joined::Upload(_) = self.machine else { return false };
        let Some(id) = self.ledger.late_acceptance() else { return false };
        self.machine.handle(self.now, id, End::Accepted.outcome());
        true
    }

    /// Where the clock began later: what lies ahead there is no longer wait here.
    fn go_elsewhere(&mut self) -> bool {
        if self.now <= ELSEWHERE {
            return false;
        }
        let Some(rebuilt) = self.machine.rebuilt(ELSEWHERE) else { return false };
        self.machine = rebuilt;
        self.ledger.move_back(self.now - ELSEWHERE);
        self.now = ELSEWHERE;
        true
    }

    fn crash(&mut self) -> bool {
        let Some(rebuilt) = self.machine.rebuilt(self.now) else { return false };
        assert!(rebuilt.is(&self.machine), "what is stored is all there is");
        self.machine = rebuilt;
        true
    }

    fn begin_anew(&mut self) -> bool {
        let Some(anew) = self.machine.anew(self.now) else { return false };
        self.machine = anew;
        self.ledger.anew(self.now);
        true
    }

    /// Lets time pass, or go back; `false` where there is no such moment.
    fn jump(&mut self, jump: Jump) -> bool {
        let millisecond = Duration::from_millis(1);
        let wakeup = self.ledger.wakeup;
        let deadline = self.ledger.flight.map(|flight| flight.deadline);
        self.now = match jump {
            Jump::ToDeadline => match deadline {
                Some(deadline) if deadline > self.now => deadline,
                _ => return false,
            },
            Jump::ToWakeup => wakeup,
            Jump::AfterWakeup => wakeup + millisecond,
            Jump::FarAhead => self.now + Duration::from_secs(86_400),
            Jump::BeforeWakeup => before(wakeup, millisecond),
            Jump::Back => before(self.now, Duration::from_secs(3)),
        };
        self.ledger.time_is(self.now);
        true
    }

    /// Does what the machine says until it waits, asks once more, and lets
    /// everything arrive that must change nothing.
    fn settle(&mut self) {
        loop {
            let step = self.machine.next(self.now);
            self.ledger.check(self.now, &step);
            if !matches!(step, Step::Accepted { .. }) {
                break;
            }
        }
        let mut again = self.machine.clone();
        let step = again.next(self.now);
        assert!(!matches!(step, Step::Send(_)), "law 1: handed out once");
        assert!(again.is(&self.machine), "law 1: a further call changes nothing");
        let (kind, end) = self.machine.most_welcome();
        for id in FOREIGN.iter().filter(|id| !could_be_of(**id, kind)) {
            again.handle(self.now, *id, end.outcome());
        }
        assert!(again.is(&self.machine), "law 3: what is another machine's changes nothing");
        if let Some(over) = self.ledger.over {
            // Of an upload an acceptance counts at any time.
            let welcome = if kind == MachineKind::Upload { End::Refused } else { End::Accepted };
            for end in [over.how.unwrap_or(End::Silent), welcome, End::Stored] {
                again.handle(self.now, over.id, end.outcome());
            }
        }
        assert!(again.is(&self.machine), "law 3: an old outcome changes nothing");
    }

    /// Nobody answers any more: it ends by itself (law 4).
    fn finish(&mut self) {
        for _ in 0..STEPS_TO_THE_END {
            if self.ledger.is_over() {
                return;
            }
            self.now = self.ledger.wakeup.max(self.now);
            self.ledger.time_is(self.now);
            let step = self.machine.next(self.now);
            self.ledger.check(self.now, &step);
        }
        panic!("law 4: never over");
    }
}

fn before(time: Instant, by: Duration) -> Instant {
    Instant::from_origin(time.since_origin().saturating_sub(by))
}
