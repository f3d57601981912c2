//! Fetches the results of a job into their places.

use std::fs::File;

use removit_proto::{Download, Downloaded, Finished, ResultLink, ResultUrl};

use crate::files::Placing;
use crate::{Client, Destination, Error, SaveError, Saved, Transport};

impl<T: Transport> Client<T> {
    /// Fetches all results of a job that is done, one after the other.
    ///
    /// No request of it carries the API key.
    ///
    /// # Errors
    /// [`Error::Destination`] where there is no place for them: nothing was
    /// fetched. [`Error::Download`] where some failed; the others were fetched
    /// all the same.
    pub fn download(
        &self,
        finished: &Finished,
        destination: &Destination,
    ) -> Result<Vec<Saved>, Error> {
        let job_id = finished.job_id().clone();
        let mut placing = match Placing::prepare(destination) {
            Ok(placing) => placing,
            Err(error) => return Err(Error::Destination { job_id, error }),
        };
        let (mut saved, mut failed) = (Vec::new(), Vec::new());
        let is_only = finished.results().len() == 1;
        for result in finished.results() {
            match self.save(result, is_only, &mut placing) {
                Ok(file) => saved.push(file),
                Err(error) => failed.push((result.variation().map(str::to_owned), error)),
            }
        }
        if failed.is_empty() { Ok(saved) } else { Err(Error::Download { job_id, saved, failed }) }
    }

    fn save(
        &self,
        result: &ResultLink,
        is_only: bool,
        placing: &mut Placing,
    ) -> Result<Saved, SaveError> {
        let url = ResultUrl::check(result.url(), &self.endpoint).map_err(SaveError::UnsafeUrl)?;
        let (file, handle) = placing.temporary()?;

        let fetched = self.fill(url, handle)?;

        placing.keep(file, is_only, result.variation(), &fetched)
    }

    /// Fetches a result into a file, whole.
    pub(crate) fn fill(&self, url: ResultUrl, file: File) -> Result<Downloaded, SaveError> {
        let mut download = Download::new(url, self.download_policy, self.draw(), self.clock.now());
        let fetched = self.driver().with_file(file).drive(&mut download, |_| ());
        fetched.map_err(SaveError::Fetch)
    }
}
