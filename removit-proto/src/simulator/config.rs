//! How the simulated vendor behaves when nothing goes wrong, and the script of
//! what goes wrong.

use core::time::Duration;
use std::collections::BTreeSet;

use super::fault::Rule;
use super::ids::Ids;
use super::key::Key;
use crate::Seed;
use crate::api::with::impl_with;

/// What a [`Simulator`](super::Simulator) is made from.
///
/// ```
/// use removit_proto::simulator::{Config, Keys};
///
/// let config = Config::instant().with(|config| {
///     config.keys = Keys::only(&["a-test-key"]);
///     config.credits = Some(3);
/// });
/// assert_eq!(config.credits, Some(3));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Which API keys are accepted.
    pub keys: Keys,
    /// How many jobs the account can pay for; `None` for no limit.
    pub credits: Option<u64>,
    /// What job ids look like.
    pub ids: Ids,
    /// How long a job stays `queued`.
    pub queued_for: Duration,
    /// How long a job then stays in the `pending_…` steps.
    pub pending_for: Duration,
    /// How long after its creation a job is unknown to the status endpoint
    /// (contract, rule 11).
    pub visible_after: Duration,
    /// How long after its end a job's results can be fetched; `None` for ever.
    pub results_expire_after: Option<Duration>,
    /// The API's own origin, without a slash at the end.
    pub api_base: String,
    /// The origin that serves results, without a slash at the end. It is
    /// another one than the API's (contract, rule 8).
    pub results_base: String,
    /// The longest upload that is kept as its own result, in bytes. A longer
    /// one is read, counted and digested, and its bytes are dropped.
    pub keep_limit: u64,
    /// Where job ids and the luck of [`When::Chance`](super::When) come from.
    pub seed: Seed,
    /// What goes wrong, and when.
    pub script: Vec<Rule>,
}

impl Config {
    /// A vendor without waiting times: a job is done as soon as it is created.
    #[must_use]
    pub fn instant() -> Self {
        Self { queued_for: Duration::ZERO, pending_for: Duration::ZERO, ..Self::default() }
    }
}

impl_with!(Config);

impl Default for Config {
    /// Any key, no limit of credits, 1 s in the queue and 3 s of work; uploads
    /// of up to 64 MiB come back as their own results.
    fn default() -> Self {
        Self {
            keys: Keys::Any,
            credits: None,
            ids: Ids::Uuid,
            queued_for: Duration::from_secs(1),
            pending_for: Duration::from_secs(3),
            visible_after: Duration::ZERO,
            results_expire_after: None,
            api_base: "https://api.example.com".to_owned(),
            results_base: "https://cdn.example.com".to_owned(),
            keep_limit: 64 << 20,
            seed: Seed::new(0),
            script: Vec::new(),
        }
    }
}

/// Which API keys are accepted. An empty key never is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keys {
    /// Any key. Each key is an account of its own: it sees only its own jobs.
    Any,
    /// These keys and no other.
    Only(BTreeSet<Key>),
}

impl Keys {
    /// Exactly these keys.
    #[must_use]
    pub fn only(keys: &[&str]) -> Self {
        Self::Only(keys.iter().copied().map(Key::new).collect())
    }

    pub(super) fn accept(&self, key: &Key) -> bool {
        match self {
            Self::Any => !key.is_empty(),
            Self::Only(keys) => keys.contains(key),
        }
    }
}
