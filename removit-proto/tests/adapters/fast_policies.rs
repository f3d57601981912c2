//! Policies of a test's client, which waits for milliseconds where others wait
//! for seconds. Written once, for the tests of every adapter.

use std::time::Duration;

use super::adapter::proto::{
    Backoff, DownloadPolicy, PollPolicy, RetryPolicy, Schedule, UploadPolicy,
};
use super::adapter::{Client, Transport};

pub fn with_fast_policies<T: Transport>(client: Client<T>) -> Client<T> {
    let backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
    let mut retry = RetryPolicy::default();
    retry.backoff = backoff;
    retry.max_attempts = 3;
    let mut upload = UploadPolicy::default();
    upload.retry = retry;
    let mut poll = PollPolicy::default();
    poll.schedule = Schedule::fixed(Duration::from_millis(5)).with_floor(Duration::ZERO);
    poll.backoff = backoff;
    poll.timeout = Duration::from_secs(10);
    let mut download = DownloadPolicy::default();
    download.retry = retry;
    client.upload_policy(upload).poll_policy(poll).download_policy(download)
}
