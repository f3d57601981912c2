//! A batch of three jobs under an observer that knows its laws: what is stored before
//! what, the budget, the throttle, the turns, and that no id is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use removit_proto::{
    Action, ApiKey, AttemptId, Batch, BatchEvent, BatchPolicy, Endpoint, Instant, JobEnd,
    JobNumber, Machine, Outcome, Reach, Receipt, TransportFailure, UploadOptions, UploadRequest,
    Work,
};

use crate::batch_inputs::{Input, Reply};
use crate::ends::PICTURE;
use crate::joined::{SEED, START};

const JOBS: usize = 3;
const A_SECOND: usize = 2;
const AT_ONCE: usize = 2;
/// Where uploads wait, so many polls may come before one.
const POLLS_BETWEEN: u32 = 3;
/// Nobody answers any more: so many steps are enough.
const STEPS_TO_THE_END: u32 = 5_000;
/// What a busy server asks for.
const ASKED: Duration = Duration::from_secs(4);

#[derive(Debug)]
struct Flight {
    id: AttemptId,
    work: Work,
    /// How many pauses of the throttle had begun when it left.
    pauses: u32,
}

/// The batch, and the truth about it.
#[derive(Debug)]
pub(crate) struct Run {
    batch: Batch,
    now: Instant,
    wakeup: Instant,
    flights: Vec<Flight>,
    /// When requests of the API left.
    sent: Vec<Instant>,
    receipts: Vec<(JobNumber, bool, Receipt)>,
    /// Stored and not sent.
    ready: BTreeSet<JobNumber>,
    polled_in_a_row: u32,
    /// The jobs whose acceptance is stored.
    known: BTreeSet<JobNumber>,
    /// Intents without an outcome.
    open: BTreeSet<(JobNumber, u32)>,
    given_up: Vec<AttemptId>,
    handed: BTreeSet<String>,
    told: BTreeSet<String>,
    ended: BTreeMap<JobNumber, u32>,
    is_stopped: bool,
    pauses: u32,
    paused_until: Instant,
    is_probing: bool,
    is_unreached: bool,
}

impl Run {
    pub(crate) fn start(resends: bool) -> Self {
        let endpoint = Endpoint::production(ApiKey::new("sk-explore").expect("a key"));
        let mut policy = BatchPolicy::default();
        policy.upload.resend_ambiguous = resends;
        policy.requests_per_second = 2;
        policy.uploads_at_once = AT_ONCE;
        policy.downloads_at_once = 1;
        let mut batch = Batch::new(endpoint, policy, SEED);
        if resends {
            // This one knows of earlier runs how long jobs take.
            (3..67)
                .for_each(|secs| batch.learn(&UploadOptions::default(), Duration::from_secs(secs)));
        }
        let url = || "https://example.com/cup.jpg".parse().expect("a URL");
        let _ =
            (batch.add(UploadRequest::from_url(url())), batch.add(UploadRequest::from_url(url())));
        let known = batch.add_accepted("job-0".parse().expect("an id"), START);
        let mut run = Self {
            batch,
            now: START,
            wakeup: START,
            flights: Vec::new(),
            sent: Vec::new(),
            receipts: Vec::new(),
            ready: BTreeSet::new(),
            polled_in_a_row: 0,
            known: BTreeSet::from([known]),
            open: BTreeSet::new(),
            given_up: Vec::new(),
            handed: BTreeSet::new(),
            told: BTreeSet::new(),
            ended: BTreeMap::new(),
            is_stopped: false,
            pauses: 0,
            paused_until: START,
            is_probing: false,
            is_unreached: false,
        };
        run.look();
        run
    }

    /// Lets one input happen. `false` where it cannot.
    pub(crate) fn take(&mut self, input: Input) -> bool {
        match input {
            Input::TakeEvents => self.take_events(),
            Input::Store if self.receipts.is_empty() => return false,
            Input::Store => self.store(),
            Input::Oldest(reply) => return self.answer(0, reply),
            Input::Newest(_) if self.flights.len() < 2 => return false,
            Input::Newest(reply) => return self.answer(self.flights.len() - 1, reply),
            Input::Late => return self.accept_late(),
            Input::Wake => self.now = self.wakeup,
            Input::Second => self.now = self.now + Duration::from_secs(1),
            Input::Hours => self.now = self.now + Duration::from_secs(3 * 3600),
            Input::Stop if self.is_stopped => return false,
            Input::Stop => {
                self.batch.stop_uploading();
                self.stopped();
            }
            Input::Resume if !self.is_stopped => return false,
            Input::Resume => {
                self.batch.resume_uploads();
                self.is_stopped = false;
            }
        }
        self.look();
        true
    }

    fn stopped(&mut self) {
        self.is_stopped = true;
        self.ready.clear();
    }

    fn take_events(&mut self) {
        while let Some(event) = self.batch.next_event(self.now) {
            self.note_lost();
            self.note(&event);
        }
    }

    fn note(&mut self, event: &BatchEvent) {
        match event {
            BatchEvent::Intent { job, attempt, receipt } => {
                assert!(self.open.insert((*job, *attempt)), "an intent is told once");
                self.receipts.push((*job, true, *receipt));
            }
            BatchEvent::Accepted { job, accepted, receipt } => {
                assert!(self.told.insert(accepted.job_id().to_string()), "an id is told once");
                self.open.remove(&(*job, receipt.attempt()));
                self.receipts.push((*job, false, *receipt));
            }
            BatchEvent::Withdrawn { job } | BatchEvent::NotAccepted { job, .. } => {
                self.settle_newest(*job);
            }
            BatchEvent::Ended { job, end } => {
                if matches!(end, JobEnd::NotAccepted(_)) {
                    self.settle_newest(*job);
                }
                *self.ended.entry(*job).or_default() += 1;
            }
            _ => {}
        }
    }

    fn settle_newest(&mut self, job: JobNumber) {
        self.ready.remove(&job);
        let newest = self.open.iter().rfind(|(of, _)| *of == job).copied();
        newest.map(|newest| self.open.remove(&newest));
    }

    fn store(&mut self) {
        for (job, is_intent, receipt) in std::mem::take(&mut self.receipts) {
            self.batch.stored(receipt);
            if !is_intent {
                self.known.insert(job);
            } else if self.open.contains(&(job, receipt.attempt())) && !self.is_stopped {
                self.ready.insert(job);
            }
        }
    }

    fn answer(&mut self, at: usize, reply: Reply) -> bool {
        if at >= self.flights.len() {
            return false;
        }
        let Flight { id, work, pauses } = self.flights.remove(at);
        if reply == Reply::Pending && !matches!(work, Work::Poll(_)) {
            self.flights.insert(at, Flight { id, work, pauses });
            return false;
        }
        let outcome = self.outcome(work, reply);
        if matches!(work, Work::Upload(_)) && matches!(reply, Reply::Broken | Reply::Failing) {
            self.given_up.push(id);
        }
        if !matches!(work, Work::Download { .. }) {
            self.held(reply, pauses);
        }
        self.batch.handle(self.now, id, outcome.clone());
        if reply == Reply::Refused && !matches!(work, Work::Download { .. }) {
            self.stopped();
        }
        let counts = self.batch.counts();
        self.batch.handle(self.now, id, self.outcome_again(&outcome));
        assert_eq!(self.batch.counts(), counts, "law 3: a second outcome changes nothing");
        self.look();
        true
    }

    /// What a driver would hand over by mistake: no acceptance.
    fn outcome_again(&self, outcome: &Outcome) -> Outcome {
        match outcome {
            Outcome::Response(_) => answer(422, "{}".to_owned()),
            other => other.clone(),
        }
    }

    fn outcome(&mut self, work: Work, reply: Reply) -> Outcome {
        match (reply, work) {
            (Reply::Good, Work::Upload(_)) => self.acceptance(),
            (Reply::Good, Work::Poll(_)) => {
                let done = r#"{"state":"done","final_url":"https://a.example/x.png"}"#;
                answer(200, done.to_owned())
            }
            (Reply::Good, _) => Outcome::stored(Response::new(()), 40, PICTURE),
            (Reply::Pending, _) => answer(200, r#"{"state":"pending"}"#.to_owned()),
            (Reply::Busy, _) => {
                let Outcome::Response(mut busy) = answer(429, String::new()) else {
                    unreachable!("an answer")
                };
                busy.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(ASKED.as_secs()));
                Outcome::Response(busy)
            }
            (Reply::Down, _) => Outcome::Failed(TransportFailure::connect("refused")),
            (Reply::Broken, _) => {
                Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "reset"))
            }
            (Reply::Failing, _) => answer(500, r#"{"error":"oops"}"#.to_owned()),
            (Reply::Refused, _) => answer(401, r#"{"error":"unauthorized"}"#.to_owned()),
        }
    }

    fn acceptance(&mut self) -> Outcome {
        let id = format!("job-{}", self.handed.len() + 1);
        let outcome = answer(202, format!(r#"{{"job_id":"{id}"}}"#));
        self.handed.insert(id);
        outcome
    }

    /// The acceptance of the oldest upload that nobody knew the end of.
    fn accept_late(&mut self) -> bool {
        if self.given_up.is_empty() {
            return false;
        }
        let (id, outcome) = (self.given_up.remove(0), self.acceptance());
        self.batch.handle(self.now, id, outcome);
        // It may have been this one that was ready to be sent again.
        self.ready.clear();
        self.look();
        true
    }

    /// What an outcome says about the API as such: a 429 stops all for as long as it
    /// asks, two failed connections in a row for a while; then one request at a time.
    fn held(&mut self, reply: Reply, pauses: u32) {
        let is_old = pauses < self.pauses;
        match reply {
            Reply::Good | Reply::Pending | Reply::Refused => {
                self.is_unreached = false;
                self.is_probing &= is_old;
            }
            Reply::Busy => {
                self.is_unreached = false;
                self.paused_until = self.paused_until.max(self.now + ASKED);
                self.begin_pause(is_old);
            }
            Reply::Down if self.is_unreached => self.begin_pause(is_old),
            Reply::Down => self.is_unreached = true,
            Reply::Broken | Reply::Failing => {}
        }
    }

    fn begin_pause(&mut self, is_old: bool) {
        if !is_old {
            self.pauses += 1;
            self.is_probing = true;
        }
    }

    /// Does what the batch says until it waits, and checks it.
    fn look(&mut self) -> bool {
        for _ in 0..100 {
            let action = self.batch.next_action(self.now);
            self.note_lost();
            match action {
                Action::Send(attempt) => {
                    assert!(attempt.deadline > self.now, "law 2: a deadline lies ahead");
                    self.check(attempt.id);
                }
                Action::SleepUntil(wakeup) => {
                    assert!(wakeup.at > self.now, "law 2: a wake-up lies ahead");
                    let again = self.batch.next_action(self.now);
                    let same = matches!(again, Action::SleepUntil(again) if again == wakeup);
                    assert!(same, "law 1: a further call changes nothing");
                    self.wakeup = wakeup.at;
                    return false;
                }
                Action::Done(counts) => {
                    assert_eq!(counts.waiting + counts.ended(), JOBS, "every job is somewhere");
                    assert!(counts.waiting == 0 || self.is_stopped, "left for no reason");
                    assert!(self.flights.is_empty(), "done while a request is under way");
                    self.wakeup = self.now + Duration::from_secs(1);
                    return true;
                }
            }
        }
        panic!("requests without end");
    }

    fn note_lost(&mut self) {
        let (batch, given_up) = (&self.batch, &mut self.given_up);
        self.flights.retain(|flight| {
            let is_there = batch.work(flight.id).is_some();
            if !is_there && matches!(flight.work, Work::Upload(_)) {
                given_up.push(flight.id);
            }
            is_there
        });
    }

    fn check(&mut self, id: AttemptId) {
        let work = self.batch.work(id).expect("an attempt under way");
        assert!(self.flights.iter().all(|flight| flight.id != id), "an id names one attempt");
        let is_download = |work: Work| matches!(work, Work::Download { .. });
        match work {
            Work::Upload(job) => {
                assert!(!self.is_stopped, "no upload after a stop");
                self.ready.remove(&job);
                self.polled_in_a_row = 0;
                let stored = self.open.iter().any(|(of, _)| *of == job)
                    && self.receipts.iter().all(|(of, is_intent, _)| *of != job || !is_intent);
                assert!(stored, "law 1 of the batch: the intent is stored first");
                let uploads = self.flights.iter().filter(|f| matches!(f.work, Work::Upload(_)));
                assert!(uploads.count() < AT_ONCE, "too many uploads at once");
            }
            Work::Poll(job) => {
                assert!(self.known.contains(&job), "law 1 of the batch: the id is stored first");
                self.polled_in_a_row =
                    if self.ready.is_empty() { 0 } else { self.polled_in_a_row + 1 };
                assert!(self.polled_in_a_row <= POLLS_BETWEEN, "law 2 of the batch: a turn each");
            }
            _ => {
                let downloads = self.flights.iter().filter(|flight| is_download(flight.work));
                assert!(downloads.count() < 1, "too many downloads at once");
            }
        }
        if !is_download(work) {
            let second = |sent: &&Instant| self.now - **sent < Duration::from_secs(1);
            let recent = self.sent.iter().rev().take_while(second).count();
            assert!(recent < A_SECOND, "law 2 of the batch: the budget");
            self.sent.push(self.now);
            assert!(self.now >= self.paused_until, "law 3 of the batch: the throttle");
            let since = |flight: &Flight| flight.pauses == self.pauses && !is_download(flight.work);
            let beside = self.flights.iter().filter(|flight| since(flight)).count();
            assert!(!self.is_probing || beside == 0, "law 3 of the batch: one at a time");
        }
        self.flights.push(Flight { id, work, pauses: self.pauses });
    }

    /// Nobody answers any more: it ends by itself, and has told every id.
    pub(crate) fn finish(&mut self) {
        for _ in 0..STEPS_TO_THE_END {
            self.take_events();
            self.store();
            if self.look() {
                self.take_events();
                assert!(self.receipts.is_empty(), "done before all is stored");
                assert!(self.open.is_empty(), "intents without an outcome: {:?}", self.open);
                let lost: Vec<_> = self.handed.difference(&self.told).collect();
                assert!(lost.is_empty(), "paid for, and not told: {lost:?}");
                return;
            }
            self.now = self.wakeup;
        }
        panic!("law 4: never over");
    }
}

fn answer(status: u16, body: String) -> Outcome {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    Outcome::Response(answer)
}
