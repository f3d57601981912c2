//! The machine that watches one paid job until it is over.
//!
//! A failed poll is not a failed job: it costs time only, up to the deadline
//! (contract, rule 12). At the deadline there is one last look, a short one. Whatever
//! the end, the job's id is in it.

use core::time::Duration;

use bytes::Bytes;
use http::Response;

use crate::api::accepted::Accepted;
use crate::api::api_error::ApiError;
use crate::api::endpoint::Endpoint;
use crate::api::excerpt::Excerpt;
use crate::api::finished::Finished;
use crate::api::job_id::JobId;
use crate::api::job_state::State;
use crate::api::job_status::JobStatus;
use crate::api::seed::Seed;
use crate::api::status_request::status_of;
use crate::api::status_unreadable::StatusUnreadable;
use crate::machine::durations::Durations;
use crate::machine::outlook::Outlook;
use crate::machine::poll_end::PollEnd;
use crate::machine::poll_error::{PollError, PollTrouble};
use crate::machine::poll_policy::PollPolicy;
use crate::machine::poller_state::{Phase, PollerState};
use crate::machine::schedule;
use crate::machine::stored::Version;
use crate::machine::{Action, InFlight, Machine, WakeReason, Wakeup, deadline_after, wakeup_at};
use crate::transport::attempt::{Attempt, GRACE, Step};
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;
use crate::transport::transport_failure::TransportFailure;

/// The time for the last look, from the deadline on. Its outcome may be late by the
/// rest of the grace.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// How long after its acceptance a job may still be unknown to the status
/// endpoint (contract, rule 11).
const FRESH: Duration = Duration::from_secs(10);

/// The machine that asks about a job until it is done, failed or given up.
///
/// ```text
/// Waiting ──► Polling ──► Done(Ok)   done, with a result
///    ▲           │ ─────► Done(Err)  failed, done without a result
///    │           │ ─────► Done(Err)  refused: 401, 404, 422 and other 4xx
///    │           │ ─────► Done(Err)  unreachable, and no look mends that
///    │           │ ─────► Done(Err)  timed out, after one last look
///    └───────────┘                   pending, or a poll that failed
/// ```
#[derive(Clone, Debug)]
pub struct Poller {
    pub(super) endpoint: Endpoint,
    pub(super) state: PollerState,
}

impl Poller {
    /// Watches a job that was accepted at `now`. The first look comes after the
    /// schedule's first interval.
    #[must_use]
    pub fn new(
        endpoint: Endpoint,
        accepted: &Accepted,
        policy: PollPolicy,
        seed: Seed,
        now: Instant,
    ) -> Self {
        let mut poller = Self::resume(endpoint, accepted.job_id().clone(), policy, seed, now);
        poller.state.accepted_at = Some(now);
        poller.state.outlook = Outlook::of_new_job();
        poller.plan_first(None);
        poller
    }

    /// Plans the first look at a new job anew, by what is known of others of its kind.
    pub(crate) fn plan_first(&mut self, others: Option<&Durations>) {
        let now = self.state.started;
        let first = self.interval(now, others);
        self.wait(now, first, WakeReason::PollInterval);
    }

    /// Watches a job of which only the id is known. The first look is at once.
    #[must_use]
    pub fn resume(
        endpoint: Endpoint,
        job_id: JobId,
        policy: PollPolicy,
        seed: Seed,
        now: Instant,
    ) -> Self {
        let state = PollerState {
            version: Version::CURRENT,
            job_id,
            policy,
            seed,
            started: now,
            deadline: now + policy.timeout,
            accepted_at: None,
            polls: 0,
            failures: 0,
            last_sent: None,
            latest: None,
            trouble: None,
            seen: Some(now),
            outlook: Outlook::default(),
            phase: Phase::Waiting(Wakeup { at: now, reason: WakeReason::PollInterval }),
        };
        Self { endpoint, state }
    }

    /// The same, with a first look no sooner than this.
    pub(crate) fn not_before(mut self, earliest: Instant) -> Self {
        if let Phase::Waiting(wakeup) = &mut self.state.phase {
            wakeup.at = wakeup.at.max(earliest);
        }
        self
    }

    /// The poller that [`state`](Self::state) was taken from, in this process or
    /// another. A poll that was under way is sent again when it counts as lost.
    ///
    /// `now` is the present of the clock that drives it from here on. If that lies
    /// before the last present that the state was told, or more than a year after it,
    /// the clock is another one: all moments of the state are moved, so that it goes on
    /// as if no time had passed. See [`Instant`].
    #[must_use]
    pub fn restore(endpoint: Endpoint, mut state: PollerState, now: Instant) -> Self {
        state.move_to(now);
        Self { endpoint, state }
    }

    /// What to store. The job's id alone does as well: see [`resume`](Self::resume).
    #[must_use]
    pub const fn state(&self) -> &PollerState {
        &self.state
    }

    /// The job.
    #[must_use]
    pub const fn job_id(&self) -> &JobId {
        &self.state.job_id
    }

    /// The newest status, if any poll brought one.
    #[must_use]
    pub fn latest(&self) -> Option<&JobStatus> {
        self.state.latest.as_ref()
    }

    /// Hands it the newest status of before it rested, where no poll brought another since.
    pub(crate) fn recall(&mut self, latest: impl FnOnce(&JobId) -> Option<JobStatus>) {
        if self.state.latest.is_none() {
            self.state.latest = latest(&self.state.job_id);
        }
    }

    /// The status that the last poll brought; `None` where it brought none.
    #[must_use]
    pub fn news(&self) -> Option<&JobStatus> {
        self.latest().filter(|_| self.trouble().is_none())
    }

    /// What went wrong with the last poll; `None` where it brought a status.
    #[must_use]
    pub const fn trouble(&self) -> Option<&PollTrouble> {
        self.state.trouble.as_ref()
    }

    /// How many polls were handed out so far.
    #[must_use]
    pub const fn polls(&self) -> u64 {
        self.state.polls
    }

    /// The attempt whose outcome is awaited, if one is.
    #[must_use]
    pub const fn in_flight(&self) -> Option<AttemptId> {
        match &self.state.phase {
            Phase::Polling(flight) => Some(Self::id(self.state.seed, flight.number)),
            _ => None,
        }
    }

    /// When the newest poll was sent.
    pub(crate) const fn last_sent(&self) -> Option<Instant> {
        self.state.last_sent
    }

    /// How old the job was when it was last asked for, and is now; `None` where it is not
    /// known when it was accepted, or nobody asked.
    pub(crate) fn ages(&self, now: Instant) -> Option<(Duration, Duration)> {
        let (accepted, sent) = (self.state.accepted_at?, self.state.last_sent?);
        Some((sent - accepted, now - accepted))
    }

    /// Until when the poller waits for its next look, and why.
    pub(crate) const fn waiting(&self) -> Option<Wakeup> {
        match &self.state.phase {
            Phase::Waiting(wakeup) => Some(*wakeup),
            _ => None,
        }
    }

    pub(crate) fn end(&self) -> Option<Result<Finished, PollError>> {
        match &self.state.phase {
            Phase::Over(end) => {
                let known = self.state.known();
                end.told(known).or_else(|| PollEnd::TimedOut.told(known))
            }
            _ => None,
        }
    }

    const fn id(seed: Seed, number: u64) -> AttemptId {
        AttemptId::new(MachineKind::Poller, seed, number)
    }

    /// When the poll under way counts as lost.
    pub(crate) fn lost_at(&self) -> Option<Instant> {
        let Phase::Polling(flight) = &self.state.phase else { return None };
        let is_last = self.sent_last_look() && !self.state.policy.timeout.is_zero();
        let grace = if is_last { GRACE.saturating_sub(LAST_LOOK) } else { GRACE };
        Some(flight.deadline + grace)
    }

    /// Until when a poll that leaves now may last. After the deadline that is the
    /// end of the last look, or a short time where the deadline was slept through.
    fn poll_until(&self, now: Instant) -> Instant {
        let (policy, deadline) = (&self.state.policy, self.state.deadline);
        let end = if now < deadline {
            deadline
        } else if policy.timeout.is_zero() {
            Instant::FAR_FUTURE
        } else if now < deadline + LAST_LOOK {
            deadline + LAST_LOOK
        } else {
            now + LAST_LOOK
        };
        deadline_after(now, policy.attempt_timeout).min(end)
    }

    fn send(&mut self, now: Instant) -> Action<Result<Finished, PollError>> {
        let deadline = self.poll_until(now);
        let state = &mut self.state;
        let Some(polls) = state.polls.checked_add(1).filter(|_| deadline > now) else {
            // The end of time, or of numbers: no moment is left to look in.
            self.time_out();
            return self.done();
        };
        state.polls = polls;
        state.last_sent = Some(now);
        let number = state.polls;
        let id = Self::id(state.seed, number);
        state.phase = Phase::Polling(InFlight { number, deadline });
        let request = status_of(&state.job_id, &self.endpoint);
        let job_id = Some(state.job_id.clone());
        Action::Send(Attempt::of_api(id, Step::Status, job_id, request, deadline))
    }

    /// As [`handle`](Machine::handle), with what is known of other jobs of the kind.
    pub(crate) fn handle_beside(
        &mut self,
        now: Instant,
        attempt: AttemptId,
        outcome: Outcome,
        others: Option<&Durations>,
    ) {
        if self.in_flight() == Some(attempt) {
            self.settle(now, outcome, others);
        }
    }

    fn settle(&mut self, now: Instant, outcome: Outcome, others: Option<&Durations>) {
        match outcome {
            Outcome::Response(answer) if answer.status().is_success() => {
                self.settle_status(now, &answer, others);
            }
            Outcome::Partial(answer) if answer.status().is_success() => {
                self.unreadable(now, StatusUnreadable::CutOff, &answer);
            }
            Outcome::Response(answer) | Outcome::Partial(answer) => self.settle_error(now, &answer),
            // No poll asks for a file.
            Outcome::Stored { head, .. } | Outcome::StoredPart { head, .. } => {
                self.settle_error(now, &head.map(|()| Bytes::new()));
            }
            Outcome::Failed(failure) => {
                let failure = failure.map_detail(|text| self.endpoint.redact(text));
                if failure.is_lasting() {
                    return self.unreachable(failure);
                }
                self.failed_poll(now, PollTrouble::Transport(failure), None);
            }
        }
    }

    fn settle_status(
        &mut self,
        now: Instant,
        answer: &Response<Bytes>,
        others: Option<&Durations>,
    ) {
        let state = &mut self.state;
        let (latest, job_id) = (&mut state.latest, &state.job_id);
        if let Err(why) = JobStatus::decode_over(latest, answer, job_id, &self.endpoint) {
            return self.unreadable(now, why, answer);
        }
        if let Some(percent) = state.latest.as_ref().and_then(JobStatus::progress) {
            self.note(now, percent);
        }
        self.state.trouble = None;
        self.state.failures = 0;
        let Some(status) = &self.state.latest else { return };
        match status.state() {
            State::Done if status.results().is_empty() => {
                self.state.phase = Phase::Over(PollEnd::NoResult);
            }
            State::Done => self.state.phase = Phase::Over(PollEnd::Finished),
            State::Failed => self.state.phase = Phase::Over(PollEnd::Failed),
            State::Pending | State::Unknown(_) => {
                let interval = self.interval(now, others);
                self.wait(now, interval, WakeReason::PollInterval);
            }
        }
    }

    /// An answer without a status: final where the contract's rule 12 says so.
    fn settle_error(&mut self, now: Instant, answer: &Response<Bytes>) {
        let error = ApiError::decode(answer, &self.endpoint);
        let status = error.status().as_u16();
        let for_now = match status {
            404 => self.is_fresh(),
            // A proxy's time-out, a replayed early request, a request limit.
            408 | 425 | 429 => true,
            _ => !(400..500).contains(&status),
        };
        if for_now {
            let asked = error.retry_after().filter(|_| matches!(status, 429 | 503));
            self.failed_poll(now, PollTrouble::Answer(error), asked);
        } else {
            self.state.trouble = Some(PollTrouble::Answer(error));
            self.state.phase = Phase::Over(PollEnd::Refused);
        }
    }

    /// Whether the last poll left within ten seconds of the acceptance.
    fn is_fresh(&self) -> bool {
        match (self.state.accepted_at, self.state.last_sent) {
            (Some(accepted), Some(sent)) => sent - accepted <= FRESH,
            _ => false,
        }
    }

    fn unreadable(&mut self, now: Instant, why: StatusUnreadable, answer: &Response<Bytes>) {
        let excerpt = Excerpt::of_answer(answer, &self.endpoint);
        self.failed_poll(now, PollTrouble::Unreadable { why, excerpt }, None);
    }

    /// Looking again is no use until somebody changes something.
    fn unreachable(&mut self, failure: TransportFailure) {
        let state = &mut self.state;
        state.trouble = Some(PollTrouble::Transport(failure));
        state.phase = Phase::Over(PollEnd::Unreachable);
    }

    fn failed_poll(&mut self, now: Instant, trouble: PollTrouble, asked: Option<Duration>) {
        let interval = self.interval(now, None);
        let state = &mut self.state;
        let (wait, reason) = state.policy.backoff.wait(state.failures, interval, asked, state.seed);
        state.failures = state.failures.saturating_add(1);
        state.trouble = Some(trouble);
        self.wait(now, wait, reason);
    }

    fn interval(&self, now: Instant, others: Option<&Durations>) -> Duration {
        let Self { state, .. } = self;
        let known = schedule::Known { age: state.age(now), outlook: &state.outlook, others };
        state.policy.schedule.wait(&known, state.seed, state.polls)
    }

    /// Takes note of progress. It was true at some moment between question and answer.
    fn note(&mut self, now: Instant, percent: u8) {
        let asked = self.state.last_sent.unwrap_or(now);
        let half = (now - asked).checked_div(2).unwrap_or_default();
        self.state.outlook.note(self.state.age(asked + half), percent);
    }

    /// Plans the next look. One that would leave less than the floor before the
    /// deadline becomes the last look; after the deadline there is no other, and
    /// none where the poll before lasted for longer than the last look may.
    fn wait(&mut self, now: Instant, wait: Duration, reason: WakeReason) {
        let state = &self.state;
        let floor = state.policy.schedule.floor();
        let earliest = state.last_sent.map_or(now, |sent| (sent + floor).max(now));
        let overran = state.last_sent.is_some() && earliest >= state.deadline + LAST_LOOK;
        if self.sent_last_look() || overran {
            self.time_out();
            return;
        }
        let at = (now + wait).max(earliest);
        let at = if at + floor > state.deadline { earliest.max(state.deadline) } else { at };
        self.state.phase = Phase::Waiting(Wakeup { at, reason });
    }

    fn sent_last_look(&self) -> bool {
        self.state.last_sent.is_some_and(|sent| sent >= self.state.deadline)
    }

    const fn time_out(&mut self) {
        self.state.phase = Phase::Over(PollEnd::TimedOut);
    }

    fn done(&self) -> Action<Result<Finished, PollError>> {
        let timed_out = || PollError::TimedOut {
            job_id: self.state.job_id.clone(),
            latest: self.state.latest.clone().map(Box::new),
            trouble: self.state.trouble.clone(),
        };
        Action::Done(self.end().unwrap_or_else(|| Err(timed_out())))
    }
}

impl Machine for Poller {
    type Output = Result<Finished, PollError>;

    fn next_action(&mut self, now: Instant) -> Action<Self::Output> {
        self.state.seen = Some(now);
        if let Some(lost_at) = self.lost_at() {
            if let Some(wakeup) = wakeup_at(lost_at, now) {
                return Action::SleepUntil(wakeup);
            }
            self.failed_poll(now, PollTrouble::Transport(TransportFailure::lost()), None);
        }
        match &self.state.phase {
            Phase::Waiting(wakeup) if now < wakeup.at => Action::SleepUntil(*wakeup),
            Phase::Over(_) => self.done(),
            _ => self.send(now),
        }
    }

    fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) {
        self.handle_beside(now, attempt, outcome, None);
    }
}
