//! What the program counts, for Prometheus. No label has a caller's word in it.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use removit_tokio::proto::{Accepted, UploadError};

use crate::db::Db;
use crate::error::{Error, Result};

type ByWord = Family<[(&'static str, &'static str); 1], Counter>;

/// The counters of this process.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    uploads: ByWord,
    webhooks: ByWord,
    taken: Counter,
    replayed: Counter,
    /// Whether this process is the elected poller.
    pub leading: Gauge,
}

impl Metrics {
    /// An upload ended.
    pub fn upload(&self, end: &Result<Accepted, UploadError>) {
        let word = match end {
            Ok(_) => "accepted",
            Err(UploadError::Rejected(_)) => "rejected",
            Err(UploadError::NotSent(_)) => "not_sent",
            Err(_) => "ambiguous",
        };
        self.uploads.get_or_create(&[("outcome", word)]).inc();
    }

    /// A webhook was tried.
    pub fn webhook(&self, delivered: bool) {
        let word = if delivered { "delivered" } else { "failed" };
        self.webhooks.get_or_create(&[("outcome", word)]).inc();
    }

    /// A photo was taken from a caller, or known by its key.
    pub fn photo(&self, is_new: bool) {
        if is_new {
            self.taken.inc()
        } else {
            self.replayed.inc()
        };
    }

    /// All that Prometheus may read: this process's counters, and the database's counts.
    pub async fn text(&self, db: &Db) -> Result<String> {
        let mut registry = Registry::with_prefix("removit_backend");
        registry.register("uploads", "Uploads by what came of them", self.uploads.clone());
        registry.register("webhooks", "Webhooks by what came of them", self.webhooks.clone());
        registry.register("photos_taken", "Photos taken from callers", self.taken.clone());
        registry.register("photos_replayed", "Requests known by their key", self.replayed.clone());
        registry.register("leading", "Whether this process polls", self.leading.clone());
        let photos = Family::<[(&'static str, &'static str); 1], Gauge>::default();
        registry.register("photos", "Photos of all callers by state", photos.clone());
        let oldest = Gauge::<i64>::default();
        registry.register("oldest_ready_ms", "Age of the oldest job that is ready", oldest.clone());
        let (stopped, paused) = (Gauge::<i64>::default(), Gauge::<i64>::default());
        registry.register(
            "uploads_stopped",
            "Whether a person must say that uploads may go on",
            stopped.clone(),
        );
        registry.register("paused", "Whether the server asked for a pause", paused.clone());
        let (counts, age) = db.counts().await?;
        for (state, count) in counts {
            photos.get_or_create(&[("state", state.as_str())]).set(count);
        }
        oldest.set(age);
        let account = db.account().await?;
        stopped.set(i64::from(account.stopped.is_some()));
        paused.set(i64::from(!account.paused_for.is_zero()));
        let mut text = String::new();
        encode(&mut text, &registry).map_err(Error::setup)?;
        Ok(text)
    }
}
