//! Tells waiting tasks of this process that a photo changed, wherever it changed.
//!
//! News are a hint, and may be lost: whoever waits for them looks at the database
//! from time to time as well.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

/// How many news wait for the slowest listener before it has to look by itself.
const WAITING: usize = 4096;

/// Where news of photos come together.
#[derive(Clone, Debug)]
pub struct Hub(Sender<Arc<str>>);

/// One listener.
#[derive(Debug)]
pub struct News(Receiver<Arc<str>>);

impl Default for Hub {
    fn default() -> Self {
        Self(broadcast::channel(WAITING).0)
    }
}

impl Hub {
    /// A photo changed.
    pub fn tell(&self, photo: &str) {
        // Without listeners there is nobody to tell.
        let _listeners = self.0.send(photo.into());
    }

    /// News of other processes were lost: everybody looks by themselves.
    pub fn lost(&self) {
        self.tell("");
    }

    /// Listens from now on: look at the database after this call.
    pub fn listen(&self) -> News {
        News(self.0.subscribe())
    }
}

impl News {
    /// Returns when any photo changed, or news were lost, or the time is over.
    pub async fn any(&mut self, at_most: Duration) {
        let _elapsed = tokio::time::timeout(at_most, self.0.recv()).await;
        // What came together is answered by one look.
        while self.0.try_recv().is_ok() {}
    }

    /// The next photo that changed; `None` where news were lost.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        match self.0.recv().await {
            Ok(photo) => Some(photo).filter(|photo| !photo.is_empty()),
            Err(RecvError::Lagged(_)) => None,
            // The hub lives as long as the program.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Returns when this photo changed, or news were lost, or the time is over.
    pub async fn of(&mut self, photo: &str, at_most: Duration) {
        let found = async { while self.next().await.is_some_and(|changed| &*changed != photo) {} };
        let _elapsed = tokio::time::timeout(at_most, found).await;
    }
}
