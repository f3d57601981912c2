//! From a photo to its results in one call: the core's `Job`, driven to its end.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex};

use removit_blocking::files::{ResultFiles, path_of};
use removit_proto::{Finished, Job, JobOutput, JobPolicy, JobStage, Machine};

use crate::blocking::blocking;
use crate::drive::Turn;
use crate::lock::lock;
use crate::{Client, Destination, Error, Photo, SaveError, Saved, Transport};

impl<T: Transport> Client<T> {
    /// Sends a photo and waits until its job is done.
    ///
    /// # Errors
    /// Those of [`upload`](Self::upload) and [`wait`](Self::wait). A program that may
    /// be stopped calls these one by one, and stores the job's id in between;
    /// [`Observer::accepted`](removit_proto::Observer::accepted) is told of it as well.
    pub async fn process(&self, photo: &Photo) -> Result<Finished, Error> {
        let policy = self.job_policy().with(|policy| policy.download = None);
        Ok(self.run(photo, policy, async |_| None).await?.finished)
    }

    /// Sends a photo, waits until its job is done, and fetches all of its results: a URL
    /// that has expired by then is asked for anew. Cancelled, it leaves no half file.
    ///
    /// ```no_run
    /// # async fn example(client: removit_tokio::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use removit_tokio::{Destination, Photo};
    ///
    /// let photo = Photo::from_path("cup.jpg").await?;
    /// for saved in client.process_into(&photo, &Destination::folder("results", "cup")).await? {
    ///     println!("{}", saved.path.display());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`process`](Self::process); [`Error::NoPlace`] before anything is sent;
    /// [`Error::Download`] where a result failed, the others fetched all the same.
    pub async fn process_into(
        &self,
        photo: &Photo,
        destination: &Destination,
    ) -> Result<Vec<Saved>, Error> {
        let place = destination.clone();
        let preparing = move || ResultFiles::prepare(&place);
        let stopped = |error| Error::NoPlace(unwritten(destination, error));
        let files = Arc::new(Mutex::new(blocking(preparing, stopped).await?));
        let open = async |result| {
            let files = Arc::clone(&files);
            blocking(move || Ok(lock(&files).open(result)), |_| ()).await.unwrap_or_default()
        };
        let output = self.run(photo, self.job_policy(), open).await?;
        let job_id = output.finished.job_id().clone();
        let stopped = |error| Error::Destination { job_id, error: unwritten(destination, error) };
        blocking(move || lock(&files).keep(output), stopped).await
    }

    /// Drives a job to its end; `file` is asked for the file of each result.
    async fn run(
        &self,
        photo: &Photo,
        policy: JobPolicy,
        mut file: impl AsyncFnMut(usize) -> Option<File>,
    ) -> Result<JobOutput, Error> {
        let (endpoint, request) = (self.endpoint.clone(), photo.request().clone());
        let mut job = Job::new(endpoint, request, policy, self.draw(), self.clock.now());
        let mut driver = self.driver().with_photo(photo);
        let (mut is_accepted, mut fetching) = (false, None);
        loop {
            let action = job.next_action(self.clock.now());
            // A time that is over may have ended one result and begun the next.
            match job.stage() {
                JobStage::Fetching { result } if fetching != Some(result) => {
                    fetching = Some(result);
                    driver.set_file(file(result).await);
                }
                _ => {}
            }
            match driver.carry_out(&mut job, action).await {
                Turn::Done(end) => return Ok(end?),
                Turn::Slept => continue,
                Turn::Heard => {}
            }
            if let Some(accepted) = job.accepted().filter(|_| !is_accepted) {
                self.observer.accepted(accepted);
                is_accepted = true;
            } else if let Some(status) = job.news() {
                self.observer.status(status);
            }
        }
    }
}

fn unwritten(destination: &Destination, error: io::Error) -> SaveError {
    SaveError::File { path: path_of(destination).to_path_buf(), error }
}
