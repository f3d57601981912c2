//! A request's body as the transport reads it: the core's segments, with the
//! photo's bytes in their place.
//!
//! It has an exact length and is never sent in chunks. What follows the photo
//! is handed out only after the photo proved to be whole, so that a server can
//! never take a changed or cut-off photo for a good one. It buffers nothing: a
//! file goes straight into the transport's own buffer.

use std::collections::VecDeque;
use std::fmt;
use std::io::{Cursor, Error, ErrorKind, Read, Result};
use std::sync::Arc;

use bytes::Bytes;
use removit_proto::{Observer, Segment, TransportFailure};

use crate::files::PhotoFile;
use crate::meter::Meter;
use crate::photo::Content;

/// The body of a request, for a [`Transport`](crate::Transport) to send.
///
/// Read it to its end with [`Read`], with a buffer of some 128 KiB. An error
/// means that the photo could not be read, or that nobody waits for the request
/// any more: break the connection then.
pub struct RequestBody {
    pieces: VecDeque<Piece>,
    left: u64,
    meter: Arc<Meter>,
}

enum Piece {
    Bytes(Cursor<Bytes>),
    File(PhotoFile),
}

impl RequestBody {
    /// The body of one attempt. The photo's file is opened here, so that a file
    /// that is gone costs no connection.
    pub(crate) fn open(
        body: &removit_proto::Body,
        content: Option<&Content>,
        observer: Arc<dyn Observer>,
    ) -> std::result::Result<(Self, Arc<Meter>), TransportFailure> {
        let mut pieces = VecDeque::with_capacity(body.segments().len());
        for segment in body.segments() {
            pieces.push_back(match (segment, content) {
                (Segment::Bytes(bytes), _) => Piece::Bytes(Cursor::new(bytes.clone())),
                (Segment::File { len }, Some(content)) if content.promised_len() == Some(*len) => {
                    open(content)?
                }
                _ => return Err(TransportFailure::source("no photo of the promised length")),
            });
        }
        let meter = Arc::new(Meter::new(body.len(), observer));
        Ok((Self { pieces, left: body.len(), meter: Arc::clone(&meter) }, meter))
    }

    /// How many bytes are still to be handed out: at first the value of the
    /// request's `Content-Length`.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.left
    }

    /// Whether there is nothing more to hand out.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Fills the buffer from as many pieces as it takes: the parts of a small
    /// request leave together.
    fn fill(&mut self, buf: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while let (Some(piece), Some(rest)) = (self.pieces.front_mut(), buf.get_mut(filled..)) {
            if rest.is_empty() {
                break;
            }
            match piece.read(rest) {
                Ok(0) => drop(self.pieces.pop_front()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

fn open(content: &Content) -> std::result::Result<Piece, TransportFailure> {
    match content {
        Content::Bytes(bytes) => Ok(Piece::Bytes(Cursor::new(bytes.clone()))),
        Content::File { path, stamp } => {
            let detail = |error| format!("{}: {error}", path.display());
            let file = PhotoFile::open(path, *stamp);
            file.map(Piece::File).map_err(|error| TransportFailure::source(detail(error)))
        }
        Content::Url => Err(TransportFailure::source("a photo by URL has no bytes to send")),
    }
}

impl Read for Piece {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        match self {
            Self::Bytes(bytes) => bytes.read(buf),
            Self::File(file) => file.read(buf),
        }
    }
}

impl Read for RequestBody {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let read = match self.fill(buf) {
            Ok(read) => read,
            Err(error) => {
                self.meter.fail(error.to_string());
                return Err(error);
            }
        };
        if read > 0 && !self.meter.take(read) {
            return Err(Error::new(ErrorKind::BrokenPipe, "the request was given up"));
        }
        self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("len", &self.left).finish_non_exhaustive()
    }
}
