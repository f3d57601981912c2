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
    /// A whole 2xx answer whose body is in the caller's file.
    Stored {
        /// The head of the answer.
        head: Response<()>,
        /// How many bytes were written.
        len: u64,
    },
    /// No answer that could be read.
    Failed(TransportFailure),
}
