//! The last part of a job: its results, one after the other, each by a `Download` of its
//! own.
//!
//! A URL that has expired is named anew by the job's status, within the policy's bound and
//! no sooner after the last look than the schedule's floor. Nothing here knows of files.

use serde::{Deserialize, Serialize};

use crate::api::endpoint::Endpoint;
use crate::api::finished::Finished;
use crate::api::job_status::JobStatus;
use crate::api::result_link::ResultLink;
use crate::api::result_url::ResultUrl;
use crate::api::seed::Seed;
use crate::machine::download::Download;
use crate::machine::download_error::DownloadError;
use crate::machine::downloaded::Downloaded;
use crate::machine::job_policy::JobPolicy;
use crate::machine::poller::Poller;
use crate::machine::poller_state::PollerState;
use crate::machine::{Action, Machine};
use crate::transport::attempt_id::AttemptId;
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;

/// What a result ended with.
pub(super) type ResultEnd = Result<Downloaded, DownloadError>;

/// The results of a job that is done.
#[derive(Clone, Debug)]
pub(super) struct Results {
    pub(super) finished: Finished,
    /// The newest URLs, where they were asked for anew.
    renewed: Option<Finished>,
    pub(super) ends: Vec<Option<ResultEnd>>,
    doing: Doing,
    begun: u64,
    refreshes: u32,
    last_look: Option<Instant>,
}

/// What is stored of them. A result that was under way begins anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredResults {
    finished: Finished,
    renewed: Option<Finished>,
    ends: Vec<Option<ResultEnd>>,
    asking: Option<StoredAsking>,
    begun: u64,
    refreshes: u32,
    last_look: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredAsking {
    result: usize,
    refused: DownloadError,
    poller: PollerState,
}

#[derive(Clone, Debug)]
enum Doing {
    Nothing,
    Fetching(usize, Box<Download>),
    /// Its URL has expired; what its download ended with.
    Asking(usize, DownloadError, Box<Poller>),
}

/// What does not change while results are fetched.
pub(super) struct Terms<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) policy: &'a JobPolicy,
    pub(super) seed: Seed,
}

impl Results {
    pub(super) fn new(finished: Finished, last_look: Option<Instant>) -> Self {
        let ends = vec![None; finished.results().len()];
        let (renewed, doing) = (None, Doing::Nothing);
        Self { finished, renewed, ends, doing, begun: 0, refreshes: 0, last_look }
    }

    pub(super) fn restore(endpoint: &Endpoint, stored: StoredResults, now: Instant) -> Self {
        let StoredResults { finished, renewed, ends, asking, begun, refreshes, last_look } = stored;
        // One that lies ahead is another clock's: it may have been now.
        let last_look = last_look.map(|at| at.min(now));
        let mut results = Self { renewed, begun, refreshes, ..Self::new(finished, last_look) };
        for (end, stored) in results.ends.iter_mut().zip(ends) {
            *end = stored;
        }
        if let Some(StoredAsking { result, refused, poller }) = asking {
            let poller = Poller::restore(endpoint.clone(), poller, now);
            if results.ends.get(result).is_some_and(Option::is_none) {
                results.doing = Doing::Asking(result, refused, Box::new(poller));
            }
        }
        results
    }

    pub(super) fn stored(&self) -> StoredResults {
        let asking = match &self.doing {
            Doing::Asking(result, refused, poller) => Some(StoredAsking {
                result: *result,
                refused: refused.clone(),
                poller: poller.state().clone(),
            }),
            _ => None,
        };
        StoredResults {
            finished: self.finished.clone(),
            renewed: self.renewed.clone(),
            ends: self.ends.clone(),
            asking,
            begun: self.begun,
            refreshes: self.refreshes,
            last_look: self.last_look,
        }
    }

    /// Which result is under way or next; `None` when all have ended.
    pub(super) fn current(&self) -> Option<usize> {
        match &self.doing {
            Doing::Fetching(result, _) | Doing::Asking(result, ..) => Some(*result),
            Doing::Nothing => self.ends.iter().position(Option::is_none),
        }
    }

    /// What the last look for new URLs brought, while there is one.
    pub(super) fn news(&self) -> Option<&JobStatus> {
        match &self.doing {
            Doing::Asking(.., poller) => poller.news(),
            _ => None,
        }
    }

    pub(super) fn in_flight(&self) -> Option<AttemptId> {
        match &self.doing {
            Doing::Fetching(_, download) => download.in_flight(),
            Doing::Asking(.., poller) => poller.in_flight(),
            Doing::Nothing => None,
        }
    }

    /// What to do now; `None` when each result has its end, or the next one has begun.
    pub(super) fn next_action<T>(&mut self, now: Instant) -> Option<Action<T>> {
        match &mut self.doing {
            Doing::Nothing => None,
            Doing::Fetching(_, download) => download.next_action(now).if_not_done(),
            Doing::Asking(.., poller) => poller.next_action(now).if_not_done(),
        }
    }

    pub(super) fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) {
        match &mut self.doing {
            Doing::Fetching(_, download) => download.handle(now, attempt, outcome),
            Doing::Asking(.., poller) => poller.handle(now, attempt, outcome),
            Doing::Nothing => {}
        }
    }

    /// Takes in what is over, and begins what is next.
    pub(super) fn advance(&mut self, now: Instant, terms: &Terms<'_>) {
        loop {
            match &self.doing {
                Doing::Fetching(result, download) => {
                    let Some(end) = download.end().cloned() else { return };
                    let result = *result;
                    match end {
                        Err(error) if error.is_expiry() && self.may_ask(terms) => {
                            self.ask(now, result, error, terms);
                        }
                        end => self.end(result, end),
                    }
                }
                Doing::Asking(result, error, poller) => {
                    let Some(end) = poller.end() else { return };
                    let (result, error) = (*result, error.clone());
                    self.last_look = poller.last_sent().or(self.last_look);
                    match end.map(|finished| self.renew(result, finished)) {
                        Ok(true) => self.begin(now, result, terms),
                        _ => self.end(result, Err(error)),
                    }
                }
                Doing::Nothing => match self.current() {
                    Some(result) => self.begin(now, result, terms),
                    None => return,
                },
            }
        }
    }

    fn begin(&mut self, now: Instant, result: usize, terms: &Terms<'_>) {
        let Some(link) = self.link(result) else { return };
        let policy = terms.policy.download.unwrap_or_default();
        match ResultUrl::check(link.url(), terms.endpoint) {
            Ok(url) => {
                self.begun = self.begun.saturating_add(1);
                let seed = terms.seed.child(self.begun);
                let download = Download::new(url, policy, seed, now);
                self.doing = Doing::Fetching(result, Box::new(download));
            }
            Err(error) => self.end(result, Err(DownloadError::UnsafeUrl(error))),
        }
    }

    /// The newest link to a result.
    fn link(&self, result: usize) -> Option<&ResultLink> {
        let first = self.finished.results().get(result)?;
        Some(self.renewed.as_ref().and_then(|now| same(first, now)).unwrap_or(first))
    }

    const fn may_ask(&self, terms: &Terms<'_>) -> bool {
        self.refreshes < terms.policy.max_refreshes
    }

    fn ask(&mut self, now: Instant, result: usize, error: DownloadError, terms: &Terms<'_>) {
        self.refreshes = self.refreshes.saturating_add(1);
        self.begun = self.begun.saturating_add(1);
        let (endpoint, job_id) = (terms.endpoint.clone(), self.finished.job_id().clone());
        let seed = terms.seed.child(self.begun);
        let poll = terms.policy.poll;
        let earliest = self.last_look.map_or(now, |at| at + poll.schedule.floor());
        let poller = Poller::resume(endpoint, job_id, poll, seed, now).not_before(earliest);
        self.doing = Doing::Asking(result, error, Box::new(poller));
    }

    /// Takes the new URLs; whether one of them is this result's.
    fn renew(&mut self, result: usize, now: Finished) -> bool {
        let first = self.finished.results().get(result);
        let is_there = first.is_some_and(|first| same(first, &now).is_some());
        self.renewed = Some(now);
        is_there
    }

    fn end(&mut self, result: usize, end: ResultEnd) {
        if let Some(place) = self.ends.get_mut(result) {
            *place = Some(end);
        }
        self.doing = Doing::Nothing;
    }
}

/// The link to the same variation.
fn same<'a>(link: &ResultLink, now: &'a Finished) -> Option<&'a ResultLink> {
    now.results().iter().find(|new| new.variation() == link.variation())
}
