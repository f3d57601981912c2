//! A request's body as the transport reads it: the core's `Outgoing` over the photo's
//! file.
//!
//! It has an exact length and is never sent in chunks. It buffers nothing: a file goes
//! straight into the transport's own buffer.

use std::fmt;
use std::io::{ErrorKind, Read, Result};
use std::sync::Arc;

use removit_proto::{AttemptInfo, Body, Observer, Outgoing, Sent, TransportFailure};

use crate::files::{Content, PhotoReader};

/// The body of a request, for a [`Transport`](crate::Transport) to send.
///
/// Read it to its end with [`Read`], with a buffer of some 128 KiB. An error
/// means that the photo could not be read, or that nobody waits for the request
/// any more: break the connection then.
pub struct RequestBody {
    outgoing: Outgoing,
    /// Where the photo is not in memory.
    photo: Option<PhotoReader>,
    total: u64,
    info: AttemptInfo,
    observer: Arc<dyn Observer>,
}

impl RequestBody {
    /// The body of one attempt, and what is known of how much of it left. The photo's
    /// file is opened here, so that a file that is gone costs no connection.
    pub(crate) fn open(
        body: Body,
        content: Option<&Content>,
        info: AttemptInfo,
        observer: Arc<dyn Observer>,
    ) -> std::result::Result<(Self, Sent), TransportFailure> {
        let (body, photo) = match content {
            Some(Content::Bytes(bytes)) => (body.with_photo(bytes.clone()), None),
            Some(content) if body.photo_len() == content.promised_len() => {
                let opened = content.open();
                (body, opened.map_err(|error| TransportFailure::source(error.to_string()))?)
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
}

impl Read for RequestBody {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let photo = &mut self.photo;
        let read = self.outgoing.fill(buf, |buf| match photo {
            Some(file) => read_on(file, buf),
            None => Ok(0),
        })?;
        if read > 0 {
            self.observer.sent(&self.info, self.total.saturating_sub(self.len()), self.total);
        }
        Ok(read)
    }
}

fn read_on(file: &mut PhotoReader, buf: &mut [u8]) -> Result<usize> {
    loop {
        match file.read(buf) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("len", &self.len()).finish_non_exhaustive()
    }
}
