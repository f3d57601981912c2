//! Ctrl-C and the system's wish to end: both stop the waiting, never the job.

use std::future::Future;

/// What `work` gives, or `None` where the user or the system stops it first.
pub(crate) async fn unless_interrupted<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        output = work => Some(output),
        () = interrupted() => None,
    }
}

/// Returns when the program is asked to stop.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // No signal can be had: only the work itself ends the program.
        std::future::pending::<()>().await;
    }
}
