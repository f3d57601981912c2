//! From a photo to its results in one call: the core's `Job`, driven to its end.

use removit_proto::{Finished, Job, JobOutput, JobPolicy, JobStage, Machine};

use crate::drive::Turn;
use crate::files::ResultFiles;
use crate::{Client, Destination, Error, Photo, Saved, Transport};

impl<T: Transport> Client<T> {
    /// Sends a photo and waits until its job is done.
    ///
    /// # Errors
    /// Those of [`upload`](Self::upload) and [`wait`](Self::wait). A program that may
    /// be stopped calls these one by one, and stores the job's id in between;
    /// [`Observer::accepted`](removit_proto::Observer::accepted) is told of it as well.
    pub fn process(&self, photo: &Photo) -> Result<Finished, Error> {
        let policy = self.job_policy().with(|policy| policy.download = None);
        Ok(self.run(photo, policy, |_| None)?.finished)
    }

    /// Sends a photo, waits until its job is done, and fetches all of its results: a URL
    /// that has expired by then is asked for anew.
    ///
    /// ```no_run
    /// # fn example(client: removit_blocking::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use removit_blocking::{Destination, Photo};
    ///
    /// let photo = Photo::from_path("cup.jpg")?;
    /// for saved in client.process_into(&photo, &Destination::folder("results", "cup"))? {
    ///     println!("{}", saved.path.display());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`process`](Self::process); [`Error::NoPlace`] before anything is sent;
    /// [`Error::Download`] where a result failed, the others fetched all the same.
    pub fn process_into(
        &self,
        photo: &Photo,
        destination: &Destination,
    ) -> Result<Vec<Saved>, Error> {
        let mut files = ResultFiles::prepare(destination)?;
        let output = self.run(photo, self.job_policy(), |result| files.open(result))?;
        files.keep(output)
    }

    /// Drives a job to its end; `file` is asked for the file of each result.
    fn run(
        &self,
        photo: &Photo,
        policy: JobPolicy,
        mut file: impl FnMut(usize) -> Option<std::fs::File>,
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
                    driver.set_file(file(result));
                }
                _ => {}
            }
            match driver.carry_out(&mut job, action) {
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
