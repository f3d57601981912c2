//! A request's body as the transport reads it: the core's `Outgoing` over the photo's
//! file.
//!
//! It has an exact length and is never sent in chunks. It buffers nothing: a file goes
//! straight into the transport's own buffer.

use std::fmt;
use std::io::{Read, Result};
use std::sync::Arc;

use removit_proto::{AttemptInfo, Body, Observer, Outgoing, Sent, TransportFailure};

use crate::files::{Content, PhotoReader};
use crate::read_on::read_on;

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

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use removit_proto::{Action, ApiKey, Endpoint, Instant, Machine, Seed, Upload, UploadPolicy};

    use super::*;
    use crate::Photo;

    /// What was told as sent.
    #[derive(Default)]
    struct Told(Mutex<Vec<(u64, u64)>>);

    impl Observer for Told {
        fn sent(&self, _: &AttemptInfo, sent: u64, total: u64) {
            self.0.lock().unwrap().push((sent, total));
        }
    }

    fn body(observer: Arc<Told>) -> RequestBody {
        let photo = Photo::from_bytes("cup.png", &b"\x89PNG\r\n\x1a\n"[..]).unwrap();
        let endpoint = Endpoint::production(ApiKey::new("my-key").unwrap());
        let (policy, now) = (UploadPolicy::default(), Instant::ORIGIN);
        let request = photo.request().clone();
        let mut upload = Upload::new(endpoint, request, policy, Seed::new(1), now);
        let Action::Send(attempt) = upload.next_action(now) else { panic!() };
        let info = AttemptInfo::of(&attempt);
        let body = attempt.request.into_body();
        RequestBody::open(body, Some(photo.content()), info, observer).unwrap().0
    }

    #[test]
    fn a_body_is_shown_by_its_length() {
        let body = body(Arc::default());
        let expected = format!("RequestBody {{ len: {}, .. }}", body.len());
        assert_eq!(format!("{body:?}"), expected);
    }

    #[test]
    fn an_observer_is_told_of_bytes_and_not_of_their_end() {
        let told = Arc::new(Told::default());
        let observer = Arc::clone(&told);
        let mut body = body(observer);
        let total = body.len();
        body.read_to_end(&mut Vec::new()).unwrap();
        let told = told.0.lock().unwrap().clone();
        assert!(told.is_sorted_by(|one, next| one < next), "{told:?}");
        assert_eq!(told.last(), Some(&(total, total)));
    }
}
