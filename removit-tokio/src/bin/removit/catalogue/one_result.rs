//! `-o -`: the one result of a job on standard output.

use std::path::PathBuf;

use removit_tokio::proto::Finished;
use removit_tokio::{Client, Destination, Error, SaveError};

use crate::output;

/// Brings the one result of a job to standard output, whole or not at all.
pub(super) async fn to_standard_output(client: &Client, finished: &Finished) -> Result<(), Error> {
    let job_id = finished.job_id().clone();
    let path = PathBuf::from("-");
    let local = |error| Error::Destination {
        job_id: job_id.clone(),
        error: SaveError::File { path: path.clone(), error },
    };
    let count = finished.results().len();
    if count != 1 {
        let message = format!("the job has {count} results, and standard output takes one");
        return Err(local(std::io::Error::other(message)));
    }
    let folder = tempfile::tempdir().map_err(local)?;
    let saved = client.download(finished, &Destination::folder(folder.path(), "result")).await?;
    for saved in saved {
        let file = std::fs::File::open(&saved.path).map_err(local)?;
        output::bytes(file).map_err(local)?;
    }
    Ok(())
}
