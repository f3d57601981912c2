//! The half of a transport that takes the answer: where each byte of it goes, and what
//! the whole of it comes to.
//!
//! Reads no socket and writes no file: its driver does, blocking or not. Whether an
//! answer is a good one is its machine's to say.

use bytes::BytesMut;
use http::Response;
use http::response::Parts;

use crate::api::content_length::content_length;
use crate::api::content_range::ContentRange;
use crate::transport::attempt::{ANSWER_LIMIT, Sink};
use crate::transport::first_bytes::FirstBytes;
use crate::transport::outcome::Outcome;
use crate::transport::transport_failure::{Reach, TransportFailure};

/// An answer whose head is there, and whose body is on its way.
///
/// ```
/// use removit_proto::{Incoming, Outcome, Sink};
/// # fn read() -> &'static [u8] { b"" }
///
/// let head = http::Response::builder().header("content-length", 4).body(())?;
/// let mut file = Vec::new(); // stands for the attempt's file
///
/// let mut incoming = Incoming::new(head.into_parts().0, Sink::file(1024));
/// if let Some(from) = incoming.file_from() {
///     file.truncate(usize::try_from(from)?); // what an earlier attempt left, or none of it
/// }
/// for piece in [b"\xff\xd8", b"\xff\xe0"] {
///     file.extend_from_slice(incoming.take(piece));
///     if incoming.is_full() {
///         break; // more than the limit: nothing more is read
///     }
/// }
/// let Outcome::Stored { len: 4, .. } = incoming.end() else { unreachable!() };
/// assert_eq!(file, b"\xff\xd8\xff\xe0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "the outcome is what a driver hands over"]
pub struct Incoming {
    head: Parts,
    announced: Option<u64>,
    to: To,
    is_full: bool,
}

#[derive(Debug)]
enum To {
    Memory { read: BytesMut, limit: usize },
    File { from: u64, len: u64, limit: u64, first: FirstBytes },
}

impl Incoming {
    /// Takes the head of an answer to an attempt with this sink.
    pub fn new(head: Parts, sink: Sink) -> Self {
        let announced = content_length(&head.headers);
        match sink {
            Sink::File { from, limit } if head.status.is_success() => {
                let from = if goes_on(&head, from) { from } else { 0 };
                let announced = announced.map(|more| from.saturating_add(more));
                let to = To::File { from, len: from, limit, first: FirstBytes::default() };
                let is_full = announced.is_some_and(|len| len > limit);
                Self { head, announced, to, is_full }
            }
            sink => {
                let limit = if let Sink::Memory { limit } = sink { limit } else { ANSWER_LIMIT };
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let to = To::Memory { read: BytesMut::new(), limit };
                Self { head, announced, to, is_full: false }
            }
        }
    }

    /// Where the body is for the attempt's file: how much of the file stays. It is cut
    /// to that length, and written to from there on. `None` where nothing is written.
    #[must_use]
    pub const fn file_from(&self) -> Option<u64> {
        match self.to {
            To::File { from, .. } if !self.is_full => Some(from),
            _ => None,
        }
    }

    /// How many bytes the file has by now, or were kept in memory.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.to {
            To::Memory { read, .. } => u64::try_from(read.len()).unwrap_or(u64::MAX),
            To::File { len, .. } => *len,
        }
    }

    /// Whether there is nothing yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How long it will be in the end, by the server's word.
    #[must_use]
    pub const fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// The next piece of the body. What it gives back is for the file: all of the
    /// piece, or nothing.
    #[must_use = "it is to be written to the file"]
    pub fn take<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        if self.is_full {
            return &[];
        }
        match &mut self.to {
            To::Memory { read, limit } => {
                let room = limit.saturating_sub(read.len());
                read.extend_from_slice(piece.get(..room).unwrap_or(piece));
                self.is_full = piece.len() > room;
                &[]
            }
            To::File { len, limit, first, .. } => {
                let more = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                let longer = len.saturating_add(more);
                if longer > *limit {
                    self.is_full = true;
                    return &[];
                }
                *len = longer;
                first.take(piece);
                piece
            }
        }
    }

    /// Whether it is longer than the sink takes: nothing more need be read.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// The body came to its end, or is longer than the sink takes. An end before the
    /// announced length is none: it counts as [`broken`](Self::broken).
    pub fn end(self) -> Outcome {
        let is_short = self.is_short();
        match self.to {
            To::Memory { read, .. } => {
                let answer = Response::from_parts(self.head, read.freeze());
                let is_part = self.is_full || is_short;
                if is_part { Outcome::Partial(answer) } else { Outcome::Response(answer) }
            }
            To::File { limit, .. } if self.is_full => {
                Outcome::Failed(TransportFailure::TooLarge { limit })
            }
            To::File { .. } if is_short => {
                let short = "the answer ended before its length";
                self.broken(TransportFailure::broken(Reach::MaybeSent, short))
            }
            To::File { len, first, .. } => {
                Outcome::stored(Response::from_parts(self.head, ()), len, first)
            }
        }
    }

    /// Whether less came than was announced. Where a stack decodes by itself, the length
    /// may be that of something else.
    fn is_short(&self) -> bool {
        let is_coded = self.head.headers.contains_key(http::header::CONTENT_ENCODING);
        !is_coded && self.announced.is_some_and(|announced| self.len() < announced)
    }

    /// The body broke off, or stopped. All that was to be written is in the file.
    pub fn broken(self, failure: TransportFailure) -> Outcome {
        match self.to {
            _ if self.is_full => self.end(),
            To::Memory { read, .. } => {
                Outcome::Partial(Response::from_parts(self.head, read.freeze()))
            }
            To::File { len, first, .. } => {
                let head = Response::from_parts(self.head, ());
                Outcome::stored_part(head, len, first, failure)
            }
        }
    }
}

/// Whether this is what a file lacks that has `from` bytes already.
fn goes_on(head: &Parts, from: u64) -> bool {
    from > 0
        && head.status == http::StatusCode::PARTIAL_CONTENT
        && ContentRange::of(&head.headers).is_some_and(|range| range.first == from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, headers: &[(&str, &str)]) -> Parts {
        let mut head = Response::builder().status(status);
        for (name, value) in headers {
            head = head.header(*name, *value);
        }
        head.body(()).unwrap().into_parts().0
    }

    fn reset() -> TransportFailure {
        TransportFailure::broken(Reach::MaybeSent, "reset")
    }

    #[test]
    fn an_answer_for_memory_is_whole_or_a_part_of_it() {
        let sink = Sink::Memory { limit: 4 };
        let taken = |pieces: &[&[u8]]| {
            let mut incoming = Incoming::new(head(200, &[]), sink);
            assert_eq!(incoming.file_from(), None);
            pieces.iter().for_each(|piece| assert!(incoming.take(piece).is_empty()));
            incoming
        };
        assert!(matches!(taken(&[b"ab", b"cd"]).end(), Outcome::Response(a) if a.body() == "abcd"));
        assert!(matches!(taken(&[b"ab", b"cde"]).end(), Outcome::Partial(a) if a.body() == "abcd"));
        assert!(taken(&[b"abcde"]).is_full());
        assert!(matches!(taken(&[b"a"]).broken(reset()), Outcome::Partial(a) if a.body() == "a"));
    }

    #[test]
    fn an_end_before_the_announced_length_is_a_break() {
        let length = [("content-length", "4")];
        let ended = |sink, bytes: &[u8], headers: &[_]| {
            let mut incoming = Incoming::new(head(200, headers), sink);
            let _ = incoming.take(bytes);
            incoming.end()
        };
        let memory = Sink::Memory { limit: 9 };
        assert!(matches!(ended(memory, b"abc", &length), Outcome::Partial(a) if a.body() == "abc"));
        assert!(matches!(ended(memory, b"abcd", &length), Outcome::Response(_)));
        let part = ended(Sink::file(9), b"abc", &length);
        assert!(matches!(part, Outcome::StoredPart { len: 3, .. }));
        // Decoded by the stack, the rest of the head left as it was.
        let coded = [("content-length", "4"), ("content-encoding", "gzip")];
        assert!(matches!(ended(memory, b"abc", &coded), Outcome::Response(_)));
    }

    #[test]
    fn what_is_no_success_goes_into_memory_though_there_is_a_file() {
        for status in [302, 404, 416, 500] {
            let mut incoming = Incoming::new(head(status, &[]), Sink::file(9));
            assert_eq!(incoming.file_from(), None);
            assert!(incoming.take(b"why").is_empty());
            assert!(matches!(incoming.end(), Outcome::Response(a) if a.body() == "why"));
        }
    }

    #[test]
    fn a_result_that_is_too_large_is_not_written() {
        let announced = Incoming::new(head(200, &[("content-length", "10")]), Sink::file(9));
        assert!(announced.is_full() && announced.file_from().is_none());
        let mut grows = Incoming::new(head(200, &[]), Sink::file(9));
        assert_eq!((grows.take(b"123456789"), grows.take(b"0")), (&b"123456789"[..], &b""[..]));
        for full in [announced, grows] {
            let too_large = TransportFailure::TooLarge { limit: 9 };
            assert!(matches!(full.end(), Outcome::Failed(failure) if failure == too_large));
        }
    }

    #[test]
    fn the_missing_part_is_written_behind_what_is_there() {
        let range = [("content-range", "bytes 5-9/10"), ("content-length", "5")];
        let mut incoming = Incoming::new(head(206, &range), Sink::File { limit: 10, from: 5 });
        assert_eq!((incoming.file_from(), incoming.announced()), (Some(5), Some(10)));
        assert_eq!(incoming.take(b"abc"), b"abc");
        assert_eq!(incoming.len(), 8);
        assert!(matches!(incoming.broken(reset()), Outcome::StoredPart { len: 8, .. }));
        // The limit is the whole file's.
        let mut too_long = Incoming::new(head(206, &range[..1]), Sink::File { limit: 9, from: 5 });
        assert!(too_long.take(b"abcde").is_empty() && too_long.is_full());
    }

    #[test]
    fn whatever_is_not_the_missing_part_begins_the_file_anew() {
        let sink = Sink::File { limit: 10, from: 5 };
        for (status, range) in [
            (200, ""),
            (206, ""),
            (206, "bytes 4-9/10"),
            (206, "bytes 6-9/10"),
            (206, "bytes */10"),
            (206, "lines 5-9/10"),
            (200, "bytes 5-9/10"),
        ] {
            let incoming = Incoming::new(head(status, &[("content-range", range)]), sink);
            assert_eq!(incoming.file_from(), Some(0), "{status} {range}");
        }
        // Nobody asked for a part.
        let unasked =
            Incoming::new(head(206, &[("content-range", "bytes 0-9/10")]), Sink::file(10));
        assert_eq!(unasked.file_from(), Some(0));
    }
}
