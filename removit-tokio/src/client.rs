//! The everyday interface: what all calls of one user share, and looks at a job by its id.
//!
//! What else a client does stands with what comes of it: `job`, `download`, `process`.
//! Each method builds one of the core's machines and drives it; nothing here decides
//! anything.

use std::fmt;
use std::sync::Arc;

use removit_blocking::fresh_seed;
use removit_proto::{
    Accepted, DownloadPolicy, Endpoint, Finished, Instant, JobId, JobPolicy, JobStatus, Observer,
    PollError, PollPolicy, Poller, Seed, UploadPolicy,
};

use crate::{Clock, DefaultTransport, Driver, Error, Transport};

/// A client of the Removit API.
///
/// Cheap to clone; clones share the transport and its connections.
///
/// Every method may be cancelled by dropping its future: no task stays behind.
/// An upload that is cancelled may have made a job all the same.
pub struct Client<T = DefaultTransport> {
    pub(crate) endpoint: Endpoint,
    pub(crate) transport: Arc<T>,
    pub(crate) clock: Clock,
    pub(crate) upload_policy: UploadPolicy,
    poll_policy: PollPolicy,
    pub(crate) download_policy: DownloadPolicy,
    pub(crate) observer: Arc<dyn Observer>,
    seed: Option<Seed>,
}

#[cfg(feature = "hyper")]
impl Client {
    /// A client over the default transport.
    ///
    /// # Errors
    /// [`SetupError`](crate::SetupError) where there are no root certificates to trust.
    pub fn new(endpoint: Endpoint) -> Result<Self, crate::SetupError> {
        Ok(Self::with_transport(endpoint, crate::HyperTransport::new()?))
    }
}

impl<T: Transport> Client<T> {
    /// A client over a transport of your own.
    #[must_use]
    pub fn with_transport(endpoint: Endpoint, transport: T) -> Self {
        Self {
            endpoint,
            transport: Arc::new(transport),
            clock: Clock::start(),
            upload_policy: UploadPolicy::default(),
            poll_policy: PollPolicy::default(),
            download_policy: DownloadPolicy::default(),
            observer: Arc::new(()),
            seed: None,
        }
    }

    /// Sets what an upload may do without asking.
    #[must_use]
    pub fn upload_policy(mut self, policy: UploadPolicy) -> Self {
        self.upload_policy = policy;
        self
    }

    /// Sets when a wait looks and when it gives up.
    #[must_use]
    pub fn poll_policy(mut self, policy: PollPolicy) -> Self {
        self.poll_policy = policy;
        self
    }

    /// Sets the bounds of a download.
    #[must_use]
    pub fn download_policy(mut self, policy: DownloadPolicy) -> Self {
        self.download_policy = policy;
        self
    }

    /// Sets who is told of jobs, of waits and of bytes that move.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Uses one seed for everything, so that a test is the same each time.
    /// Jobs that share a seed share a multipart boundary: not for production.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Uses this clock. All clocks follow tokio's: with that one paused and a
    /// transport of its own, a test waits for nothing.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Looks at a job once. A job that failed is an answer too.
    ///
    /// # Errors
    /// [`Error::Poll`] where the look brought no status. The job goes on.
    pub async fn status(&self, job_id: &JobId) -> Result<JobStatus, Error> {
        self.poll_once(self.poller(job_id, PollPolicy::one_look())).await
    }

    /// Waits until a job is done.
    ///
    /// # Errors
    /// [`Error::Poll`] where it failed, or was not done in time. It carries the
    /// job's id, and waiting again is always possible.
    pub async fn wait(&self, job_id: &JobId) -> Result<Finished, Error> {
        Ok(self.poll(self.poller_of(job_id)).await?)
    }

    /// What a job may do from its upload to its results.
    pub(crate) fn job_policy(&self) -> JobPolicy {
        JobPolicy::default().with(|policy| {
            policy.upload = self.upload_policy;
            policy.poll = self.poll_policy;
            policy.download = Some(self.download_policy);
        })
    }

    pub(crate) async fn poll(&self, mut poller: Poller) -> Result<Finished, PollError> {
        let report = |poller: &Poller| {
            if let Some(status) = poller.news() {
                self.observer.status(status);
            }
        };
        self.driver().drive(&mut poller, report).await
    }

    async fn poll_once(&self, poller: Poller) -> Result<JobStatus, Error> {
        match self.poll(poller).await {
            Ok(finished) => Ok(finished.into()),
            Err(end) => Ok(end.into_status()?),
        }
    }

    /// Looks once at a job that this client made.
    pub(crate) async fn status_of(
        &self,
        accepted: &Accepted,
        at: Instant,
    ) -> Result<JobStatus, Error> {
        self.poll_once(self.fresh_poller(accepted, at, PollPolicy::one_look())).await
    }

    /// Waits for a job that this client made. A time limit that has passed
    /// since the acceptance would leave but one look: it begins anew then.
    pub(crate) fn poller_for(&self, accepted: &Accepted, at: Instant) -> Poller {
        if self.clock.now() >= at + self.poll_policy.timeout {
            return self.poller_of(accepted.job_id());
        }
        self.fresh_poller(accepted, at, self.poll_policy)
    }

    /// Waits for a job of which the id is known.
    pub(crate) fn poller_of(&self, job_id: &JobId) -> Poller {
        self.poller(job_id, self.poll_policy)
    }

    fn fresh_poller(&self, accepted: &Accepted, at: Instant, policy: PollPolicy) -> Poller {
        Poller::new(self.endpoint.clone(), accepted, policy, self.draw(), at)
    }

    fn poller(&self, job_id: &JobId, policy: PollPolicy) -> Poller {
        let (endpoint, job_id) = (self.endpoint.clone(), job_id.clone());
        Poller::resume(endpoint, job_id, policy, self.draw(), self.clock.now())
    }

    pub(crate) fn driver(&self) -> Driver<'_, T> {
        let driver = Driver::new(&*self.transport).with_clock(self.clock);
        driver.with_observer(Arc::clone(&self.observer))
    }

    pub(crate) fn draw(&self) -> Seed {
        self.seed.unwrap_or_else(fresh_seed)
    }
}

impl<T> Clone for Client<T> {
    fn clone(&self) -> Self {
        Self {
            endpoint: self.endpoint.clone(),
            transport: Arc::clone(&self.transport),
            clock: self.clock,
            upload_policy: self.upload_policy,
            poll_policy: self.poll_policy,
            download_policy: self.download_policy,
            observer: Arc::clone(&self.observer),
            seed: self.seed,
        }
    }
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
