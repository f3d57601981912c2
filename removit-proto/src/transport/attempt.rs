//! What a machine asks for: one request, until when, and where its answer goes.

use core::time::Duration;

use http::Request;
use serde::{Deserialize, Serialize};

use crate::api::body::Body;
use crate::api::job_id::JobId;
use crate::transport::attempt_id::AttemptId;
use crate::transport::time::Instant;

/// The most that is read of an API answer, in bytes.
pub const ANSWER_LIMIT: u64 = 1024 * 1024;

/// How long after the [deadline](Attempt::deadline) of an attempt its machine still
/// waits for the outcome: 10 s.
///
/// A driver gives up at the deadline and is then a little late with the word of it:
/// a thread wakes, a connection is closed, another outcome comes first. Up to here
/// that costs nothing. After that the attempt is lost: a poll or a download is sent
/// again, an upload is ambiguous. An acceptance counts at any time.
///
/// It is also how long after its own deadline a [`Poller`](crate::Poller) may end.
pub const GRACE: Duration = Duration::from_secs(10);

/// One request to send.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Names the attempt when its outcome is handed over.
    pub id: AttemptId,
    /// What it does.
    pub step: Step,
    /// The job that it is of, where that has an id and the machine knows it.
    pub job_id: Option<JobId>,
    /// In a [`Catalogue`](crate::Catalogue): the first of the inputs that it is for.
    pub input: Option<usize>,
    /// How often the same was sent before: an upload after one that did not arrive, a
    /// result after one that broke off or led elsewhere. A further look at a job is another
    /// question.
    pub resent: u64,
    /// The request, complete: a driver adds no header but `Host`.
    pub request: Request<Body>,
    /// When the driver gives up. An answer whose head is there by then is
    /// [`Partial`](crate::Outcome::Partial) with what came of its body, since the id of
    /// a paid job may be in it; without one it is
    /// [`TimedOut`](crate::TransportFailure::TimedOut). The machine waits for that word
    /// until [`GRACE`] later.
    pub deadline: Instant,
    /// The longest time in which nothing at all may come, from the request on, where
    /// that is less than until the deadline: a download ends as
    /// [`TimedOut`](crate::TransportFailure::TimedOut) after it, and goes on with what
    /// is missing. `None` for all that may be long in coming, such as the answer to an
    /// upload.
    pub silence: Option<Duration>,
    /// Where the answer's body goes.
    pub sink: Sink,
}

/// What an attempt does for its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// It sends the photo, and is paid for.
    Upload,
    /// It looks at the job.
    Status,
    /// It fetches a result.
    Result,
}

impl Attempt {
    /// A call of the API: its answer is short, and may be long in coming.
    pub(crate) const fn of_api(
        id: AttemptId,
        step: Step,
        job_id: Option<JobId>,
        request: Request<Body>,
        deadline: Instant,
    ) -> Self {
        let sink = Sink::Memory { limit: ANSWER_LIMIT };
        Self { id, step, job_id, input: None, resent: 0, request, deadline, silence: None, sink }
    }
}

/// Where the body of an answer goes, and how much of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sink {
    /// Into memory. At most `limit` bytes are read; a longer body is handed over
    /// as [`Outcome::Partial`](crate::Outcome::Partial).
    Memory {
        /// The limit in bytes.
        limit: u64,
    },
    /// The body of a 2xx answer goes into the caller's file, and is handed over as
    /// [`Outcome::Stored`](crate::Outcome::Stored), or as
    /// [`Outcome::StoredPart`](crate::Outcome::StoredPart) where it broke off; one that
    /// makes the file longer than `limit` ends as
    /// [`TransportFailure::TooLarge`](crate::TransportFailure::TooLarge).
    /// The body of any other answer goes into memory, up to [`ANSWER_LIMIT`].
    /// [`Incoming`](crate::Incoming) does all of that.
    #[non_exhaustive]
    File {
        /// The limit of the whole file in bytes.
        limit: u64,
        /// How much of the file is there from an earlier attempt. An answer with
        /// status 206 whose `Content-Range` begins here goes behind that; every other
        /// one begins the file anew.
        from: u64,
    },
}

impl Sink {
    /// The file from its start.
    #[must_use]
    pub const fn file(limit: u64) -> Self {
        Self::File { limit, from: 0 }
    }
}
