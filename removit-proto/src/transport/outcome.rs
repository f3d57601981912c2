//! What came of an attempt, in the words that machines decide by.

use bytes::Bytes;
use http::Response;

use crate::transport::transport_failure::TransportFailure;

/// What came of an attempt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// A whole answer, of whatever status.
    Response(Response<Bytes>),
    /// An answer whose head is whole and whose body is not: cut off, or longer
    /// than the limit. The status may still decide, and a job id may be in it.
    Partial(Response<Bytes>),
    /// A whole 2xx answer whose body is in the caller's file. [`stored`](Self::stored)
    /// makes it.
    #[non_exhaustive]
    Stored {
        /// The head of the answer.
        head: Response<()>,
        /// How many bytes were written.
        len: u64,
        /// The first of them: all, or at least
        /// [`ResultKind::START_LEN`](crate::ResultKind::START_LEN). What they show is
        /// what decides whether this is a result.
        start: Bytes,
    },
    /// No answer that could be read.
    Failed(TransportFailure),
}

impl Outcome {
    /// A whole 2xx answer whose body is in the caller's file: how many bytes were
    /// written, and the first of them (all, or at least
    /// [`ResultKind::START_LEN`](crate::ResultKind::START_LEN)), as
    /// [`FirstBytes`](crate::FirstBytes) keeps them.
    ///
    /// ```
    /// use removit_proto::Outcome;
    ///
    /// let head = http::Response::builder().header("content-length", "8568").body(())?;
    /// let stored = Outcome::stored(head, 8568, b"\x89PNG\r\n\x1a\n".as_slice());
    /// assert!(matches!(stored, Outcome::Stored { len: 8568, .. }));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn stored(head: Response<()>, len: u64, start: impl Into<Bytes>) -> Self {
        Self::Stored { head, len, start: start.into() }
    }
}
