//! How an upload is retried, and how long an attempt may take.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::with::impl_with;
use crate::machine::retry::RetryPolicy;

/// What an [`Upload`](crate::Upload) may do without asking.
///
/// It sends at most [`retry.max_attempts`](RetryPolicy::max_attempts) requests,
/// and one where that is zero. Once it was restored from its stored
/// [`state`](crate::Upload::state) the earlier ones still count.
///
/// ```
/// use removit_proto::UploadPolicy;
/// use std::time::Duration;
///
/// let policy = UploadPolicy::default().with(|policy| {
///     policy.retry.max_attempts = 2;
///     policy.attempt_timeout = Duration::from_secs(30);
/// });
/// assert!(!policy.resend_ambiguous);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UploadPolicy {
    /// How often a request that was not processed is sent again.
    pub retry: RetryPolicy,
    /// The time for one attempt, beside what its length takes. Default 60 s.
    pub attempt_timeout: Duration,
    /// The slowest line that an attempt allows for, in bytes a second: a longer
    /// body gets more time. Default 64 KiB/s; zero allows no extra time.
    pub slowest_rate: u32,
    /// Whether an ambiguous attempt is sent again, at the risk of paying twice.
    /// Default `false`.
    pub resend_ambiguous: bool,
}

impl Default for UploadPolicy {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            attempt_timeout: Duration::from_secs(60),
            slowest_rate: 64 * 1024,
            resend_ambiguous: false,
        }
    }
}

impl_with!(UploadPolicy);

impl UploadPolicy {
    /// The time that one attempt with a body of `len` bytes gets.
    #[must_use]
    pub fn time_for(&self, len: u64) -> Duration {
        let transfer = len.checked_div(u64::from(self.slowest_rate)).unwrap_or(0);
        self.attempt_timeout.saturating_add(Duration::from_secs(transfer))
    }
}
