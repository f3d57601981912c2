//! The results of one job while they are fetched, and which of their URLs are
//! too old.
//!
//! Keeps one job's books; what is sent and when is the batch's to say.

use crate::api::finished::Finished;
use crate::api::job_id::JobId;
use crate::api::result_link::ResultLink;
use crate::batch::event::JobEnd;
use crate::machine::download::Download;
use crate::machine::download_error::DownloadError;
use crate::machine::poller::Poller;
use crate::transport::time::Instant;

#[derive(Clone, Debug)]
pub(super) struct Fetch {
    job_id: JobId,
    links: Vec<Link>,
    /// How many results are neither fetched nor given up.
    left: usize,
    missing: usize,
    /// How often the status was asked for anew.
    refreshes: u32,
    /// The status call that is to bring new URLs.
    pub(super) refresh: Option<Poller>,
    /// When the job was last polled.
    pub(super) polled: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Link {
    link: ResultLink,
    /// How many refreshes there had been when the URL came.
    from_refresh: u32,
    state: LinkState,
}

#[derive(Clone, Debug)]
enum LinkState {
    Queued,
    Active(Box<Download>),
    /// Refused as expired: waits for a new URL.
    Expired(DownloadError),
    Ended,
}

/// What is to happen with a result whose URL was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    /// A newer URL is there already.
    FetchAgain,
    /// A status call is under way.
    Await,
    /// A status call is needed.
    Refresh,
    /// There were enough of them.
    GiveUp,
}

impl Fetch {
    pub(super) fn new(finished: &Finished, polled: Option<Instant>) -> Self {
        let link = |link: &ResultLink| Link {
            link: link.clone(),
            from_refresh: 0,
            state: LinkState::Queued,
        };
        let links: Vec<_> = finished.results().iter().map(link).collect();
        Self {
            job_id: finished.job_id().clone(),
            left: links.len(),
            links,
            missing: 0,
            refreshes: 0,
            refresh: None,
            polled,
        }
    }

    pub(super) const fn job_id(&self) -> &JobId {
        &self.job_id
    }

    /// The URL of a result that waits for its turn.
    pub(super) fn queued(&self, result: usize) -> Option<&ResultLink> {
        let link = self.links.get(result)?;
        matches!(link.state, LinkState::Queued).then_some(&link.link)
    }

    pub(super) fn active(&mut self, result: usize) -> Option<&mut Download> {
        match &mut self.links.get_mut(result)?.state {
            LinkState::Active(download) => Some(download),
            _ => None,
        }
    }

    pub(super) fn start(&mut self, result: usize, download: Download) {
        self.set(result, LinkState::Active(Box::new(download)));
    }

    /// How many of its results are being fetched.
    pub(super) fn count_active(&self) -> usize {
        self.links.iter().filter(|link| matches!(link.state, LinkState::Active(_))).count()
    }

    /// Ends a result, once; `false` where it had ended before.
    pub(super) fn end(&mut self, result: usize, is_missing: bool) -> bool {
        let Some(link) = self.links.get_mut(result) else { return false };
        if matches!(link.state, LinkState::Ended) {
            return false;
        }
        link.state = LinkState::Ended;
        self.left = self.left.saturating_sub(1);
        self.missing = self.missing.saturating_add(usize::from(is_missing));
        true
    }

    /// Takes note that a URL was refused as expired.
    pub(super) fn expired(&mut self, result: usize, error: DownloadError, max: u32) -> Expiry {
        let Some(link) = self.links.get_mut(result) else { return Expiry::GiveUp };
        if self.refresh.is_none() && link.from_refresh < self.refreshes {
            // Another result's refresh brought this one a new URL, too.
            link.from_refresh = self.refreshes;
            link.state = LinkState::Queued;
            return Expiry::FetchAgain;
        }
        if self.refresh.is_none() && self.refreshes >= max {
            return Expiry::GiveUp;
        }
        link.state = LinkState::Expired(error);
        if self.refresh.is_some() { Expiry::Await } else { Expiry::Refresh }
    }

    pub(super) fn refresh_with(&mut self, poller: Poller) {
        self.refreshes = self.refreshes.saturating_add(1);
        self.refresh = Some(poller);
    }

    /// Takes the new URLs. Says which results can be fetched again, and which
    /// are not there any more.
    pub(super) fn renew(&mut self, now: &Finished) -> (Vec<usize>, Vec<(usize, DownloadError)>) {
        let (mut again, mut gone) = (Vec::new(), Vec::new());
        let same = |a: &ResultLink, b: &ResultLink| a.variation() == b.variation();
        for (result, link) in self.links.iter_mut().enumerate() {
            let new = now.results().iter().find(|new| same(new, &link.link));
            if let Some(new) = new {
                link.link = new.clone();
            }
            if let LinkState::Expired(error) = &link.state {
                match new {
                    Some(_) => {
                        link.from_refresh = self.refreshes;
                        link.state = LinkState::Queued;
                        again.push(result);
                    }
                    None => gone.push((result, error.clone())),
                }
            }
        }
        (again, gone)
    }

    /// The results that wait for new URLs, with what was said of the old ones.
    pub(super) fn waiting_for_urls(&self) -> Vec<(usize, DownloadError)> {
        let expired = |(result, link): (usize, &Link)| match &link.state {
            LinkState::Expired(error) => Some((result, error.clone())),
            _ => None,
        };
        self.links.iter().enumerate().filter_map(expired).collect()
    }

    /// The job's end, once each of its results has one.
    pub(super) fn job_end(&self) -> Option<JobEnd> {
        let job_id = self.job_id.clone();
        match (self.left, self.missing) {
            (0, 0) => Some(JobEnd::Done { job_id }),
            (0, missing) => Some(JobEnd::Incomplete { job_id, missing }),
            _ => None,
        }
    }

    fn set(&mut self, result: usize, state: LinkState) {
        if let Some(link) = self.links.get_mut(result) {
            link.state = state;
        }
    }
}
