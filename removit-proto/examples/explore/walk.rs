//! The walk itself: depth first, every input in every state.

use std::fmt;
use std::time::Duration;

use removit_proto::{AttemptId, Instant};

use crate::inputs::{self, End, Input, Jump};
use crate::joined::{Joined, START, Step};
use crate::ledger::Ledger;

/// How much was walked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    states: u64,
    sequences: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, more: Self) {
        self.states += more.states;
        self.sequences += more.sequences;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12} sequences {:>12} states", self.sequences, self.states)
    }
}

/// One place in the tree of all sequences.
#[derive(Clone, Debug)]
struct Place {
    machine: Joined,
    ledger: Ledger,
    now: Instant,
}

#[derive(Clone, Debug)]
pub(crate) struct Walk {
    start: Place,
    path: Vec<Input>,
    counts: Counts,
    inputs: Vec<Input>,
}

/// Prints the sequence that led to a law that does not hold.
struct Trail<'a>(&'a [Input]);

impl Drop for Trail<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("after {:?}", self.0);
        }
    }
}

impl Walk {
    pub(crate) fn new(resends: bool, machine: Joined) -> Self {
        let start = Place { machine, ledger: Ledger::new(resends), now: START };
        Self { start, path: Vec::new(), counts: Counts::default(), inputs: inputs::all() }
    }

    /// Walks all sequences that begin with `first`.
    pub(crate) fn beginning_with(mut self, first: Input, depth: u32) -> Counts {
        let mut place = self.start.clone();
        place.settle();
        self.step(&place, first, depth);
        self.counts
    }

    fn step(&mut self, place: &Place, input: Input, depth: u32) {
        let mut next = place.clone();
        self.path.push(input);
        let trail = Trail(&self.path);
        let applies = next.apply(input);
        if applies {
            next.settle();
        }
        std::mem::forget(trail);
        if applies {
            self.counts.states += 1;
            if depth <= 1 {
                self.counts.sequences += 1;
                let trail = Trail(&self.path);
                next.finish();
                std::mem::forget(trail);
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
    /// Lets one input happen. `false` where it cannot: nothing is under way.
    fn apply(&mut self, input: Input) -> bool {
        match input {
            Input::Ends(end) => return self.end_attempt(end),
            Input::Stale => {
                let never: AttemptId = serde_json::from_str("999").expect("an id");
                let id = self.ledger.over.unwrap_or(never);
                let mut after = self.machine.clone();
                after.handle(self.now, id, End::Done.outcome());
                assert!(after.is(&self.machine), "law 3: a stale outcome is ignored");
            }
            Input::Crash => {
                let rebuilt = self.machine.rebuilt();
                assert!(rebuilt.is(&self.machine), "what is stored is all there is");
                self.machine = rebuilt;
            }
            Input::Time(jump) => {
                let millisecond = Duration::from_millis(1);
                let wakeup = self.ledger.wakeup;
                self.now = match jump {
                    Jump::ToWakeup => wakeup,
                    Jump::AfterWakeup => wakeup + millisecond,
                    Jump::FarAhead => self.now + Duration::from_secs(86_400),
                    Jump::BeforeWakeup => before(wakeup, millisecond),
                    Jump::Back => before(self.now, Duration::from_secs(3)),
                };
                self.ledger.time_is(self.now);
            }
        }
        true
    }

    fn end_attempt(&mut self, end: End) -> bool {
        let Some(flight) = self.ledger.flight else { return false };
        self.machine.handle(self.now, flight.id, end.outcome());
        self.ledger.ended(end);
        true
    }

    /// Does what the machine says until it waits, and asks once more.
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
        assert!(!matches!(step, Step::Send { .. }), "law 1: handed out once");
        assert!(again.is(&self.machine), "law 1: a further call changes nothing");
    }

    /// Nobody answers any more: it ends by itself (law 4).
    fn finish(&mut self) {
        for _ in 0..100 {
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
