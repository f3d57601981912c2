//! The machine: what is sent next, and what an answer leads to.
//!
//! One request at a time. Looks that are due come first, then the real uploads,
//! so that their jobs work while everything else is asked.

use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use http::{Request, Response};

use super::answer::Answer;
use super::draft::Draft;
use super::expected::Expected;
use super::follow::Follow;
use super::judge_refusal::judge;
use super::log::Log;
use super::luck::Luck;
use super::order::{Order, spread, uncovered};
use super::policy::CheckPolicy;
use super::probes::{self, Means};
use super::render;
use super::report::{CheckedJob, Ended, JobEnding, Report};
use super::shrink::smaller;
use crate::api::retry_after::retry_after;
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::{
    ANSWER_LIMIT, Action, Attempt, Body, DownloadRequest, Endpoint, Instant, Machine, Outcome,
    Seed, Sink, TransportFailure, WakeReason, Wakeup,
};

/// So many tasks in a row without an answer: the server is not there.
const MOST_SILENT: u32 = 3;
/// How many requests one finding may take to become smaller.
const MOST_SHRINKING: u32 = 16;
/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Requests that are kept back for each job under way.
const KEPT_FOR_A_JOB: u64 = 12;

/// Judges a server by the rules of the contract.
///
/// It is a [`Machine`] like the others: either adapter's `Driver` drives it, and
/// so does the loop at the top of this crate. Without credits it sends only what
/// a server has to refuse.
///
/// ```
/// use removit_proto::contract::{Check, CheckPolicy, Conclusion};
/// use removit_proto::simulator::{Config, Simulator};
/// use removit_proto::{Action, ApiKey, Endpoint, Instant, Machine, Seed};
///
/// let mut vendor = Simulator::new(Config::instant());
/// let endpoint = Endpoint::new("https://api.example.com", ApiKey::new("a-test-key")?)?;
/// let mut check = Check::new(endpoint, CheckPolicy::default(), Seed::new(1));
/// let mut now = Instant::ORIGIN;
/// let report = loop {
///     match check.next_action(now) {
///         Action::Send(attempt) => {
///             let id = attempt.id;
///             let attempted = vendor.attempt(now, attempt, b"");
///             now = attempted.at;
///             check.handle(now, id, attempted.outcome);
///         }
///         Action::SleepUntil(wakeup) => now = wakeup.at,
///         Action::Done(report) => break report,
///     }
/// };
/// // A simulator that takes any key does not keep the contract.
/// assert_eq!(report.conclusion(), Conclusion::Broken);
/// assert!(report.broken().contains(&"key-invalid"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Check {
    pub(super) endpoint: Endpoint,
    pub(super) policy: CheckPolicy,
    seed: Seed,
    flight: Option<Flight>,
    /// A task that is tried again, and how often it was tried.
    again: Option<(Task, u32)>,
    pause: Wakeup,
    /// The looks that show in which header the key is accepted.
    keys: VecDeque<Draft>,
    key_taken: bool,
    key_refused: bool,
    pub(super) probes: VecDeque<Draft>,
    orders: VecDeque<Order>,
    pub(super) follows: Vec<Follow>,
    shrinking: VecDeque<Shrinking>,
    /// Real uploads whose answer may still come.
    unanswered: Vec<(AttemptId, Order, usize)>,
    silent: u32,
    pub(super) log: Log,
    over: bool,
}

/// The request under way.
#[derive(Clone, Debug)]
struct Flight {
    id: AttemptId,
    deadline: Instant,
    task: Task,
    tries: u32,
}

/// What a request is for.
#[derive(Clone, Debug)]
pub(super) enum Task {
    Probe(Draft),
    /// A smaller draft for the finding at the head of the queue.
    Shrink(Draft),
    Upload(Order),
    /// At the job of this place among those that are followed.
    Look(usize),
    Fetch(usize),
}

/// A finding that is made smaller.
#[derive(Clone, Debug)]
struct Shrinking {
    rule: &'static str,
    left: VecDeque<Draft>,
    spent: u32,
}

impl Check {
    /// A check of this endpoint. The same seed sends the same requests; `seed`
    /// is not to be shared with another check that is under way.
    #[must_use]
    pub fn new(endpoint: Endpoint, policy: CheckPolicy, seed: Seed) -> Self {
        let policy = policy.bounded();
        let mut luck = Luck::new(seed);
        let log = Log::new(endpoint.base_url(), seed, policy.credits);
        let means = Means {
            photo_url: policy.photo_url.as_deref().unwrap_or("https://example.com/image.jpg"),
            foreign_job: policy.foreign_job.as_ref().map(crate::JobId::as_str),
            mixed: policy.mixed,
        };
        let keys = probes::keys_that_are_right(&mut luck).into();
        let probes = probes::all(&means, &mut luck).into();
        let orders = spread(&policy, policy.credits);
        Self {
            endpoint,
            policy,
            seed,
            flight: None,
            again: None,
            pause: Wakeup { at: Instant::ORIGIN, reason: WakeReason::Budget },
            keys,
            key_taken: false,
            key_refused: false,
            probes,
            orders: orders.into(),
            follows: Vec::new(),
            shrinking: VecDeque::new(),
            unanswered: Vec::new(),
            silent: 0,
            log,
            over: false,
        }
    }

    /// The report so far; whole once the machine is done.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.log.report
    }

    /// How many requests are left of those that are certain to be sent: for a
    /// progress bar.
    #[must_use]
    pub fn left(&self) -> usize {
        let looks = self.follows.iter().filter(|follow| !follow.is_over()).count();
        let sure = self.keys.len().saturating_add(self.probes.len());
        sure.saturating_add(self.orders.len()).saturating_add(looks)
    }

    fn requests_left(&self) -> u64 {
        self.policy.most_requests.saturating_sub(self.log.report.requests)
    }

    /// Whether a request may be sent that no job waits for.
    fn has_room(&self, for_another_job: bool) -> bool {
        let open = self.follows.iter().filter(|follow| !follow.is_over()).count();
        let open = u64::try_from(open).unwrap_or(u64::MAX);
        let open = open.saturating_add(u64::from(for_another_job));
        self.requests_left() > open.saturating_mul(KEPT_FOR_A_JOB)
    }

    /// The task to do now, and how often it was tried; or when there is one.
    fn task(&mut self, now: Instant) -> Result<(Task, u32), Option<Wakeup>> {
        if let Some(again) = self.again.take() {
            return Ok(again);
        }
        if let Some(draft) = self.keys.pop_front() {
            return Ok((Task::Probe(draft), 0));
        }
        if !self.key_taken {
            return Err(None);
        }
        let follows = || self.follows.iter().enumerate();
        if let Some((at, _)) = follows().find(|(_, f)| f.due.is_some_and(|due| due <= now)) {
            return Ok((Task::Look(at), 0));
        }
        if let Some((at, _)) = follows().find(|(_, follow)| !follow.fetches.is_empty()) {
            return Ok((Task::Fetch(at), 0));
        }
        if self.has_room(true) {
            if let Some(order) = self.orders.pop_front() {
                return Ok((Task::Upload(order), 0));
            }
        }
        if self.has_room(false) {
            if let Some(draft) = self.smaller_draft() {
                return Ok((Task::Shrink(draft), 0));
            }
            if let Some(draft) = self.probes.pop_front() {
                return Ok((Task::Probe(draft), 0));
            }
        }
        let due = self.follows.iter().filter_map(|follow| follow.due).min();
        Err(due.map(|at| Wakeup { at, reason: WakeReason::PollInterval }))
    }

    fn smaller_draft(&mut self) -> Option<Draft> {
        while let Some(shrinking) = self.shrinking.front_mut() {
            if shrinking.spent < MOST_SHRINKING {
                if let Some(draft) = shrinking.left.pop_front() {
                    shrinking.spent = shrinking.spent.saturating_add(1);
                    return Some(draft);
                }
            }
            self.shrinking.pop_front();
        }
        None
    }

    fn send(&mut self, now: Instant, task: Task, tries: u32) -> Attempt {
        self.log.report.requests = self.log.report.requests.saturating_add(1);
        let number = self.log.report.requests;
        let id = AttemptId::new(MachineKind::Check, self.seed, number);
        let deadline = now + self.policy.attempt_timeout.max(Duration::from_millis(1));
        let request = match &task {
            Task::Probe(draft) | Task::Shrink(draft) => self.render(draft, number),
            Task::Upload(order) => self.render(&order.draft(), number),
            Task::Look(at) => {
                let policy = &self.policy;
                let follow = self.follows.get_mut(*at);
                let draft = follow.map(|follow| {
                    follow.looked(now, policy);
                    follow.due = None;
                    follow.look()
                });
                draft.map(|draft| self.render(&draft, number)).unwrap_or_default()
            }
            Task::Fetch(at) => {
                let fetch = self.follows.get(*at).and_then(|follow| follow.fetches.front());
                let request = fetch.map(|fetch| DownloadRequest::new(fetch.url.clone()).to_http());
                request.unwrap_or_default()
            }
        };
        self.pause = Wakeup { at: now + self.policy.pace, reason: WakeReason::Budget };
        self.flight = Some(Flight { id, deadline, task, tries });
        let sink = Sink::Memory { limit: ANSWER_LIMIT };
        Attempt { id, request, deadline, silence: None, sink }
    }

    fn render(&self, draft: &Draft, number: u64) -> Request<Body> {
        let seed = self.seed.child(number);
        render::request(draft, &self.endpoint, &self.policy.photos, seed)
    }

    fn end(&mut self) {
        let ended = if self.keys.is_empty() && self.key_refused && !self.key_taken {
            self.log.report.findings.clear();
            Ended::KeyRefused
        } else if self.left() > 0 {
            Ended::RequestsSpent
        } else {
            Ended::Complete
        };
        self.finish(ended);
    }

    fn finish(&mut self, ended: Ended) {
        self.over = true;
        self.flight = None;
        let paid: Vec<_> = self.follows.iter().map(|follow| follow.order.clone()).collect();
        self.log.report.uncovered = uncovered(&paid);
        self.log.finish(ended);
    }

    fn answered(&mut self, now: Instant, flight: Flight, answer: &Answer) {
        let status = answer.status();
        if let Task::Look(at) = flight.task {
            return self.looked(now, at, answer);
        }
        let is_fetch = matches!(flight.task, Task::Fetch(_));
        if status == 429 || status.is_server_error() {
            let text = String::from_utf8_lossy(answer.response.body());
            if status == 503 && !is_fetch {
                self.judge_unavailable(!text.trim().is_empty(), &flight.task);
            }
            let asked = retry_after(answer.response.headers());
            let what = format!("an answer of {}", status.as_u16());
            let surely_undone =
                status == 429 || (status == 503 && (asked.is_some() || !text.trim().is_empty()));
            return self.unanswered(now, flight, what, asked, surely_undone, Some(answer));
        }
        let paid = matches!(flight.task, Task::Upload(_));
        if answer.is_cut_off() && !paid {
            let what = "an answer was cut off".to_owned();
            return self.unanswered(now, flight, what, None, false, Some(answer));
        }
        self.silent = 0;
        match flight.task {
            Task::Probe(draft) => self.probed(&draft, answer),
            Task::Shrink(draft) => self.shrunk(&draft, answer),
            Task::Upload(order) => self.uploaded(now, &order, answer),
            Task::Look(_) => {}
            Task::Fetch(at) => self.fetched(at, answer),
        }
    }

    fn judge_unavailable(&mut self, has_body: bool, task: &Task) {
        let mut verdicts = super::findings::Verdicts::default();
        verdicts.judge("unavailable-body", has_body, || "503 (no body)".to_owned());
        let command = self.command(task);
        self.log.take(&verdicts, &command);
    }

    fn command(&self, task: &Task) -> String {
        match task {
            Task::Probe(draft) | Task::Shrink(draft) => self.log.command(draft),
            Task::Upload(order) => self.log.command(&order.draft()),
            Task::Look(at) | Task::Fetch(at) => {
                let look = self.follows.get(*at).map(Follow::look);
                look.map(|draft| self.log.command(&draft)).unwrap_or_default()
            }
        }
    }

    /// No answer that says anything: the task is tried again, or given up.
    fn unanswered(
        &mut self,
        now: Instant,
        flight: Flight,
        what: String,
        asked: Option<Duration>,
        surely_undone: bool,
        answer: Option<&Answer>,
    ) {
        self.log.trouble(what.clone());
        if let Task::Look(at) = flight.task {
            return self.bad_look(now, at, answer);
        }
        let tries = flight.tries.saturating_add(1);
        let may_repeat = surely_undone || !matches!(flight.task, Task::Upload(_));
        if may_repeat && tries < self.policy.max_attempts && self.requests_left() > 0 {
            let backoff = Duration::from_millis(500).saturating_mul(1 << tries.min(4));
            let reason = if asked.is_some() { WakeReason::RetryAfter } else { WakeReason::Backoff };
            let wait = asked.unwrap_or(backoff).min(LONGEST_PAUSE);
            self.pause = Wakeup { at: now + wait, reason };
            self.again = Some((flight.task, tries));
            return;
        }
        self.silent = self.silent.saturating_add(1);
        match flight.task {
            Task::Upload(order) => {
                let end = if surely_undone { JobEnding::Refused } else { JobEnding::Ambiguous };
                if !surely_undone {
                    self.log.spent_credit();
                    self.unanswered.push((flight.id, order.clone(), self.log.report.jobs.len()));
                }
                self.add_job(&order, None, end);
            }
            Task::Fetch(at) => {
                // The host of the results is another one.
                self.silent = self.silent.saturating_sub(1);
                self.not_fetched(at, &what);
            }
            // A 5xx that stays is an answer after all, and none of the documented ones.
            Task::Probe(draft) => {
                if let Some(answer) = answer.filter(|answer| !is_passing(answer)) {
                    self.silent = 0;
                    self.probed(&draft, answer);
                }
            }
            Task::Shrink(_) | Task::Look(_) => {}
        }
        // A server that never said a word is not waited for any longer.
        let never_heard = !self.key_taken && !self.key_refused;
        if self.silent >= MOST_SILENT || (never_heard && self.silent > 0) {
            self.finish(Ended::Unreached(what));
        }
    }

    fn probed(&mut self, draft: &Draft, answer: &Answer) {
        if draft.auth.is_right() {
            self.key_taken |= answer.status() != 401;
            self.key_refused |= answer.status() == 401;
        }
        let verdicts = judge(draft, answer, &self.endpoint);
        self.log.report.seen.refusal(answer, &texts_of(draft));
        let command = self.log.command(draft);
        let new = self.log.take(&verdicts, &command);
        if self.leaked(draft, answer) {
            return;
        }
        for rule in new {
            let left = smaller(draft).into();
            self.shrinking.push_back(Shrinking { rule, left, spent: 0 });
        }
    }

    fn shrunk(&mut self, draft: &Draft, answer: &Answer) {
        let verdicts = judge(draft, answer, &self.endpoint);
        if self.leaked(draft, answer) {
            return;
        }
        if let Some(shrinking) = self.shrinking.front_mut() {
            if verdicts.breaks(shrinking.rule) {
                shrinking.left = smaller(draft).into();
                let rule = shrinking.rule;
                self.log.shrunk(rule, draft, &verdicts);
            }
        }
    }

    /// Whether an upload that ought to be refused made a job. No more of them
    /// are sent then.
    fn leaked(&mut self, draft: &Draft, answer: &Answer) -> bool {
        let accepted = answer.accepted().filter(|_| draft.is_upload());
        let Some(accepted) = accepted.filter(|_| Expected::of(draft).is_free()) else {
            return false;
        };
        self.log.spent_credit();
        self.log.report.unasked_jobs.push(accepted.job_id().to_string());
        self.probes.retain(|draft| !draft.is_upload());
        for shrinking in &mut self.shrinking {
            shrinking.left.retain(|draft| !draft.is_upload());
        }
        true
    }

    pub(super) fn add_job(&mut self, order: &Order, id: Option<String>, end: JobEnding) -> usize {
        let place = self.log.report.jobs.len();
        let (order, steps) = (order.to_string(), Vec::new());
        self.log.report.jobs.push(CheckedJob { id, order, end, seconds: 0.0, steps });
        place
    }

    /// No real upload is sent any more.
    pub(super) fn stop_uploads(&mut self) {
        self.orders.clear();
    }

    /// An acceptance that comes after its attempt was given up is the id of a
    /// paid job all the same (contract, rule 19).
    fn late(&mut self, now: Instant, id: AttemptId, outcome: &Outcome) {
        let (Outcome::Response(answer) | Outcome::Partial(answer)) = outcome else { return };
        let answer = Answer::new(answer.clone(), true);
        let place = self.unanswered.iter().position(|(lost, ..)| *lost == id);
        if let (Some(place), Some(accepted)) = (place, answer.accepted()) {
            let (_, order, job) = self.unanswered.swap_remove(place);
            let job_id = accepted.job_id().to_string();
            if let Some(job) = self.log.job(job) {
                job.id = Some(job_id.clone());
                job.end = JobEnding::Open;
            }
            self.follows.push(Follow::new(job_id, order, now, job, &self.policy));
        }
    }
}

/// A 429 and a 503 pass.
fn is_passing(answer: &Answer) -> bool {
    matches!(answer.status().as_u16(), 429 | 503)
}

/// What of a draft a message may repeat.
fn texts_of(draft: &Draft) -> Vec<&str> {
    match &draft.call {
        super::draft::Call::Status(asked) => asked.value().into_iter().collect(),
        super::draft::Call::Upload(super::draft::Content::Json(fields)) => {
            fields.iter().filter_map(|(_, value)| value.as_str()).collect()
        }
        super::draft::Call::Upload(super::draft::Content::Form(_, file)) => {
            file.iter().map(|file| file.name.as_str()).collect()
        }
        super::draft::Call::Upload(super::draft::Content::Raw(_)) => Vec::new(),
    }
}

impl Machine for Check {
    type Output = Report;

    fn next_action(&mut self, now: Instant) -> Action<Report> {
        if let Some(flight) = &self.flight {
            if now < flight.deadline {
                let reason = WakeReason::AttemptDeadline;
                return Action::SleepUntil(Wakeup { at: flight.deadline, reason });
            }
            let id = flight.id;
            self.handle(now, id, Outcome::Failed(TransportFailure::lost()));
        }
        if !self.over && self.pause.at > now {
            return Action::SleepUntil(self.pause);
        }
        if !self.over {
            match self.task(now) {
                Ok((task, tries)) if self.requests_left() > 0 => {
                    return Action::Send(self.send(now, task, tries));
                }
                Err(Some(wakeup)) if wakeup.at > now && self.requests_left() > 0 => {
                    return Action::SleepUntil(wakeup);
                }
                _ => self.end(),
            }
        }
        Action::Done(self.log.report.clone())
    }

    fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) {
        if self.over {
            return;
        }
        let Some(flight) = self.flight.take_if(|flight| flight.id == attempt) else {
            return self.late(now, attempt, &outcome);
        };
        match outcome {
            Outcome::Response(answer) => self.answered(now, flight, &Answer::new(answer, true)),
            Outcome::Partial(answer) => self.answered(now, flight, &Answer::new(answer, false)),
            Outcome::Stored { head, .. } | Outcome::StoredPart { head, .. } => {
                // Nothing of a check asks for a file: what came is not known.
                let answer: Response<Bytes> = head.map(|()| Bytes::new());
                self.answered(now, flight, &Answer::new(answer, false));
            }
            Outcome::Failed(failure) => {
                let (undone, what) = (failure.is_not_sent(), kind_of(&failure));
                self.unanswered(now, flight, what, None, undone, None);
            }
        }
    }
}

/// The failure without what differs from time to time.
fn kind_of(failure: &TransportFailure) -> String {
    match failure {
        TransportFailure::Connect { .. } => "no connection".to_owned(),
        TransportFailure::Broken { .. } => "the connection broke".to_owned(),
        TransportFailure::TimedOut { .. } => "no answer in time".to_owned(),
        other => other.to_string(),
    }
}
