//! File work on tokio's blocking threads.

use std::io;

/// Runs `work` where it may block. A runtime that shuts down is an error like
/// any other: `stopped` says which.
pub(crate) async fn blocking<R: Send + 'static, E: Send + 'static>(
    work: impl FnOnce() -> Result<R, E> + Send + 'static,
    stopped: impl FnOnce(io::Error) -> E,
) -> Result<R, E> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(stopped(io::Error::other(error))),
    }
}
