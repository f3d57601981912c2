//! What the vendor knows at the end: the truth that tests check against the
//! client's opinion.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::job::Job;
use super::key::Key;
use super::kind::{Kind, Origin};

/// Everything that happened on the vendor's side.
///
/// Its JSON (also served as `GET /simulator/account` on the API's host) shows
/// keys masked and times in seconds since the origin.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Account {
    /// Every job, in the order of creation. Each cost one credit.
    pub jobs: Vec<Job>,
    /// Credits spent so far.
    pub credits_spent: u64,
    /// Credits that are left; `None` where there is no limit.
    pub credits_left: Option<u64>,
    /// How many requests of each kind have arrived, answered or not.
    pub requests: BTreeMap<Kind, u64>,
    /// How many requests asked for a part of a result alone.
    pub parts_asked: u64,
    /// Which keys came to which host, by whatever request.
    pub keys_seen: BTreeMap<Origin, BTreeSet<Key>>,
    /// Uploads whose body did not arrive whole, through either side's doing.
    pub incomplete_uploads: u64,
}

impl Account {
    /// Whether any API key was sent to this host.
    #[must_use]
    pub fn key_seen_at(&self, origin: Origin) -> bool {
        self.keys_seen.contains_key(&origin)
    }

    /// How many requests of this kind have arrived.
    #[must_use]
    pub fn requests(&self, kind: Kind) -> u64 {
        self.requests.get(&kind).copied().unwrap_or_default()
    }

    /// The job with this id.
    #[must_use]
    pub fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }
}
