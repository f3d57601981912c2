//! How a batch shares what is scarce: uploads, requests a second, downloads.
//!
//! What one job does is in the policies of its own machines, which a batch
//! holds once for all jobs.

use serde::{Deserialize, Serialize};

use crate::api::with::impl_with;
use crate::machine::download_policy::DownloadPolicy;
use crate::machine::poll_policy::PollPolicy;
use crate::machine::retry::{Backoff, RetryPolicy};
use crate::machine::upload_policy::UploadPolicy;
use core::time::Duration;

/// The bounds of a [`Batch`](crate::Batch) and of each job in it.
///
/// ```
/// let policy = removit_proto::BatchPolicy::default().with(|policy| {
///     policy.requests_per_second = 50;
///     policy.upload.resend_ambiguous = false; // report them, the default
///     policy.downloads_at_once = 0; // results are not fetched
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BatchPolicy {
    /// How each upload is retried. As by itself, but for two hours in place of
    /// five minutes, so that no pause that a server asks for ends jobs.
    pub upload: UploadPolicy,
    /// How each job is watched. As by itself, but for an hour in place of ten
    /// minutes: the jobs of a catalogue queue behind each other.
    pub poll: PollPolicy,
    /// How each result is fetched.
    pub download: DownloadPolicy,
    /// The most uploads between their intent and their answer. Default 4; zero
    /// counts as one.
    pub uploads_at_once: usize,
    /// The most uploads and polls, taken together, in any second. Default 10;
    /// zero counts as one. Downloads go to another host and do not count.
    pub requests_per_second: u32,
    /// The most results that are being fetched, pauses between attempts
    /// included. Default 4; with zero no result is fetched, and a job ends as
    /// soon as it is done.
    pub downloads_at_once: usize,
    /// How often the status of one job is asked for anew because a result's URL
    /// has expired. Default 3.
    pub max_refreshes: u32,
    /// How long all jobs pause when the API is overloaded or cannot be reached
    /// and does not say for how long.
    pub backoff: Backoff,
    /// Whether looks are timed by how long other jobs of the same kind took. Default
    /// `true`. Without the default [`Schedule`](crate::Schedule) it changes nothing.
    pub learn: bool,
    /// Whether a job waits at each [`Receipt`](crate::Receipt) until the driver
    /// hands it back. Default `true`; `false` is for drivers that store nothing.
    pub wait_until_stored: bool,
}

impl_with!(BatchPolicy);

impl Default for BatchPolicy {
    fn default() -> Self {
        let hours = |hours: u64| Duration::from_secs(hours.saturating_mul(3600));
        let retry = RetryPolicy { within: hours(2), ..RetryPolicy::default() };
        Self {
            upload: UploadPolicy { retry, ..UploadPolicy::default() },
            poll: PollPolicy { timeout: hours(1), ..PollPolicy::default() },
            download: DownloadPolicy::default(),
            uploads_at_once: 4,
            requests_per_second: 10,
            downloads_at_once: 4,
            max_refreshes: 3,
            backoff: Backoff::default(),
            learn: true,
            wait_until_stored: true,
        }
    }
}
