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
        /// How many bytes the file has.
        len: u64,
        /// The first bytes of this answer's body: all, or at least
        /// [`ResultKind::START_LEN`](crate::ResultKind::START_LEN). What they show is
        /// what decides whether this is a result.
        start: Bytes,
    },
    /// A 2xx answer that broke off, or stopped, after its head: what came of its body is
    /// in the caller's file. [`stored_part`](Self::stored_part) makes it. A
    /// driver that hands such parts over hands over each of them, so that the machine
    /// knows what is in the file.
    #[non_exhaustive]
    StoredPart {
        /// The head of the answer.
        head: Response<()>,
        /// How many bytes the file has.
        len: u64,
        /// The first bytes of this answer's body, as for [`Stored`](Self::Stored).
        start: Bytes,
        /// Why there is no more.
        failure: TransportFailure,
    },
    /// No answer that could be read.
    Failed(TransportFailure),
}

impl Outcome {
    /// A whole 2xx answer whose body is in the caller's file: how many bytes the
    /// file has, and the first of the body (all, or at least
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

    /// The same where the body broke off, or stopped, for this reason.
    #[must_use]
    pub fn stored_part(
        head: Response<()>,
        len: u64,
        start: impl Into<Bytes>,
        failure: TransportFailure,
    ) -> Self {
        Self::StoredPart { head, len, start: start.into(), failure }
    }
}
