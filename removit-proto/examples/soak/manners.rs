//! How a batch treats the vendor, seen from outside: its budget, its throttle, its turns,
//! and that nothing leaves before it is stored.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use http::header::RETRY_AFTER;
use removit_proto::{
    AttemptId, BatchEvent, BatchPolicy, Instant, JobNumber, Outcome, Receipt, TransportFailure,
    Work,
};

/// Where uploads wait, so many polls may come before one.
const POLLS_BETWEEN: u32 = 3;

#[derive(Debug)]
pub(crate) struct Manners {
    a_second: usize,
    uploads_at_once: usize,
    downloads_at_once: usize,
    recent: VecDeque<Instant>,
    /// What is under way, and how many pauses had begun when it left.
    flights: BTreeMap<AttemptId, (Work, u32)>,
    /// The newest intent of each job.
    intents: BTreeMap<JobNumber, u32>,
    ready: BTreeSet<JobNumber>,
    /// The jobs whose acceptance this process has seen, and whether it is stored.
    accepted: BTreeMap<JobNumber, bool>,
    polls_in_a_row: u32,
    is_stopped: bool,
    pauses: u32,
    paused_until: Option<Instant>,
    is_probing: bool,
    is_unreached: bool,
}

impl Manners {
    pub(crate) fn new(policy: &BatchPolicy) -> Self {
        Self {
            a_second: usize::try_from(policy.requests_per_second).unwrap_or(usize::MAX),
            uploads_at_once: policy.uploads_at_once,
            downloads_at_once: policy.downloads_at_once,
            recent: VecDeque::new(),
            flights: BTreeMap::new(),
            intents: BTreeMap::new(),
            ready: BTreeSet::new(),
            accepted: BTreeMap::new(),
            polls_in_a_row: 0,
            is_stopped: false,
            pauses: 0,
            paused_until: None,
            is_probing: false,
            is_unreached: false,
        }
    }

    pub(crate) fn told(&mut self, event: &BatchEvent) {
        match event {
            BatchEvent::Intent { job, attempt, .. } => drop(self.intents.insert(*job, *attempt)),
            BatchEvent::Accepted { job, .. } => {
                self.ready.remove(job);
                self.accepted.entry(*job).or_insert(false);
            }
            BatchEvent::Withdrawn { job }
            | BatchEvent::NotAccepted { job, .. }
            | BatchEvent::Ended { job, .. } => drop(self.ready.remove(job)),
            BatchEvent::UploadsStopped(_) => {
                self.is_stopped = true;
                self.ready.clear();
            }
            _ => {}
        }
    }

    pub(crate) fn stored(&mut self, job: JobNumber, receipt: Receipt, is_intent: bool) {
        if !is_intent {
            self.accepted.insert(job, true);
        } else if self.intents.get(&job) == Some(&receipt.attempt()) && !self.is_stopped {
            self.ready.insert(job);
        }
    }

    pub(crate) fn sent(&mut self, now: Instant, id: AttemptId, work: Work) {
        let job = work.job();
        match work {
            Work::Upload(_) => {
                assert!(!self.is_stopped, "an upload after a stop");
                assert!(self.ready.remove(&job), "an upload before its intent was stored");
                self.polls_in_a_row = 0;
                let uploads = self.flights.values().filter(|(w, _)| matches!(w, Work::Upload(_)));
                assert!(uploads.count() < self.uploads_at_once, "too many uploads at once");
            }
            Work::Poll(_) => {
                let is_stored = self.accepted.get(&job) != Some(&false);
                assert!(is_stored, "a poll before its acceptance was stored");
                let row = self.polls_in_a_row + 1;
                self.polls_in_a_row = if self.ready.is_empty() { 0 } else { row };
                assert!(self.polls_in_a_row <= POLLS_BETWEEN, "an upload starves");
            }
            _ => {
                let downloads = self.flights.values().filter(|(work, _)| !is_api(*work));
                assert!(downloads.count() < self.downloads_at_once, "too many downloads at once");
            }
        }
        if is_api(work) {
            while self.recent.front().is_some_and(|sent| now - *sent >= Duration::from_secs(1)) {
                self.recent.pop_front();
            }
            self.recent.push_back(now);
            assert!(self.recent.len() <= self.a_second, "over the budget");
            assert!(self.paused_until.is_none_or(|until| now >= until), "asked for more time");
            let since = |(work, pauses): &&(Work, u32)| is_api(*work) && *pauses == self.pauses;
            let beside = self.flights.values().filter(since).count();
            assert!(!self.is_probing || beside == 0, "two probes of a busy server");
        }
        self.flights.insert(id, (work, self.pauses));
    }

    /// An outcome is handed over; late ones say nothing about the API.
    pub(crate) fn ended(&mut self, now: Instant, id: AttemptId, outcome: &Outcome, in_time: bool) {
        let Some((work, pauses)) = self.flights.remove(&id) else { return };
        if !in_time || !is_api(work) {
            return;
        }
        let is_old = pauses < self.pauses;
        match outcome {
            Outcome::Response(answer) | Outcome::Partial(answer) => {
                match answer.status().as_u16() {
                    429 | 503 => {
                        let asked = answer.headers().get(RETRY_AFTER);
                        let asked = asked.and_then(|text| text.to_str().ok()?.parse().ok());
                        self.busy(now, asked.map(Duration::from_secs), is_old);
                    }
                    500..=599 => {}
                    status => {
                        self.is_unreached = false;
                        self.is_probing &= is_old;
                        if matches!(status, 401 | 402) {
                            self.is_stopped = true;
                            self.ready.clear();
                        }
                    }
                }
            }
            Outcome::Failed(TransportFailure::Connect { .. }) if self.is_unreached => {
                self.begin_pause(is_old);
            }
            Outcome::Failed(TransportFailure::Connect { .. }) => self.is_unreached = true,
            _ => {}
        }
    }

    fn busy(&mut self, now: Instant, asked: Option<Duration>, is_old: bool) {
        self.is_unreached = false;
        self.paused_until = self.paused_until.max(asked.map(|asked| now + asked));
        self.begin_pause(is_old);
    }

    const fn begin_pause(&mut self, is_old: bool) {
        if !is_old {
            self.pauses += 1;
            self.is_probing = true;
        }
    }

    /// Forgets what the batch counts as lost.
    pub(crate) fn lost(&mut self, is_under_way: impl Fn(AttemptId) -> bool) {
        self.flights.retain(|id, _| is_under_way(*id));
    }
}

const fn is_api(work: Work) -> bool {
    !matches!(work, Work::Download { .. })
}
