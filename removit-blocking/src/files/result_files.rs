//! The files of one job's results, from the moment when a result is asked for to its final
//! name.
//!
//! Blocking. Which result is fetched, and when, is the core's `Job` to say.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;

use removit_proto::JobOutput;
use tempfile::NamedTempFile;

use crate::files::{Destination, Placing};
use crate::{Error, SaveError, Saved};

/// Half files by result, each beside its final name.
#[derive(Debug)]
pub struct ResultFiles {
    placing: Placing,
    files: BTreeMap<usize, Result<NamedTempFile, SaveError>>,
}

impl ResultFiles {
    /// Tries the destination, before anything is paid for it.
    ///
    /// # Errors
    /// [`Error::NoPlace`] where it takes no files.
    pub fn prepare(destination: &Destination) -> Result<Self, Error> {
        let placing = Placing::prepare(destination).map_err(Error::NoPlace)?;
        Ok(Self { placing, files: BTreeMap::new() })
    }

    /// A file for this result to be written to; `None` where none can be made, which
    /// [`keep`](Self::keep) tells then.
    pub fn open(&mut self, result: usize) -> Option<File> {
        let (file, handle) = match self.placing.temporary() {
            Ok((file, handle)) => (Ok(file), Some(handle)),
            Err(error) => (Err(error), None),
        };
        self.files.insert(result, file);
        handle
    }

    /// Gives each whole result its name.
    ///
    /// # Errors
    /// [`Error::Download`] where one failed; the others have their names all the same.
    pub fn keep(&mut self, output: JobOutput) -> Result<Vec<Saved>, Error> {
        let (mut saved, mut failed) = (Vec::new(), Vec::new());
        let links = output.finished.results();
        let is_only = links.len() == 1;
        for (result, (link, end)) in links.iter().zip(output.results).enumerate() {
            let end = match (self.files.remove(&result), end) {
                (Some(Ok(file)), Ok(fetched)) => {
                    self.placing.keep(file, is_only, link.variation(), &fetched)
                }
                (Some(Err(error)), _) => Err(error),
                (_, Err(error)) => Err(SaveError::Fetch(error)),
                (None, Ok(_)) => {
                    let (path, error) = (self.placing.folder(), ErrorKind::NotFound.into());
                    Err(SaveError::File { path, error })
                }
            };
            match end {
                Ok(file) => saved.push(file),
                Err(error) => failed.push((link.variation().map(str::to_owned), error)),
            }
        }
        let job_id = output.finished.job_id().clone();
        if failed.is_empty() { Ok(saved) } else { Err(Error::Download { job_id, saved, failed }) }
    }
}
