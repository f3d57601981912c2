//! What a check may cost, and what it sends.

use core::time::Duration;

use bytes::Bytes;

use crate::api::with::impl_with;
use crate::{ImageType, JobId};

/// What a [`Check`](super::Check) may cost, and what it sends.
///
/// ```
/// use removit_proto::contract::CheckPolicy;
///
/// let policy = CheckPolicy::default().with(|policy| policy.credits = 3);
/// assert_eq!(policy.credits, 3);
/// assert_eq!(CheckPolicy::default().credits, 0); // only what must be refused
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckPolicy {
    /// How many real jobs may be paid for. Default none; 18 meet each pair of
    /// mode, delivery and format, and more are not used.
    pub credits: u64,
    /// The most requests of the whole check. Default 1,000.
    pub most_requests: u64,
    /// The time between two requests. Default 100 ms.
    pub pace: Duration,
    /// The time between two looks at one job, at first; it grows to 5 s. Default
    /// and least 2 s.
    pub poll_every: Duration,
    /// How long a job is followed. Default 10 minutes.
    pub job_timeout: Duration,
    /// The time for one request. Default 30 s.
    pub attempt_timeout: Duration,
    /// How often a request is sent that gets no answer, 429 or a 5xx. Default 4.
    pub max_attempts: u32,
    /// How many requests have several mistakes at once. Default 40.
    pub mixed: usize,
    /// The photos that real jobs get, in turn. Default a PNG of a cup. At least
    /// one is sent where the check may send any: an empty list is the default.
    pub photos: Vec<CheckPhoto>,
    /// Where the server finds a photo, for uploads by URL. Without it none is
    /// made; those that must be refused name one of `example.com`.
    pub photo_url: Option<String>,
    /// A job of another account, which must not be shown.
    pub foreign_job: Option<JobId>,
}

/// A photo for real jobs.
#[derive(Clone, Debug)]
pub struct CheckPhoto {
    kind: ImageType,
    pub(super) bytes: Bytes,
}

const CUP: &[u8] = include_bytes!("cup.png");

impl CheckPhoto {
    /// A photo of this kind.
    #[must_use]
    pub fn new(kind: ImageType, bytes: Bytes) -> Self {
        Self { kind, bytes }
    }

    /// The type under which it is sent.
    #[must_use]
    pub const fn mime(&self) -> &'static str {
        self.kind.mime()
    }
}

impl Default for CheckPhoto {
    /// A cup on a table, 96 by 96 pixels.
    fn default() -> Self {
        Self::new(ImageType::Png, Bytes::from_static(CUP))
    }
}

impl_with!(CheckPolicy);

impl CheckPolicy {
    /// The least time between two looks at one job: the vendor's own.
    pub const POLL_FLOOR: Duration = Duration::from_secs(2);

    /// The same policy within its limits.
    pub(super) fn bounded(mut self) -> Self {
        if self.photos.is_empty() {
            self.photos.push(CheckPhoto::default());
        }
        self.poll_every = self.poll_every.max(Self::POLL_FLOOR);
        self.max_attempts = self.max_attempts.max(1);
        self
    }
}

impl Default for CheckPolicy {
    fn default() -> Self {
        Self {
            credits: 0,
            most_requests: 1000,
            pace: Duration::from_millis(100),
            poll_every: Self::POLL_FLOOR,
            job_timeout: Duration::from_secs(600),
            attempt_timeout: Duration::from_secs(30),
            max_attempts: 4,
            mixed: 40,
            photos: vec![CheckPhoto::default()],
            photo_url: None,
            foreign_job: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_has_a_photo_a_pace_and_a_try_at_least() {
        let nothing = CheckPolicy::default().with(|policy| {
            policy.photos.clear();
            policy.poll_every = Duration::ZERO;
            policy.max_attempts = 0;
        });
        let bounded = nothing.bounded();
        assert_eq!(bounded.photos.iter().map(CheckPhoto::mime).collect::<Vec<_>>(), ["image/png"]);
        assert_eq!((bounded.poll_every, bounded.max_attempts), (CheckPolicy::POLL_FLOOR, 1));
        let webp = CheckPhoto::new(ImageType::Webp, Bytes::from_static(b"x"));
        let more = CheckPolicy::default().with(|policy| {
            policy.photos = vec![webp];
            policy.poll_every = Duration::from_secs(9);
            policy.max_attempts = 7;
        });
        let bounded = more.bounded();
        assert_eq!((bounded.photos.len(), bounded.photos[0].mime()), (1, "image/webp"));
        assert_eq!((bounded.poll_every.as_secs(), bounded.max_attempts), (9, 7));
    }
}
