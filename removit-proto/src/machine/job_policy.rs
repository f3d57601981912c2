//! What one job may do, from its upload to its results: the policies of its parts.

use serde::{Deserialize, Serialize};

use crate::api::with::impl_with;
use crate::machine::download_policy::DownloadPolicy;
use crate::machine::poll_policy::PollPolicy;
use crate::machine::upload_policy::UploadPolicy;

/// What a [`Job`](crate::Job) may do in each of its parts.
///
/// ```
/// let policy = removit_proto::JobPolicy::default().with(|policy| {
///     policy.download = None; // ends when the job is done: its results are not fetched
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct JobPolicy {
    /// How the photo is sent.
    pub upload: UploadPolicy,
    /// How the job is watched.
    pub poll: PollPolicy,
    /// How each result is fetched; `None` where they are not.
    pub download: Option<DownloadPolicy>,
    /// How often the job's status is asked for anew because a result's URL has expired.
    /// Default 3.
    pub max_refreshes: u32,
}

impl_with!(JobPolicy);

impl Default for JobPolicy {
    fn default() -> Self {
        Self {
            upload: UploadPolicy::default(),
            poll: PollPolicy::default(),
            download: Some(DownloadPolicy::default()),
            max_refreshes: 3,
        }
    }
}
