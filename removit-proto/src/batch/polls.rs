//! The jobs of a batch that are watched: first looks are spread, and no job is
//! looked at before its id is stored.
//!
//! When to look again and when to give up is each [`Poller`]'s own; here a look
//! that is due waits for its turn, the longest due one first.

use core::time::Duration;

use crate::api::job_id::JobId;
use crate::api::seed::Purpose;
use crate::api::upload_options::UploadOptions;
use crate::batch::Batch;
use crate::batch::event::{BatchEvent, JobEnd};
use crate::batch::kind::Kind;
use crate::batch::number::JobNumber;
use crate::batch::slot::{Open, Running, Slot};
use crate::machine::durations::Durations;
use crate::machine::poller::Poller;
use crate::machine::{Action, Machine};
use crate::transport::attempt::Attempt;
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;

impl Batch {
    /// The poller of a job, be it watched or asked for new URLs.
    pub(super) fn poller(&mut self, job: JobNumber) -> Option<&mut Poller> {
        match self.jobs.open_mut(job)? {
            Open::Running(running) => Some(&mut running.poller),
            Open::Fetching(fetch) => fetch.refresh.as_mut(),
            _ => None,
        }
    }

    pub(super) fn acceptance_stored(&mut self, job: JobNumber, stored: u64) {
        let seed = self.seed_of(job);
        let Some(Open::Unstored(unstored)) = self.jobs.open_mut(job) else { return };
        if unstored.serial != stored {
            return;
        }
        let (accepted, at, kind) = (unstored.accepted.clone(), unstored.at, unstored.kind);
        let mut poller = Poller::new(self.endpoint.clone(), &accepted, self.policy.poll, seed, at);
        let mut spread = self.spread(job);
        let tells = |others: &&Durations| others.next_look(Duration::ZERO).is_some();
        if let Some(others) = self.lessons.of(kind).filter(tells) {
            // A look that is aimed is not put off; it varies by itself.
            poller.plan_first(Some(others));
            spread = Duration::ZERO;
        }
        let first = poller.waiting().map_or(at, |wakeup| wakeup.at) + spread;
        self.jobs.put(job, Running::new(poller, kind).into());
        self.rest_poller(job);
        self.unstored = self.unstored.saturating_sub(1);
        self.polls.set(first, job);
    }

    /// Learns of a job of an earlier run that took so long from its acceptance until it
    /// was seen to be over: a batch that begins with such lessons looks at the right time
    /// from its first job on. It asks for some dozens of each mode, and what is told last
    /// counts most.
    ///
    /// ```
    /// use removit_proto::journal::Replay;
    /// use removit_proto::{ApiKey, Batch, BatchPolicy, Endpoint, Seed};
    ///
    /// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
    /// let mut batch = Batch::new(endpoint, BatchPolicy::default(), Seed::new(1));
    /// let replay = Replay::default(); // of the journal that earlier runs wrote
    /// for (options, took) in replay.durations() {
    ///     batch.learn(options, took);
    /// }
    /// # Ok::<(), removit_proto::ApiKeyError>(())
    /// ```
    pub fn learn(&mut self, options: &UploadOptions, took: Duration) {
        if self.learns() {
            // It was looked at before, and pending: when, is not told.
            let pending_at = took.saturating_sub(self.policy.poll.schedule.by_age(took));
            self.lessons.note_earlier(Kind::of(options.mode.as_ref()), pending_at, took);
        }
    }

    /// Keeps the first looks at jobs that were accepted together apart.
    pub(super) fn spread(&self, job: JobNumber) -> Duration {
        let longest = self.policy.poll.schedule.by_age(Duration::ZERO);
        self.seed_of(job).duration_between(Purpose::FirstLook, 0, Duration::ZERO, longest)
    }

    pub(super) fn send_poll(&mut self, now: Instant, job: JobNumber) -> Option<Attempt> {
        if let Some(Slot::Known(job_id)) = self.jobs.get(job) {
            let (endpoint, policy) = (self.endpoint.clone(), self.policy.poll);
            let poller =
                Poller::resume(endpoint, JobId::clone(job_id), policy, self.seed_of(job), now);
            self.jobs.put(job, Running::new(poller, None).into());
        } else {
            let (endpoint, policy, seed) = (&self.endpoint, self.policy.poll, self.seed_of(job));
            if let Some(open) = self.jobs.open_mut(job) {
                open.wake(endpoint, policy, seed, now);
            }
        }
        if let Action::Send(attempt) = self.poller(job)?.next_action(now) {
            return Some(attempt);
        }
        self.after_poll(job);
        None
    }

    pub(super) fn settle_poll(
        &mut self,
        now: Instant,
        job: JobNumber,
        attempt: AttemptId,
        outcome: Outcome,
    ) {
        self.settle_look(now, job, attempt, outcome);
        let Some(poller) = self.poller(job) else { return };
        let brought_status = poller.trouble().is_none() && poller.waiting().is_some();
        self.after_poll(job);
        if brought_status {
            self.tell_status(job);
        } else {
            self.rest_poller(job);
        }
    }

    /// Keeps less of a job that waits for its next look.
    pub(super) fn rest_poller(&mut self, job: JobNumber) {
        if let Some(open) = self.jobs.open_mut(job) {
            open.rest();
        }
    }

    const fn learns(&self) -> bool {
        self.policy.learn && self.policy.poll.schedule.learns()
    }

    /// Hands the outcome to the job's poller, and learns of it.
    fn settle_look(&mut self, now: Instant, job: JobNumber, attempt: AttemptId, outcome: Outcome) {
        let learns = self.learns();
        match self.jobs.open_mut(job) {
            Some(Open::Running(running)) => {
                let others = self.lessons.of(running.kind);
                running.poller.handle_beside(now, attempt, outcome, others);
                if learns {
                    self.lessons.note(now, running);
                }
            }
            Some(Open::Fetching(fetch)) => {
                if let Some(poller) = &mut fetch.refresh {
                    poller.handle(now, attempt, outcome);
                }
            }
            _ => {}
        }
    }

    fn after_poll(&mut self, job: JobNumber) {
        if let Some(Open::Running(running)) = self.jobs.open_mut(job) {
            running.recall();
        }
        let Some(poller) = self.poller(job) else { return };
        if let Some(wakeup) = poller.waiting() {
            return self.polls.set(wakeup.at, job);
        }
        let Some(end) = poller.end() else { return };
        let polled = poller.last_sent();
        match (self.jobs.open_mut(job), end) {
            (Some(Open::Fetching(_)), end) => self.refreshed(job, &end, polled),
            (_, Ok(finished)) => {
                self.tell(BatchEvent::Finished { job, finished: finished.clone() });
                self.fetch(job, &finished, polled);
            }
            (_, Err(error)) => self.finish(job, JobEnd::NotDone(error)),
        }
    }
}
