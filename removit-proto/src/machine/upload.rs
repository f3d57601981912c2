//! The machine that makes one job, and never by accident two.
//!
//! Without an idempotency key a request that may have arrived may have been
//! paid for, so only what is known not to have been processed is sent again
//! (contract, rule 3; law 5). An attempt under way is never cut short by the
//! overall time limit: that would turn a slow upload into an ambiguous one. And an
//! acceptance is never too late (rule 19): whatever the upload came to meanwhile,
//! it is accepted then.

use core::time::Duration;

use bytes::Bytes;

use crate::api::accepted::Accepted;
use crate::api::endpoint::Endpoint;
use crate::api::seed::Seed;
use crate::api::upload_request::UploadRequest;
use crate::machine::stored::Version;
use crate::machine::upload_error::{Ambiguity, AmbiguityCause, UploadError};
use crate::machine::upload_policy::UploadPolicy;
use crate::machine::upload_state::{Phase, UploadState, Why};
use crate::machine::verdict::{Verdict, acceptance};
use crate::machine::{Action, InFlight, Machine, Wakeup, deadline_after};
use crate::transport::attempt::{Attempt, Step};
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;
use crate::transport::transport_failure::TransportFailure;

/// The machine that sends an [`UploadRequest`] until it is accepted, rejected,
/// known not to be sent, or ambiguous.
///
/// Store the id of [`Accepted`] before anything else; then build a
/// [`Poller`](crate::Poller) from it.
///
/// ```text
/// Ready ──► Sending ──► Done(Ok) ◄──┐ accepted: 2xx with a job id
///            ▲   │ ───► Done(Err) ──┤ rejected: any other 3xx or 4xx
///            │   │ ───► Done(Err) ──┤ ambiguous: anything else, and no answer at all
///            │   ▼                  │
///           Waiting ────────────────┘ not sent, 429, a 503 that the service shaped
///
///                                   └ the acceptance of an attempt that was given up
/// ```
///
/// # A late acceptance
/// A 2xx with a job's id counts whenever it is handed over, for any attempt of this
/// upload. While the upload waits or is done without an id, it is accepted at once:
/// its `Done` is another one from then on, so ask [`next_action`](Machine::next_action)
/// again after each outcome that came late. While it is being sent again, the id is
/// in [`accepted`](Self::accepted) at once, and in `Done` when the attempt under way
/// has ended. Where both are accepted there are two paid jobs: the one that was
/// known first, and [`Accepted::further`].
#[derive(Clone, Debug)]
pub struct Upload {
    endpoint: Endpoint,
    state: UploadState,
}

impl Upload {
    /// An upload that starts at `now`.
    #[must_use]
    pub fn new(
        endpoint: Endpoint,
        request: UploadRequest,
        policy: UploadPolicy,
        seed: Seed,
        now: Instant,
    ) -> Self {
        let state = UploadState {
            version: Version::CURRENT,
            request,
            policy,
            seed,
            started: now,
            attempts: 0,
            ambiguity: None,
            unresolved: Vec::new(),
            early: None,
            seen: Some(now),
            phase: Phase::Ready,
        };
        Self { endpoint, state }
    }

    /// The upload that [`state`](Self::state) was taken from, in this process or
    /// another. An attempt that was under way is ambiguous when its time is over, or
    /// at once where the caller reports it lost (see [`in_flight`](Self::in_flight)).
    ///
    /// `now` is the present of the clock that drives it from here on. If that lies
    /// before the last present that the state was told, or more than a year after it,
    /// the clock is another one: all moments of the state are moved, so that it goes on
    /// as if no time had passed. See [`Instant`].
    #[must_use]
    pub fn restore(endpoint: Endpoint, mut state: UploadState, now: Instant) -> Self {
        state.move_to(now);
        Self { endpoint, state }
    }

    /// What to store. Store it after [`next_action`](Machine::next_action)
    /// answered `Send` and before sending, so that no attempt is forgotten.
    #[must_use]
    pub const fn state(&self) -> &UploadState {
        &self.state
    }

    /// The attempt whose outcome is awaited, if one is.
    #[must_use]
    pub const fn in_flight(&self) -> Option<AttemptId> {
        match &self.state.phase {
            Phase::Sending(flight) => Some(Self::id(self.state.seed, flight.number)),
            _ => None,
        }
    }

    /// How many attempts were handed out so far.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.state.attempts
    }

    /// The job, as soon as its id is known: before the end where the upload is
    /// being sent again while the answer to an earlier attempt comes.
    #[must_use]
    pub const fn accepted(&self) -> Option<&Accepted> {
        match &self.state.phase {
            Phase::Done(Ok(accepted)) => Some(accepted),
            _ => self.state.early.as_ref(),
        }
    }

    /// The same upload after earlier ones of the same photo whose end is not known.
    pub(crate) fn after_ambiguous(mut self, earlier: Option<Ambiguity>) -> Self {
        self.state.ambiguity = earlier;
        self
    }

    pub(crate) const fn request(&self) -> &UploadRequest {
        &self.state.request
    }

    pub(crate) const fn ambiguity(&self) -> Option<&Ambiguity> {
        self.state.ambiguity.as_ref()
    }

    /// Until when the upload waits to be sent again, and why.
    pub(crate) fn waiting(&self) -> Option<(Wakeup, UploadError)> {
        match &self.state.phase {
            Phase::Waiting { wakeup, last } => Some((*wakeup, self.why(last))),
            _ => None,
        }
    }

    pub(crate) fn end(&self) -> Option<Result<Accepted, UploadError>> {
        match &self.state.phase {
            Phase::Done(end) => Some(end.clone().map_err(|why| self.why(&why))),
            _ => None,
        }
    }

    fn why(&self, why: &Why) -> UploadError {
        why.clone().unwrap_or_else(|| {
            let lost = || Ambiguity {
                cause: AmbiguityCause::Transport(TransportFailure::lost()),
                attempts: 1,
            };
            UploadError::Ambiguous(self.state.ambiguity.clone().unwrap_or_else(lost))
        })
    }

    const fn id(seed: Seed, number: u64) -> AttemptId {
        AttemptId::new(MachineKind::Upload, seed, number)
    }

    fn send(&mut self, now: Instant) -> Action<Result<Accepted, UploadError>> {
        let state = &mut self.state;
        let request = state.request.to_http(&self.endpoint, state.seed);
        let deadline = deadline_after(now, state.policy.time_for(request.body().len()));
        if deadline <= now {
            self.give_up(Some(UploadError::NotSent(TransportFailure::no_time_left())));
            return self.done();
        }
        state.attempts = state.attempts.saturating_add(1);
        let number = u64::from(state.attempts);
        let id = Self::id(state.seed, number);
        state.phase = Phase::Sending(InFlight { number, deadline });
        let mut attempt = Attempt::of_api(id, Step::Upload, None, request, deadline);
        attempt.resent = number.saturating_sub(1);
        Action::Send(attempt)
    }

    fn settle(&mut self, now: Instant, outcome: Outcome) {
        let answer = match outcome {
            Outcome::Response(answer) | Outcome::Partial(answer) => answer,
            // A driver that wrote the answer to a file did not keep it: the
            // status alone is left to decide.
            Outcome::Stored { head, .. } | Outcome::StoredPart { head, .. } => {
                head.map(|()| Bytes::new())
            }
            Outcome::Failed(failure) => return self.settle_failure(now, failure),
        };
        match Verdict::of(&answer, &self.endpoint) {
            Verdict::Accepted(accepted) => {
                let early = self.state.early.take();
                self.accept(early.into_iter().chain([accepted]));
            }
            Verdict::Rejected { error, passing: false } => {
                self.give_up(Some(UploadError::Rejected(error)));
            }
            Verdict::Rejected { error, passing: true } => {
                let asked = error.retry_after();
                self.retry(now, Some(UploadError::Rejected(error)), asked);
            }
            Verdict::Ambiguous(error) => {
                let asked = error.retry_after();
                self.ambiguous(now, AmbiguityCause::Answer(error), asked);
            }
        }
    }

    /// An attempt that was given up was accepted all the same.
    fn accept_late(&mut self, number: u32, accepted: Accepted) {
        if let Some(at) = self.state.unresolved.iter().position(|open| *open == number) {
            self.state.unresolved.remove(at);
            self.resolve_one();
        }
        let known = match &mut self.state.phase {
            Phase::Sending(_) => {
                match &mut self.state.early {
                    Some(early) => early.also(accepted),
                    None => self.state.early = Some(accepted),
                }
                return;
            }
            Phase::Done(Ok(known)) => Some(known.clone()),
            _ => None,
        };
        self.accept(known.into_iter().chain([accepted]));
    }

    /// Ends with the first of these jobs, and the others as further ones.
    fn accept(&mut self, accepted: impl IntoIterator<Item = Accepted>) {
        let unknown = self.state.ambiguity.as_ref().map_or(0, Ambiguity::attempts);
        let first = accepted.into_iter().reduce(|mut first, other| {
            first.also(other);
            first
        });
        if let Some(first) = first {
            self.state.phase = Phase::Done(Ok(first.after_ambiguous(unknown)));
        }
    }

    /// One attempt less is ambiguous.
    pub(crate) fn resolve_one(&mut self) {
        let ambiguity = self.state.ambiguity.take();
        self.state.ambiguity = ambiguity.and_then(Ambiguity::less_one);
    }

    /// Which of this upload's attempts it is.
    fn number_of(&self, id: AttemptId) -> Option<u32> {
        let number = u32::try_from(id.number()).ok()?;
        let is_own = id == Self::id(self.state.seed, id.number());
        (is_own && (1..=self.state.attempts).contains(&number)).then_some(number)
    }

    fn settle_failure(&mut self, now: Instant, failure: TransportFailure) {
        let failure = failure.map_detail(|text| self.endpoint.redact(text));
        if !failure.is_not_sent() {
            self.ambiguous(now, AmbiguityCause::Transport(failure), None);
        } else if failure.is_lasting() {
            self.give_up(Some(UploadError::NotSent(failure)));
        } else {
            self.retry(now, Some(UploadError::NotSent(failure)), None);
        }
    }

    fn ambiguous(&mut self, now: Instant, cause: AmbiguityCause, asked: Option<Duration>) {
        let ambiguity = match self.state.ambiguity.take() {
            Some(Ambiguity { cause, attempts }) => {
                Ambiguity { cause, attempts: attempts.saturating_add(1) }
            }
            None => Ambiguity { cause, attempts: 1 },
        };
        self.state.ambiguity = Some(ambiguity);
        self.state.unresolved.push(self.state.attempts);
        if self.state.policy.resend_ambiguous {
            self.retry(now, None, asked);
        } else {
            self.give_up(None);
        }
    }

    /// Waits for a further attempt, or gives up where none may begin in time.
    fn retry(&mut self, now: Instant, last: Why, asked: Option<Duration>) {
        let state = &mut self.state;
        let next = state.policy.retry.next(state.started, state.attempts, asked, state.seed, now);
        match next.filter(|_| state.early.is_none()) {
            Some(wakeup) => state.phase = Phase::Waiting { wakeup, last },
            None => self.give_up(last),
        }
    }

    /// Ends without a job's id. Once an attempt was ambiguous the end is, too,
    /// whatever came of later ones.
    fn give_up(&mut self, why: Why) {
        if let Some(early) = self.state.early.take() {
            return self.accept([early]);
        }
        let why = why.filter(|_| self.state.ambiguity.is_none());
        self.state.phase = Phase::Done(Err(why));
    }

    fn done(&self) -> Action<Result<Accepted, UploadError>> {
        Action::Done(self.end().unwrap_or_else(|| Err(self.why(&None))))
    }
}

impl Machine for Upload {
    type Output = Result<Accepted, UploadError>;

    fn next_action(&mut self, now: Instant) -> Action<Self::Output> {
        self.state.seen = Some(now);
        if let Phase::Sending(flight) = &self.state.phase {
            if let Some(wakeup) = flight.wakeup(now) {
                return Action::SleepUntil(wakeup);
            }
            self.settle_failure(now, TransportFailure::lost());
        }
        if let Phase::Waiting { wakeup, last } = &self.state.phase {
            if now < wakeup.at {
                return Action::SleepUntil(*wakeup);
            }
            if self.state.policy.retry.is_over(self.state.started, now) {
                let last = last.clone();
                self.give_up(last);
            }
        }
        match &self.state.phase {
            Phase::Done(_) => self.done(),
            _ => self.send(now),
        }
    }

    fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) {
        if self.in_flight() == Some(attempt) {
            self.settle(now, outcome);
        } else if let (Some(number), Some(accepted)) =
            (self.number_of(attempt), acceptance(&outcome))
        {
            self.accept_late(number, accepted);
        }
    }
}
