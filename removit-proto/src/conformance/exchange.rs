//! One attempt as the kit hands it to a subject, with what it needs.

use core::fmt;
use core::time::Duration;
use std::fs::File;

use bytes::Bytes;

use crate::transport::attempt::Attempt;

/// What a driver has in hand when a machine says [`Send`](crate::Action::Send).
///
/// A subject sends [`attempt.request`](Attempt::request) once and answers with
/// the [`Outcome`](crate::Outcome), exactly as it would for a machine.
#[non_exhaustive]
pub struct Exchange {
    /// The request, its id and its sink. Its `deadline` counts from
    /// [`Instant::ORIGIN`](crate::Instant::ORIGIN), as if the exchange began
    /// there: replace it where your driver has a clock of its own.
    pub attempt: Attempt,
    /// How long the exchange may take, from now on.
    pub time_left: Duration,
    /// The bytes of the body's [`Segment::File`](crate::Segment::File). One case
    /// has fewer of them than the segment promises.
    pub photo: Bytes,
    /// The file of a [`Sink::File`](crate::Sink::File), open for writing.
    pub file: Option<File>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("attempt", &self.attempt)
            .field("time_left", &self.time_left)
            .field("photo", &self.photo.len())
            .field("file", &self.file.is_some())
            .finish()
    }
}
