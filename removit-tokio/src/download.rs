//! Fetches the results of a job into their places.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use removit_proto::{Download, Finished, ResultLink, ResultUrl};

use crate::blocking::blocking;
use crate::destination::Placing;
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
        let placing = match off_thread(destination, move || place.prepare()).await {
            Ok(placing) => Arc::new(Mutex::new(placing)),
            Err(error) => return Err(Error::Destination { job_id, error }),
        };
        let (mut saved, mut failed) = (Vec::new(), Vec::new());
        for (position, result) in finished.results().iter().enumerate() {
            match self.fetch(result, position == 0, destination, &placing).await {
                Ok(file) => saved.push(file),
                Err(error) => failed.push((result.variation().map(str::to_owned), error)),
            }
        }
        if failed.is_empty() { Ok(saved) } else { Err(Error::Download { job_id, saved, failed }) }
    }

    async fn fetch(
        &self,
        result: &ResultLink,
        is_first: bool,
        destination: &Destination,
        placing: &Arc<Mutex<Placing>>,
    ) -> Result<Saved, SaveError> {
        let url = ResultUrl::check(result.url(), &self.endpoint).map_err(SaveError::UnsafeUrl)?;
        let place = Arc::clone(placing);
        let opened = off_thread(destination, move || {
            let file = lock(&place).temporary()?;
            let handle = file.as_file().try_clone();
            let handle =
                handle.map_err(|error| SaveError::File { path: file.path().into(), error })?;
            Ok((file, handle))
        });
        let (file, handle) = opened.await?;

        let now = self.clock.now();
        let mut download = Download::new(url, self.download_policy, self.draw(), now);
        let fetched = self.driver().with_file(handle).drive(&mut download, |_| ()).await;
        let fetched = fetched.map_err(SaveError::Fetch)?;

        let variation = result.variation().map(str::to_owned);
        let extension = fetched.extension().to_owned();
        let (place, name) = (Arc::clone(placing), variation.clone());
        let keeping = off_thread(destination, move || {
            lock(&place).keep(file, is_first, name.as_deref(), &extension)
        });
        let path = keeping.await?;
        Ok(Saved { variation, path, len: fetched.len, url: fetched.url })
    }
}

fn lock(placing: &Mutex<Placing>) -> MutexGuard<'_, Placing> {
    placing.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn off_thread<R: Send + 'static>(
    destination: &Destination,
    work: impl FnOnce() -> Result<R, SaveError> + Send + 'static,
) -> Result<R, SaveError> {
    match blocking(|| Ok(work())).await {
        Ok(done) => done,
        Err(error) => Err(SaveError::File { path: destination.path().to_path_buf(), error }),
    }
}
