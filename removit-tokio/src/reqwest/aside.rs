//! A runtime of its own for what reqwest does.
//!
//! reqwest looks through all that a server sends as fast as it comes. A server that
//! floods its client keeps such a task busy for many seconds without a pause, and
//! with it the thread that runs it: were that the caller's, the deadline of the
//! attempt, and all else that the caller does there, would have to wait. Here only
//! reqwest waits for reqwest.

use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Enough that one flood does not hold up the requests to others.
const THREADS: usize = 2;

/// Runs futures elsewhere.
#[derive(Debug)]
pub(crate) struct Aside(Option<Runtime>);

/// Ends what runs aside, as soon as it pauses.
struct AbortOnDrop<T>(JoinHandle<T>);

impl Aside {
    pub(crate) fn new() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("removit-reqwest")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs the future there; dropped, it ends there.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> io::Result<T> {
        let Some(runtime) = &self.0 else {
            return Err(io::Error::other("it has ended"));
        };
        let mut running = AbortOnDrop(runtime.spawn(work));
        (&mut running.0).await.map_err(io::Error::other)
    }
}

impl Drop for Aside {
    /// Does not wait for it: that is not allowed where other futures run.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
