//! What processes do, beside answering callers.

pub mod fetch;
pub mod poll;
pub mod upload;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::error::Result;

/// Has work taken, so many at once, until the process is told to end. `take` says whether
/// there was any: where not, news or a second is waited for.
async fn take_turns<F: Future<Output = Result<bool>>>(
    app: &App,
    at_once: usize,
    failed: &str,
    take: impl Fn(OwnedSemaphorePermit) -> F,
) {
    let room = Arc::new(Semaphore::new(at_once.max(1)));
    while let Ok(permit) = Arc::clone(&room).acquire_owned().await {
        let mut news = app.db.hub().listen();
        if app.leaving.is_cancelled() {
            return;
        }
        match take(permit).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    () = app.leaving.cancelled() => return,
                    () = news.any(Duration::from_secs(1)) => {}
                }
            }
            Err(error) => {
                tracing::warn!("{failed}: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}
