//! What came to a server, and what it did: kept while the server stands.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::played::Played;

/// How long the server waits for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks whether it has to stop.
pub(super) const TICK: Duration = Duration::from_millis(20);

pub(super) struct Log {
    stopping: AtomicBool,
    connections: AtomicUsize,
    written: AtomicU64,
    requests: Mutex<Vec<Received>>,
    changed: Condvar,
    pub(super) played: Arc<Played>,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Received {
    /// `POST /path HTTP/1.1`
    pub(super) line: String,
    /// Names in lower case, in the order of the wire.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether all that it announced had arrived.
    pub(super) whole: bool,
    /// How many bytes came after it before the client hung up.
    pub(super) hung_up: Option<usize>,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn announced(&self) -> usize {
        self.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    pub(super) fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some()
    }
}

impl Log {
    pub(super) fn new(played: Arc<Played>) -> Self {
        Self {
            stopping: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            written: AtomicU64::new(0),
            requests: Mutex::new(Vec::new()),
            changed: Condvar::new(),
            played,
        }
    }

    pub(super) fn requests(&self) -> MutexGuard<'_, Vec<Received>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// The number of a new connection, counted from zero.
    pub(super) fn connection(&self) -> usize {
        self.connections.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn wrote(&self, len: usize) {
        self.written.fetch_add(u64::try_from(len).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// How many bytes of answers the client's side took.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    /// The requests have changed: whoever waits for that may look.
    pub(super) fn tell(&self) {
        self.changed.notify_all();
    }

    /// Waits until `reached` holds of the requests; `false` where it never does.
    pub(super) fn wait_for(&self, reached: impl Fn(&[Received]) -> bool) -> bool {
        let began = Instant::now();
        let mut requests = self.requests();
        loop {
            if reached(&requests) {
                return true;
            }
            if began.elapsed() >= PATIENCE {
                return false;
            }
            let woken = self.changed.wait_timeout(requests, TICK);
            requests = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
