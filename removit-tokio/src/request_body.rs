//! A request's body as the transport pulls it: the core's segments, with the
//! photo's bytes in their place.
//!
//! It has an exact length and is never sent in chunks. What follows the photo
//! is handed out only after the photo proved to be whole, so that a server can
//! never take a changed or cut-off photo for a good one.

use std::collections::VecDeque;
use std::convert::identity;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use removit_blocking::files::PhotoFile;
use removit_blocking::shared::{Content, Meter};
use removit_proto::{Observer, Segment, TransportFailure};
use tokio::task::JoinHandle;

use crate::blocking::blocking;
use crate::photo_chunks::{CHUNK, PhotoChunks};

/// The body of a request, for a [`Transport`](crate::Transport) to send.
///
/// Read it as an [`http_body::Body`] on a tokio runtime. An error means that
/// the photo could not be read or that nobody waits for the request any more:
/// break the connection then.
pub struct RequestBody {
    pieces: VecDeque<Piece>,
    left: u64,
    meter: Arc<Meter>,
}

enum Piece {
    Bytes(Bytes),
    File(PhotoChunks),
    /// A read on a blocking thread, which gives the file back.
    Reading(JoinHandle<(PhotoChunks, io::Result<Bytes>)>),
}

impl RequestBody {
    /// The body of one attempt. The photo's file is opened here, so that a file
    /// that is gone costs no connection.
    pub(crate) async fn open(
        body: &removit_proto::Body,
        content: Option<&Content>,
        observer: Arc<dyn Observer>,
    ) -> Result<(Self, Arc<Meter>), TransportFailure> {
        let mut pieces = VecDeque::with_capacity(body.segments().len());
        for segment in body.segments() {
            pieces.push_back(match (segment, content) {
                (Segment::Bytes(bytes), _) => Piece::Bytes(bytes.clone()),
                (Segment::File { len }, Some(content)) if content.promised_len() == Some(*len) => {
                    open(content).await?
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

    #[cfg(feature = "hyper")]
    pub(crate) fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    fn hand_out(&mut self, bytes: Bytes) -> io::Result<Frame<Bytes>> {
        if !self.meter.take(bytes.len()) {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the request was given up"));
        }
        self.left = self.left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(Frame::data(bytes))
    }

    fn fail(&self, error: io::Error) -> io::Error {
        self.meter.fail(error.to_string());
        error
    }
}

async fn open(content: &Content) -> Result<Piece, TransportFailure> {
    match content {
        Content::Bytes(bytes) => Ok(Piece::Bytes(bytes.clone())),
        Content::File { path, stamp } => {
            let (path, stamp) = (Arc::clone(path), *stamp);
            let opened = blocking(move || PhotoFile::open(&path, stamp), identity).await;
            let file = opened.map_err(|error| TransportFailure::source(error.to_string()))?;
            Ok(Piece::File(PhotoChunks::new(file)))
        }
        Content::Url => Err(TransportFailure::source("a photo by URL has no bytes to send")),
    }
}

fn read(mut file: PhotoChunks) -> JoinHandle<(PhotoChunks, io::Result<Bytes>)> {
    tokio::task::spawn_blocking(move || {
        let chunk = file.next_chunk();
        (file, chunk)
    })
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            let Some(piece) = self.pieces.pop_front() else {
                return Poll::Ready(None);
            };
            match piece {
                Piece::Bytes(bytes) if bytes.is_empty() => {}
                Piece::Bytes(mut bytes) => {
                    let piece = bytes.split_to(bytes.len().min(CHUNK));
                    self.pieces.push_front(Piece::Bytes(bytes));
                    return Poll::Ready(Some(self.hand_out(piece)));
                }
                Piece::File(file) if file.is_finished() => {}
                Piece::File(file) => self.pieces.push_front(Piece::Reading(read(file))),
                Piece::Reading(mut reading) => {
                    let Poll::Ready(done) = Pin::new(&mut reading).poll(context) else {
                        self.pieces.push_front(Piece::Reading(reading));
                        return Poll::Pending;
                    };
                    let chunk = done.map_err(io::Error::other).and_then(|(file, chunk)| {
                        self.pieces.push_front(Piece::File(file));
                        chunk
                    });
                    let frame = match chunk {
                        Ok(chunk) => self.hand_out(chunk),
                        Err(error) => Err(self.fail(error)),
                    };
                    return Poll::Ready(Some(frame));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("len", &self.left).finish_non_exhaustive()
    }
}
