//! One paid job, as the client that made or resumed it sees it: a photo in, a job out.
//! It holds an id and no state of the job: that is the server's.

use std::fmt;
use std::pin::Pin;

use removit_proto::{Accepted, Finished, Instant, JobId, JobStatus, Poller, Upload};

use crate::{Client, DefaultTransport, Error, Photo, Statuses, Transport};

/// A job that exists and is paid for.
///
/// Dropping it loses nothing but this value: [`id`](Self::id) is all that is
/// needed to [`resume`](Client::resume) it.
pub struct Job<T = DefaultTransport> {
    client: Client<T>,
    origin: Origin,
}

enum Origin {
    /// Made by this client, so that a 404 just after it is no end (contract,
    /// rule 11).
    Accepted {
        accepted: Accepted,
        at: Instant,
    },
    Resumed(JobId),
}

impl<T: Transport> Client<T> {
    /// Sends a photo and returns as soon as the job is accepted, and paid for.
    /// Store [`Job::id`] at once; whoever has it can come back for the result.
    ///
    /// # Errors
    /// [`Error::Upload`]: rejected and not sent mean that there is no job;
    /// ambiguous means that there may be one.
    pub async fn upload(&self, photo: &Photo) -> Result<Job<T>, Error> {
        let request = photo.request().clone();
        let (endpoint, policy) = (self.endpoint.clone(), self.upload_policy);
        let mut upload = Upload::new(endpoint, request, policy, self.draw(), self.clock.now());
        let accepted = self.driver().with_photo(photo).drive(&mut upload, |_| ()).await?;
        self.observer.accepted(&accepted);
        let origin = Origin::Accepted { accepted, at: self.clock.now() };
        Ok(Job { client: self.clone(), origin })
    }

    /// A job that was made before, in this process or another.
    #[must_use]
    pub fn resume(&self, job_id: JobId) -> Job<T> {
        Job { client: self.clone(), origin: Origin::Resumed(job_id) }
    }
}

impl<T: Transport> Job<T> {
    /// The one reference to the job: store it.
    #[must_use]
    pub const fn id(&self) -> &JobId {
        self.origin.id()
    }

    /// The answer that made the job; `None` for a resumed one.
    #[must_use]
    pub const fn accepted(&self) -> Option<&Accepted> {
        match &self.origin {
            Origin::Accepted { accepted, .. } => Some(accepted),
            Origin::Resumed(_) => None,
        }
    }

    /// Looks at the job once. A job that failed is an answer too.
    ///
    /// # Errors
    /// [`Error::Poll`] where the look brought no status. The job goes on.
    pub async fn status(&self) -> Result<JobStatus, Error> {
        match &self.origin {
            Origin::Accepted { accepted, at } => self.client.status_of(accepted, *at).await,
            Origin::Resumed(job_id) => self.client.status(job_id).await,
        }
    }

    /// Waits until the job is done. The first time limit of a job that this
    /// client made counts from its acceptance; waiting again begins anew.
    ///
    /// # Errors
    /// [`Error::Poll`] where it failed, or was not done in time. It carries the
    /// job's id, and waiting again is always possible.
    pub async fn wait(&self) -> Result<Finished, Error> {
        Ok(self.client.poll(self.poller()).await?)
    }

    /// Waits as [`wait`](Self::wait) does, and gives each status on the way, the last
    /// one too.
    ///
    /// ```no_run
    /// # async fn example(job: removit_tokio::Job) -> Result<(), removit_tokio::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let mut statuses = job.statuses();
    /// while let Some(status) = statuses.try_next().await? {
    ///     println!("{:?} {}%", status.state(), status.progress().unwrap_or(0));
    /// }
    /// # Ok(()) }
    /// ```
    pub fn statuses(&self) -> Statuses<'_> {
        Statuses::new(self.client.driver(), self.poller())
    }

    fn poller(&self) -> Poller {
        match &self.origin {
            Origin::Accepted { accepted, at } => self.client.poller_for(accepted, *at),
            Origin::Resumed(job_id) => self.client.poller_of(job_id),
        }
    }
}

impl<T: Transport + 'static> IntoFuture for Job<T> {
    type Output = Result<Finished, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// `job.await` is [`job.wait().await`](Job::wait).
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.wait().await })
    }
}

impl Origin {
    const fn id(&self) -> &JobId {
        match self {
            Self::Accepted { accepted, .. } => accepted.job_id(),
            Self::Resumed(job_id) => job_id,
        }
    }
}

impl<T> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("id", self.origin.id()).finish_non_exhaustive()
    }
}
