//! The downloads of a batch, beside the polling and under a limit of their own.
//!
//! Retries and redirects are the [`Download`]'s own. A URL that has expired is
//! refreshed by a status call, which comes out of the budget like any other.

use crate::api::finished::Finished;
use crate::api::result_url::ResultUrl;
use crate::batch::Batch;
use crate::batch::event::{BatchEvent, JobEnd};
use crate::batch::fetch::{Expiry, Fetch};
use crate::batch::fetch_queue::ResultOf;
use crate::batch::number::{JobNumber, Work};
use crate::batch::slot::Open;
use crate::machine::download::Download;
use crate::machine::download_error::DownloadError;
use crate::machine::downloaded::Downloaded;
use crate::machine::poll_error::PollError;
use crate::machine::poller::Poller;
use crate::machine::{Action, Machine};
use crate::transport::attempt::Attempt;
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;

impl Batch {
    fn fetch_of(&mut self, job: JobNumber) -> Option<&mut Fetch> {
        match self.jobs.open_mut(job)? {
            Open::Fetching(fetch) => Some(fetch),
            _ => None,
        }
    }

    /// Fetches the results of a job that is done.
    pub(super) fn fetch(&mut self, job: JobNumber, finished: &Finished, polled: Option<Instant>) {
        if self.policy.downloads_at_once == 0 {
            let job_id = finished.job_id().clone();
            return self.finish(job, JobEnd::Done { job_id });
        }
        self.jobs.put(job, Open::Fetching(Fetch::new(finished, polled).into()).into());
        self.fetches.queue(job, 0..finished.results().len());
    }

    /// The next download that may be sent.
    pub(super) fn pick_download(&mut self, now: Instant) -> Option<Work> {
        if let Some((job, result)) = self.fetches.timers.pop_due(now) {
            return Some(Work::Download { job, result });
        }
        while let Some((job, result)) = self.fetches.next(self.policy.downloads_at_once) {
            let endpoint = self.endpoint.clone();
            let (policy, seed) = (self.policy.download, self.seed_of(job));
            let Some(fetch) = self.fetch_of(job) else { continue };
            let Some(link) = fetch.queued(result) else { continue };
            match ResultUrl::check(link.url(), &endpoint) {
                Ok(url) => {
                    let seed = seed.child(u64::try_from(result).unwrap_or(u64::MAX));
                    fetch.start(result, Download::new(url, policy, seed, now));
                    self.fetches.began();
                    return Some(Work::Download { job, result });
                }
                Err(error) => self.end_result(job, result, Err(DownloadError::UnsafeUrl(error))),
            }
        }
        None
    }

    pub(super) fn send_download(
        &mut self,
        now: Instant,
        (job, result): ResultOf,
    ) -> Option<Attempt> {
        let download = self.fetch_of(job)?.active(result)?;
        if let Action::Send(mut attempt) = download.next_action(now) {
            attempt.job_id = self.fetch_of(job).map(|fetch| fetch.job_id().clone());
            return Some(attempt);
        }
        self.after_download(now, (job, result));
        None
    }

    pub(super) fn settle_download(
        &mut self,
        now: Instant,
        (job, result): ResultOf,
        attempt: AttemptId,
        outcome: Outcome,
    ) {
        if let Some(download) = self.fetch_of(job).and_then(|fetch| fetch.active(result)) {
            download.handle(now, attempt, outcome);
            self.after_download(now, (job, result));
        }
    }

    fn after_download(&mut self, now: Instant, (job, result): ResultOf) {
        let max = self.policy.max_refreshes;
        let Some(fetch) = self.fetch_of(job) else { return };
        let Some(download) = fetch.active(result) else { return };
        let Some(end) = download.end().cloned() else {
            // A redirect is followed at once.
            let at = download.waiting().map_or(now, |wakeup| wakeup.at);
            return self.fetches.timers.set(at, (job, result));
        };
        let expiry = match &end {
            Err(error) if error.is_expiry() => fetch.expired(result, error.clone(), max),
            _ => Expiry::GiveUp,
        };
        self.fetches.end_active(1);
        match expiry {
            Expiry::FetchAgain => self.fetches.queue(job, [result]),
            Expiry::Await => {}
            Expiry::Refresh => self.refresh(now, job),
            Expiry::GiveUp => self.end_result(job, result, end),
        }
    }

    /// Asks for the job's status anew, no sooner after its last poll than the
    /// schedule's floor.
    fn refresh(&mut self, now: Instant, job: JobNumber) {
        let (endpoint, policy, seed) = (self.endpoint.clone(), self.policy.poll, self.seed_of(job));
        let Some(fetch) = self.fetch_of(job) else { return };
        let floor = policy.schedule.floor();
        let at = fetch.polled.map_or(now, |polled| now.max(polled + floor));
        fetch.refresh_with(Poller::resume(endpoint, fetch.job_id().clone(), policy, seed, now));
        self.polls.set(at, job);
    }

    /// Goes on with the new URLs, or without.
    pub(super) fn refreshed(
        &mut self,
        job: JobNumber,
        end: &Result<Finished, PollError>,
        polled: Option<Instant>,
    ) {
        let Some(fetch) = self.fetch_of(job) else { return };
        fetch.refresh = None;
        fetch.polled = polled;
        let (again, gone) = match end {
            Ok(finished) => fetch.renew(finished),
            Err(_) => (Vec::new(), fetch.waiting_for_urls()),
        };
        self.fetches.queue(job, again);
        for (result, error) in gone {
            self.end_result(job, result, Err(error));
        }
    }

    fn end_result(
        &mut self,
        job: JobNumber,
        result: usize,
        end: Result<Downloaded, DownloadError>,
    ) {
        let Some(fetch) = self.fetch_of(job) else { return };
        if fetch.end(result, end.is_err()) {
            let job_end = fetch.job_end();
            self.tell(BatchEvent::Result { job, result, end });
            if let Some(end) = job_end {
                self.finish(job, end);
            }
        }
    }

    pub(super) fn skip_result(&mut self, job: JobNumber, result: usize) {
        let Some(fetch) = self.fetch_of(job) else { return };
        let was_active = fetch.active(result).is_some();
        if !fetch.end(result, false) {
            return;
        }
        let job_end = fetch.job_end();
        if was_active {
            self.fetches.end_active(1);
        }
        if let Some(end) = job_end {
            self.finish(job, end);
        }
    }
}
