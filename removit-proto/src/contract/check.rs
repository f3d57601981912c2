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
use super::follow::Follow;
use super::log::Log;
use super::luck::Luck;
use super::order::{Order, spread, uncovered};
use super::policy::CheckPolicy;
use super::probes::{self, Means};
use super::render;
use super::report::{Ended, Report};
use crate::transport::attempt::Step;
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::{
    Action, Attempt, Body, DownloadRequest, Endpoint, Instant, Machine, Outcome, Seed,
    TransportFailure, WakeReason, Wakeup,
};

/// How many requests one finding may take to become smaller.
const MOST_SHRINKING: u32 = 16;
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
    pub(super) seed: Seed,
    pub(super) flight: Option<Flight>,
    /// A task that is tried again, and how often it was tried.
    pub(super) again: Option<(Task, u32)>,
    pub(super) pause: Wakeup,
    /// The looks that show in which header the key is accepted.
    keys: VecDeque<Draft>,
    pub(super) key_taken: bool,
    pub(super) key_refused: bool,
    pub(super) probes: VecDeque<Draft>,
    pub(super) orders: VecDeque<Order>,
    pub(super) follows: Vec<Follow>,
    pub(super) shrinking: VecDeque<Shrinking>,
    /// Real uploads whose answer may still come.
    pub(super) unanswered: Vec<(AttemptId, Order, usize)>,
    pub(super) silent: u32,
    pub(super) log: Log,
    pub(super) over: bool,
}

/// The request under way.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) id: AttemptId,
    deadline: Instant,
    pub(super) task: Task,
    pub(super) tries: u32,
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
pub(super) struct Shrinking {
    pub(super) rule: &'static str,
    pub(super) left: VecDeque<Draft>,
    pub(super) spent: u32,
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

    pub(super) fn requests_left(&self) -> u64 {
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
        let is_upload = request.method() == http::Method::POST;
        let step = if is_upload { Step::Upload } else { Step::Status };
        Attempt::of_api(id, step, None, request, deadline)
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

    pub(super) fn finish(&mut self, ended: Ended) {
        self.over = true;
        self.flight = None;
        let paid: Vec<_> = self.follows.iter().map(|follow| follow.order.clone()).collect();
        self.log.report.uncovered = uncovered(&paid);
        self.log.finish(ended);
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
            Outcome::Failed(failure) => self.failed(now, flight, &failure),
        }
    }
}
