//! What a driver calls, and which part of the batch answers it.
//!
//! Knows neither whose turn it is, which is in `turns`, nor what an answer means
//! for a job: that is in `uploads`, `polls` and `fetches`, and below them in the machines of single jobs.

use crate::api::api_error::ApiError;
use crate::api::job_id::JobId;
use crate::api::upload_request::UploadRequest;
use crate::batch::Batch;
use crate::batch::counts::BatchCounts;
use crate::batch::event::{BatchEvent, JobEnd, Receipt};
use crate::batch::flights::Flight;
use crate::batch::number::{JobNumber, Work};
use crate::batch::slot::{Ended, Open, Slot, Waiting};
use crate::batch::state::Told;
use crate::batch::stop::Stop;
use crate::machine::upload_error::{Ambiguity, AmbiguityCause, UploadError};
use crate::machine::verdict::acceptance;
use crate::machine::{Action, Machine};
use crate::transport::attempt::{Attempt, GRACE};
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;
use crate::transport::transport_failure::TransportFailure;

impl Batch {
    /// Adds a job that is to be created. Jobs may be added at any time, also
    /// after `Done`.
    pub fn add(&mut self, request: UploadRequest) -> JobNumber {
        self.add_waiting(request, None)
    }

    /// Adds a job that an earlier batch was about to create, `attempts` times
    /// without a known answer (one counts as one): each may have created it.
    ///
    /// It ends at once as [`UploadError::Ambiguous`], or is sent again where
    /// [`resend_ambiguous`](crate::UploadPolicy::resend_ambiguous) asks for that.
    pub fn add_ambiguous(&mut self, request: UploadRequest, attempts: u32) -> JobNumber {
        let cause = AmbiguityCause::Transport(TransportFailure::lost_before());
        let ambiguity = Ambiguity { cause, attempts: attempts.max(1) };
        if self.policy.upload.resend_ambiguous {
            return self.add_waiting(request, Some(Box::new(ambiguity)));
        }
        let job = self.jobs.push(Slot::Ended(Ended::Ambiguous { attempts: ambiguity.attempts }));
        let end = JobEnd::NotAccepted(UploadError::Ambiguous(ambiguity));
        self.tell(BatchEvent::Ended { job, end });
        job
    }

    /// Adds a job that was accepted before: only its results are wanted. The
    /// first looks at such jobs are spread from `now` on.
    pub fn add_accepted(&mut self, job_id: JobId, now: Instant) -> JobNumber {
        let job = self.jobs.push(Slot::Known(Box::new(job_id)));
        self.polls.set(now + self.spread(job), job);
        job
    }

    /// The next thing that happened, if something did. Take all of them before
    /// [`next_action`](Machine::next_action): what they carry may be needed
    /// for it.
    #[must_use = "an event is told once"]
    pub fn next_event(&mut self, now: Instant) -> Option<BatchEvent> {
        self.advance(now);
        loop {
            match self.events.pop_front()? {
                Told::Event(event) => return Some(*event),
                Told::Status(job) => {
                    let Some(Open::Running(running)) = self.jobs.open_mut(job) else { continue };
                    running.told = false;
                    let Some(status) = running.poller.latest().cloned() else { continue };
                    self.rest_poller(job);
                    return Some(BatchEvent::Status { job, status });
                }
            }
        }
    }

    /// Says that the event which the receipt came with is stored durably, so
    /// that its job goes on. Calls for whatever happened since then do nothing.
    pub fn stored(&mut self, receipt: Receipt) {
        self.intent_stored(receipt.job, receipt.serial);
        self.acceptance_stored(receipt.job, receipt.serial);
    }

    /// Says that a result need not be fetched, or no further: it is there and
    /// whole. Its job goes on as if it had been; no event tells of it.
    pub fn skip(&mut self, job: JobNumber, result: usize) {
        self.skip_result(job, result);
    }

    /// Sends no further upload. What is under way goes on, accepted jobs too:
    /// go on driving until `Done`, or leave them for a later batch.
    pub fn stop_uploading(&mut self) {
        self.stop_for(Stop::Asked);
    }

    /// Sends uploads again after [`stop_uploading`](Self::stop_uploading), or
    /// once the account is in order. Another key needs another batch.
    pub fn resume_uploads(&mut self) {
        self.uploads.stop = None;
    }

    /// Why no further upload is sent, where that is so.
    #[must_use]
    pub const fn stopped(&self) -> Option<&Stop> {
        self.uploads.stop.as_ref()
    }

    /// What an attempt under way is for: whose photo to send, which file to
    /// fill. `None` once its outcome was handed over or it was noticed as lost.
    #[must_use]
    pub fn work(&self, attempt: AttemptId) -> Option<Work> {
        self.flights.work(attempt)
    }

    /// All attempts under way and what each is for, in the order of sending: what
    /// a driver that leaves early has to give up.
    pub fn under_way(&self) -> impl Iterator<Item = (AttemptId, Work)> + '_ {
        self.flights.all()
    }

    /// How many jobs are where.
    #[must_use]
    pub const fn counts(&self) -> BatchCounts {
        self.jobs.counts()
    }

    /// The vendor's id of a job, while it is accepted and not over.
    #[must_use]
    pub fn job_id(&self, job: JobNumber) -> Option<&JobId> {
        match self.jobs.get(job)? {
            Slot::Known(job_id) => Some(job_id),
            Slot::Open(open) => match open {
                Open::Unstored(unstored) => Some(unstored.accepted.job_id()),
                Open::Running(running) => Some(running.poller.job_id()),
                Open::Resting(resting) => Some(resting.poller.job_id()),
                Open::Fetching(fetch) => Some(fetch.job_id()),
                Open::Uploading(_) => None,
            },
            Slot::Waiting(_) | Slot::Ended(_) => None,
        }
    }

    fn add_waiting(
        &mut self,
        request: UploadRequest,
        ambiguity: Option<Box<Ambiguity>>,
    ) -> JobNumber {
        let waiting = Waiting { request, ambiguity, attempts: 0 };
        let job = self.jobs.push(Slot::Waiting(Box::new(waiting)));
        self.uploads.waiting.push_back(job);
        job
    }

    /// Does what is due without a request: attempts that are lost, uploads
    /// whose turn it is.
    fn advance(&mut self, now: Instant) {
        while let Some(flight) = self.flights.lost(now) {
            self.settle(now, flight, Outcome::Failed(TransportFailure::lost()));
        }
        self.open_uploads(now);
    }

    /// When the attempt counts as lost: the last look at a job waits for less than
    /// the grace.
    fn lost_at(&mut self, attempt: &Attempt, work: Work) -> Instant {
        let lost_at = match work {
            Work::Poll(job) => self.poller(job).and_then(|poller| poller.lost_at()),
            Work::Upload(_) | Work::Download { .. } => None,
        };
        lost_at.unwrap_or(attempt.deadline + GRACE)
    }

    fn settle(&mut self, now: Instant, flight: Flight, outcome: Outcome) {
        let Flight { id, work, inner, .. } = flight;
        if let Work::Download { job, result } = work {
            return self.settle_download(now, (job, result), inner, outcome);
        }
        self.throttle.note(now, id, &outcome);
        let stop = match &outcome {
            Outcome::Response(answer) | Outcome::Partial(answer)
                if Stop::may_be_for(answer.status()) =>
            {
                Stop::for_answer(&ApiError::decode(answer, &self.endpoint))
            }
            Outcome::Failed(failure @ TransportFailure::Unreachable { .. }) => {
                let failure = failure.clone();
                Some(Stop::Unreachable(failure.map_detail(|text| self.endpoint.redact(text))))
            }
            _ => None,
        };
        match work {
            Work::Upload(job) => self.settle_upload(now, job, (id, inner), outcome),
            _ => self.settle_poll(now, work.job(), inner, outcome),
        }
        if let Some(stop) = stop {
            self.stop_for(stop);
        }
    }
}

impl Machine for Batch {
    type Output = BatchCounts;

    fn next_action(&mut self, now: Instant) -> Action<BatchCounts> {
        if now == Instant::FAR_FUTURE {
            // The end of time: no moment is left to send in.
            return Action::Done(self.jobs.counts());
        }
        self.advance(now);
        while let Some(work) = self.pick(now) {
            let attempt = match work {
                Work::Upload(job) => self.send_upload(now, job),
                Work::Poll(job) => self.send_poll(now, job),
                Work::Download { job, result } => self.send_download(now, (job, result)),
            };
            let Some(mut attempt) = attempt else {
                // The job went another way, which may make room for others.
                self.advance(now);
                continue;
            };
            let lost_at = self.lost_at(&attempt, work);
            self.flights.launch(work, &mut attempt, lost_at);
            if !matches!(work, Work::Download { .. }) {
                self.budget.take(now);
                self.throttle.launched(attempt.id);
            }
            return Action::Send(attempt);
        }
        self.rest(now)
    }

    fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) {
        if let Some(flight) = self.flights.land(attempt) {
            self.settle(now, flight, outcome);
        } else if let Some(accepted) = acceptance(&outcome) {
            self.accept_late(now, attempt, accepted);
        }
    }
}
