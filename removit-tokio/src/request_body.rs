//! A request's body as the transport pulls it: the core's `Outgoing` over the photo's
//! file.
//!
//! It has an exact length and is never sent in chunks. The file is read on tokio's
//! blocking threads, a piece at a time.

use std::convert::identity;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use removit_blocking::files::Content;
use removit_proto::{AttemptInfo, Observer, Outgoing, Piece, Reach, Sent, TransportFailure};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::blocking::blocking;
use crate::photo_chunks::{CHUNK, PhotoChunks};

/// The body of a request, for a [`Transport`](crate::Transport) to send.
///
/// Read it as an [`http_body::Body`] on a tokio runtime. An error means that
/// the photo could not be read or that nobody waits for the request any more:
/// break the connection then.
pub struct RequestBody {
    outgoing: Outgoing,
    /// Where the photo is not in memory.
    photo: Option<Photo>,
    total: u64,
    info: AttemptInfo,
    observer: Arc<dyn Observer>,
}

enum Photo {
    /// It lies ready.
    Read(PhotoChunks, Bytes),
    Idle(PhotoChunks),
    /// A read on a blocking thread, which gives it back.
    Reading(JoinHandle<(PhotoChunks, io::Result<Bytes>)>),
}

impl RequestBody {
    /// The body of one attempt, and what is known of how much of it left. The photo's
    /// file is opened here, by the deadline, so that a file that is gone costs no connection.
    pub(crate) async fn open(
        body: removit_proto::Body,
        content: Option<&Content>,
        deadline: Instant,
        info: AttemptInfo,
        observer: Arc<dyn Observer>,
    ) -> Result<(Self, Sent), TransportFailure> {
        let (body, photo) = match content {
            Some(Content::Bytes(bytes)) => (body.with_photo(bytes.clone()), None),
            Some(content) if body.photo_len() == content.promised_len() => {
                let content = content.clone();
                let opening = blocking(move || begin(&content), identity);
                let opened = timeout_at(deadline, opening).await.map_err(|_| {
                    let detail = "the photo could not be read by the deadline";
                    TransportFailure::timed_out(Reach::NotSent, detail)
                })?;
                let opened = opened.map_err(|error| TransportFailure::source(error.to_string()))?;
                (body, opened.map(|(chunks, first)| Photo::Read(chunks, first)))
            }
            _ => (body, None),
        };
        if photo.is_none() && body.photo_len().is_some() {
            return Err(TransportFailure::source("no photo of the promised length"));
        }
        let total = body.len();
        let outgoing = Outgoing::new(body);
        let sent = outgoing.sent();
        Ok((Self { outgoing, photo, total, info, observer }, sent))
    }

    /// How many bytes are still to be handed out: at first the value of the
    /// request's `Content-Length`.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.outgoing.len()
    }

    /// Whether there is nothing more to hand out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outgoing.is_empty()
    }

    #[cfg(feature = "hyper")]
    pub(crate) fn sent(&self) -> Sent {
        self.outgoing.sent()
    }

    fn hand_out(&mut self, bytes: Bytes) -> io::Result<Frame<Bytes>> {
        self.outgoing.advance(bytes.len())?;
        self.observer.sent(&self.info, self.total.saturating_sub(self.len()), self.total);
        Ok(Frame::data(bytes))
    }

    /// The next bytes of the file; none at its end.
    fn poll_photo(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        loop {
            match self.photo.take() {
                None => return Poll::Ready(Ok(Bytes::new())),
                Some(Photo::Read(file, first)) => {
                    self.photo = Some(Photo::Idle(file));
                    return Poll::Ready(Ok(first));
                }
                Some(Photo::Idle(file)) if file.is_finished() => {}
                Some(Photo::Idle(mut file)) => {
                    if let Some(chunk) = file.next_in_memory() {
                        self.photo = Some(Photo::Idle(file));
                        return Poll::Ready(chunk);
                    }
                    self.photo = Some(Photo::Reading(read(file)));
                }
                Some(Photo::Reading(mut reading)) => {
                    let Poll::Ready(done) = Pin::new(&mut reading).poll(context) else {
                        self.photo = Some(Photo::Reading(reading));
                        return Poll::Pending;
                    };
                    let (file, chunk) = done.map_err(io::Error::other)?;
                    self.photo = Some(Photo::Idle(file));
                    return Poll::Ready(chunk);
                }
            }
        }
    }
}

/// Opens a photo and reads its first piece, both in one trip to another thread.
fn begin(content: &Content) -> io::Result<Option<(PhotoChunks, Bytes)>> {
    let Some(reader) = content.open()? else { return Ok(None) };
    let mut chunks = PhotoChunks::new(reader);
    let first = chunks.first_chunk()?;
    Ok(Some((chunks, first)))
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
            let bytes = match self.outgoing.next_piece() {
                Piece::End => return Poll::Ready(None),
                Piece::Bytes(bytes) => bytes.slice(..bytes.len().min(CHUNK)),
                Piece::Photo { .. } => {
                    let chunk = ready!(self.poll_photo(context));
                    chunk.inspect_err(|error| self.outgoing.fail(error))?
                }
            };
            if bytes.is_empty() {
                self.outgoing.advance(0)?;
            } else {
                return Poll::Ready(Some(self.hand_out(bytes)));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len())
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("len", &self.len()).finish_non_exhaustive()
    }
}
