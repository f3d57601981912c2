//! The bounds of a download: of its length, its requests and its time.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::with::impl_with;
use crate::machine::retry::RetryPolicy;

/// The bounds of a [`Download`](crate::Download).
///
/// ```
/// let policy = removit_proto::DownloadPolicy::default().with(|policy| {
///     policy.max_len = 50 * 1024 * 1024;
/// });
/// assert_eq!(policy.max_redirects, 5);
/// assert_eq!(policy.most_requests(), 30); // five attempts, each with five redirects
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DownloadPolicy {
    /// The largest result that is taken, in bytes. Default 4 GiB.
    pub max_len: u64,
    /// The most redirects in a row. Default 5.
    pub max_redirects: u32,
    /// How often a fetch that failed is repeated; redirects do not count. Default
    /// 5 attempts within 2 hours, counted anew when a part of the result came.
    pub retry: RetryPolicy,
    /// The longest time in which nothing comes. Default 30 seconds.
    pub silence: Duration,
    /// The time for one attempt, however much still comes. Default one hour.
    pub attempt_timeout: Duration,
}

impl Default for DownloadPolicy {
    fn default() -> Self {
        Self {
            max_len: 4 * 1024 * 1024 * 1024,
            max_redirects: 5,
            retry: RetryPolicy { within: Duration::from_secs(7200), ..RetryPolicy::default() },
            silence: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(3600),
        }
    }
}

impl_with!(DownloadPolicy);

impl DownloadPolicy {
    /// The most requests of one [`Download`](crate::Download), whatever goes wrong:
    /// `max_attempts × (max_redirects + 1)`, where no attempts count as one.
    #[must_use]
    pub fn most_requests(&self) -> u64 {
        let attempts = u64::from(self.retry.max_attempts.max(1));
        attempts.saturating_mul(u64::from(self.max_redirects).saturating_add(1))
    }
}
