//! Fetches the results of a job into their places.

use std::fs::File;
use std::sync::{Arc, Mutex};

use removit_blocking::files::{Placing, path_of};
use removit_proto::{Download, Downloaded, Finished, ResultLink, ResultUrl};

use crate::blocking::blocking;
use crate::lock::lock;
use crate::{Client, Destination, Error, SaveError, Saved, Transport};

impl<T: Transport> Client<T> {
    /// Fetches all results of a job that is done, one after the other.
    ///
    /// No request of it carries the API key. Cancelled, it leaves whole files
    /// and no others.
    ///
    /// # Errors
    /// [`Error::Destination`] where there is no place for them: nothing was
    /// fetched. [`Error::Download`] where some failed; the others were fetched
    /// all the same.
    pub async fn download(
        &self,
        finished: &Finished,
        destination: &Destination,
    ) -> Result<Vec<Saved>, Error> {
        let job_id = finished.job_id().clone();
        let place = destination.clone();
        let placing = match off_thread(destination, move || Placing::prepare(&place)).await {
            Ok(placing) => Arc::new(Mutex::new(placing)),
            Err(error) => return Err(Error::Destination { job_id, error }),
        };
        let (mut saved, mut failed) = (Vec::new(), Vec::new());
        let is_only = finished.results().len() == 1;
        for result in finished.results() {
            match self.save(result, is_only, destination, &placing).await {
                Ok(file) => saved.push(file),
                Err(error) => failed.push((result.variation().map(str::to_owned), error)),
            }
        }
        if failed.is_empty() { Ok(saved) } else { Err(Error::Download { job_id, saved, failed }) }
    }

    async fn save(
        &self,
        result: &ResultLink,
        is_only: bool,
        destination: &Destination,
        placing: &Arc<Mutex<Placing>>,
    ) -> Result<Saved, SaveError> {
        let url = ResultUrl::check(result.url(), &self.endpoint).map_err(SaveError::UnsafeUrl)?;
        let place = Arc::clone(placing);
        let opening = move || lock(&place).temporary();
        let (file, handle) = off_thread(destination, opening).await?;

        let fetched = self.fill(url, handle).await?;

        let variation = result.variation().map(str::to_owned);
        let place = Arc::clone(placing);
        let keeping = move || lock(&place).keep(file, is_only, variation.as_deref(), &fetched);
        off_thread(destination, keeping).await
    }

    /// Fetches a result into a file, whole.
    pub(crate) async fn fill(&self, url: ResultUrl, file: File) -> Result<Downloaded, SaveError> {
        let mut download = Download::new(url, self.download_policy, self.draw(), self.clock.now());
        let fetched = self.driver().with_file(file).drive(&mut download, |_| ()).await;
        fetched.map_err(SaveError::Fetch)
    }
}

async fn off_thread<R: Send + 'static>(
    destination: &Destination,
    work: impl FnOnce() -> Result<R, SaveError> + Send + 'static,
) -> Result<R, SaveError> {
    let stopped = |error| SaveError::File { path: path_of(destination).to_path_buf(), error };
    blocking(work, stopped).await
}
