//! The half of a transport that hands the request out: its bytes in order, with the
//! photo's in their place, and how many of them left.
//!
//! Opens no file and writes to no socket: its driver does, blocking or not. A photo
//! that is not as long as was promised ends the request before its last byte, so that a
//! server can never take it for a whole one.

use core::fmt;

use bytes::Bytes;

use crate::api::body::{Body, Segment};
use crate::transport::outgoing_error::OutgoingError;
use crate::transport::sent::Sent;

/// A request's body on its way out.
///
/// With a reader of the photo, [`fill`](Self::fill) is all that a transport needs:
///
/// ```
/// use std::io::Read;
/// use removit_proto::{Endpoint, ApiKey, Outgoing, FileName, ImageType, SourceFile, UploadRequest};
///
/// let photo: &[u8] = &[0x89; 300]; // stands for a file
/// let source = SourceFile::new(FileName::new("cup.png"), ImageType::Png, 300)?;
/// let endpoint = Endpoint::production(ApiKey::new("my-key")?);
/// let request = UploadRequest::from_file(source).to_http(&endpoint, removit_proto::Seed::new(1));
///
/// let mut outgoing = Outgoing::new(request.into_body());
/// let (sent, len) = (outgoing.sent(), outgoing.len());
/// let (mut photo, mut buffer, mut wire) = (photo, [0; 64], Vec::new());
/// loop {
///     match outgoing.fill(&mut buffer, |buf| photo.read(buf))? {
///         0 => break,
///         filled => wire.extend_from_slice(&buffer[..filled]),
///     }
/// }
/// assert_eq!(wire.len() as u64, len);
/// assert!(sent.is_finished());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Where a photo comes in pieces, [`next_piece`](Self::next_piece) says what is wanted, and
/// [`advance`](Self::advance) that so much of it left.
#[must_use = "its bytes are the request's body"]
pub struct Outgoing {
    body: Body,
    /// Which segment is next.
    at: usize,
    /// How much of it is through.
    through: u64,
    sent: Sent,
}

/// What comes next in a request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes, as many of them at a time as one likes.
    Bytes(Bytes),
    /// So many bytes of the photo. At 0 it must be at its end:
    /// [`advance(0)`](Outgoing::advance) says that it is.
    Photo {
        /// How many bytes are still to come.
        left: u64,
    },
    /// Nothing: the body is out.
    End,
}

impl Outgoing {
    /// The body of an attempt's request.
    pub fn new(body: Body) -> Self {
        let sent = Sent::new(body.len());
        let mut outgoing = Self { body, at: 0, through: 0, sent };
        outgoing.pass_what_is_through();
        outgoing
    }

    /// What is known of how much left: for whoever waits for the answer. It says what a
    /// failure means for the paid job.
    #[must_use]
    pub fn sent(&self) -> Sent {
        self.sent.clone()
    }

    /// How many bytes are still to leave: at first the value of `Content-Length`.
    #[must_use]
    pub fn len(&self) -> u64 {
        let rest = self.body.segments().get(self.at..).unwrap_or_default();
        let rest = rest.iter().map(Segment::len).fold(0, u64::saturating_add);
        rest.saturating_sub(self.through)
    }

    /// Whether nothing is to leave any more.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What comes next.
    #[must_use]
    pub fn next_piece(&self) -> Piece {
        match self.body.segments().get(self.at) {
            None => Piece::End,
            Some(Segment::File { len }) => Piece::Photo { left: len.saturating_sub(self.through) },
            Some(Segment::Bytes(bytes)) => {
                let through = usize::try_from(self.through).unwrap_or(usize::MAX);
                Piece::Bytes(bytes.slice(through.min(bytes.len())..))
            }
        }
    }

    /// So many bytes of what comes next are about to leave. For a photo, 0 means that
    /// it is at its end.
    ///
    /// # Errors
    /// [`OutgoingError`] where they must not leave.
    pub fn advance(&mut self, len: usize) -> Result<(), OutgoingError> {
        self.step(len)?;
        self.sent.take(len)
    }

    /// Fills the buffer with what comes next, from as many segments as it takes, so that
    /// the parts of a small request leave together. `photo` reads on in the photo, and
    /// says 0 at its end; without a photo it is not called. 0 is the end of the body.
    ///
    /// # Errors
    /// What `photo` said, or [`OutgoingError`]. Nothing of the buffer may leave then.
    pub fn fill<E>(
        &mut self,
        buffer: &mut [u8],
        mut photo: impl FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E>
    where
        E: From<OutgoingError> + fmt::Display,
    {
        let mut filled: usize = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let len = match self.next_piece() {
                Piece::End => break,
                Piece::Bytes(bytes) => {
                    let len = bytes.len().min(rest.len());
                    if let (Some(to), Some(from)) = (rest.get_mut(..len), bytes.get(..len)) {
                        to.copy_from_slice(from);
                    }
                    len
                }
                Piece::Photo { left } => {
                    // One byte more shows a photo that goes on.
                    let wanted = usize::try_from(left.max(1)).unwrap_or(usize::MAX);
                    let wanted = wanted.min(rest.len());
                    let read = photo(rest.get_mut(..wanted).unwrap_or_default());
                    read.inspect_err(|error| self.fail(error))?
                }
            };
            self.step(len)?;
            filled = filled.saturating_add(len);
        }
        self.sent.take(filled)?;
        Ok(filled)
    }

    /// The photo could not be read: what follows stays here, and no job comes of it.
    pub fn fail(&self, why: impl fmt::Display) {
        self.sent.fail(why.to_string());
    }

    /// Moves on, and counts nothing as sent.
    fn step(&mut self, len: usize) -> Result<(), OutgoingError> {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        let change = match self.next_piece() {
            Piece::Photo { left } if len > left => Some(OutgoingError::Grew),
            Piece::Photo { left } if len == 0 && left > 0 => {
                Some(OutgoingError::Shrank { missing: left })
            }
            _ => None,
        };
        if let Some(change) = change {
            self.fail(change);
            return Err(change);
        }
        if len == 0 && matches!(self.next_piece(), Piece::Photo { .. }) {
            self.at = self.at.saturating_add(1);
            self.through = 0;
        }
        self.through = self.through.saturating_add(len);
        self.pass_what_is_through();
        Ok(())
    }

    /// A photo is through only when it proved to be at its end.
    fn pass_what_is_through(&mut self) {
        while let Some(Segment::Bytes(bytes)) = self.body.segments().get(self.at) {
            let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if self.through < len {
                break;
            }
            self.through = self.through.saturating_sub(len);
            self.at = self.at.saturating_add(1);
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::transport_failure::{Reach, TransportFailure};

    fn body() -> Body {
        let (before, after) = (Bytes::from_static(b"<"), Bytes::from_static(b">"));
        Body::new(vec![Segment::Bytes(before), Segment::File { len: 4 }, Segment::Bytes(after)])
    }

    /// What leaves of a photo, in buffers of this size, and how it ends.
    fn leave(photo: &[u8], size: usize) -> (Vec<u8>, Result<(), std::io::Error>, Sent) {
        let mut outgoing = Outgoing::new(body());
        let (sent, mut left, mut wire) = (outgoing.sent(), photo, Vec::new());
        let mut buffer = vec![0; size];
        let end = loop {
            match outgoing.fill(&mut buffer, |buf| std::io::Read::read(&mut left, buf)) {
                Ok(0) => break Ok(()),
                Ok(filled) => wire.extend_from_slice(&buffer[..filled]),
                Err(error) => break Err(error),
            }
        };
        (wire, end, sent)
    }

    fn reset() -> TransportFailure {
        TransportFailure::broken(Reach::MaybeSent, "reset")
    }

    #[test]
    fn the_photo_stands_in_its_place_however_large_the_buffer_is() {
        for size in 1..9 {
            let (wire, end, sent) = leave(b"1234", size);
            assert!(end.is_ok() && sent.is_finished(), "{size}");
            assert_eq!(wire, b"<1234>", "{size}");
            assert_eq!(sent.judge(reset()), reset(), "all of it may have arrived");
        }
    }

    #[test]
    fn what_follows_a_photo_that_shrank_or_grew_stays_here() {
        for (photo, what) in
            [(&b"123"[..], "1 bytes are missing"), (b"12345", "longer than it was")]
        {
            for size in 1..9 {
                let (wire, end, sent) = leave(photo, size);
                assert!(end.unwrap_err().to_string().contains(what), "{size}");
                assert!(!wire.contains(&b'>') && !sent.is_finished(), "{size}");
                let failure = sent.judge(reset());
                assert!(
                    matches!(&failure, TransportFailure::Source { detail } if detail.contains(what))
                );
            }
        }
    }

    #[test]
    fn in_pieces_it_is_the_same() {
        let mut outgoing = Outgoing::new(body());
        assert_eq!(outgoing.len(), 6);
        assert_eq!(outgoing.next_piece(), Piece::Bytes(Bytes::from_static(b"<")));
        outgoing.advance(1).unwrap();
        assert_eq!(outgoing.next_piece(), Piece::Photo { left: 4 });
        outgoing.advance(3).unwrap();
        outgoing.advance(1).unwrap();
        assert_eq!((outgoing.next_piece(), outgoing.len()), (Piece::Photo { left: 0 }, 1));
        outgoing.advance(0).unwrap();
        assert_eq!(outgoing.next_piece(), Piece::Bytes(Bytes::from_static(b">")));
        assert!(!outgoing.sent().is_finished());
        outgoing.advance(1).unwrap();
        assert_eq!(outgoing.next_piece(), Piece::End);
        assert!(outgoing.is_empty() && outgoing.sent().is_finished());

        let mut short = Outgoing::new(body());
        short.advance(1).unwrap();
        assert_eq!(short.advance(0), Err(OutgoingError::Shrank { missing: 4 }));
        let mut long = Outgoing::new(body());
        long.advance(1).unwrap();
        assert_eq!(long.advance(5), Err(OutgoingError::Grew));
    }

    #[test]
    fn nothing_leaves_after_it_was_given_up() {
        let mut outgoing = Outgoing::new(body());
        outgoing.advance(1).unwrap();
        let failure = outgoing.sent().judge(reset());
        assert!(failure.is_not_sent(), "the last byte stayed here");
        assert_eq!(outgoing.advance(1), Err(OutgoingError::GivenUp));
    }

    #[test]
    fn a_photo_that_cannot_be_read_is_the_failure_whatever_the_transport_says() {
        let mut outgoing = Outgoing::new(body());
        let sent = outgoing.sent();
        let gone = |_: &mut [u8]| Err(std::io::Error::other("the disk is gone"));
        assert!(outgoing.fill(&mut [0; 9], gone).is_err());
        assert_eq!(sent.judge(reset()), TransportFailure::source("the disk is gone"));
    }

    #[test]
    fn a_body_of_nothing_is_out_at_once() {
        for body in [Body::empty(), Body::from(Bytes::new())] {
            let outgoing = Outgoing::new(body);
            assert!(outgoing.is_empty() && outgoing.sent().is_finished());
            assert_eq!(outgoing.next_piece(), Piece::End);
        }
    }

    #[test]
    fn a_request_is_shown_by_what_is_left_of_it() {
        assert_eq!(format!("{:?}", Outgoing::new(body())), "Outgoing { len: 6, .. }");
    }
}
