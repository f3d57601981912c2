//! A whole exchange in virtual time: an attempt of a machine in, its outcome out.
//!
//! Plays the driver, the wire and the vendor at once, for tests of whatever
//! decides about attempts. No time passes here: the answer says when it comes.

use core::time::Duration;

use bytes::{Bytes, BytesMut};

use super::kind::Origin;
use super::machine::Simulator;
use super::reply::{Reply, Wire};
use crate::transport::attempt::{Attempt, Sink};
use crate::transport::incoming::Incoming;
use crate::transport::outcome::Outcome;
use crate::transport::transport_failure::{Reach, TransportFailure};
use crate::{Instant, Segment};

/// What came of an attempt.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempted {
    /// When the driver knows: never after the attempt's deadline.
    pub at: Instant,
    /// What it hands to the machine.
    pub outcome: Outcome,
    /// What was written to the caller's file, behind as much of it as [`file_from`]
    /// says; empty but for downloads.
    ///
    /// [`file_from`]: Self::file_from
    pub file: Bytes,
    /// To how many bytes the file was cut before; `None` where it was not touched.
    pub file_from: Option<u64>,
}

impl Attempted {
    /// Does to a file what was done to the caller's.
    pub fn write_to(&self, file: &mut Vec<u8>) {
        if let Some(from) = self.file_from {
            file.truncate(usize::try_from(from).unwrap_or(usize::MAX));
            file.extend_from_slice(&self.file);
        }
    }
}

impl Simulator {
    /// Carries an attempt to the vendor and back, with a driver that makes no
    /// mistake. `photo` stands for the body's [`Segment::File`].
    ///
    /// ```
    /// use removit_proto::simulator::{Config, Simulator};
    /// use removit_proto::{
    ///     Action, ApiKey, Endpoint, Instant, Machine, Seed, Upload, UploadPolicy, UploadRequest,
    /// };
    ///
    /// let mut vendor = Simulator::new(Config::instant());
    /// let endpoint = Endpoint::new("https://api.example.com", ApiKey::new("any")?)?;
    /// let request = UploadRequest::from_url("https://example.com/cup.jpg".parse()?);
    /// let now = Instant::ORIGIN;
    /// let mut upload = Upload::new(endpoint, request, UploadPolicy::default(), Seed::new(1), now);
    ///
    /// let Action::Send(attempt) = upload.next_action(now) else { unreachable!() };
    /// let id = attempt.id;
    /// let attempted = vendor.attempt(now, attempt, b"");
    /// upload.handle(attempted.at, id, attempted.outcome);
    /// assert!(matches!(upload.next_action(attempted.at), Action::Done(Ok(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attempt(&mut self, now: Instant, attempt: Attempt, photo: &[u8]) -> Attempted {
        let (head, body) = attempt.request.into_parts();
        let mut bytes = BytesMut::new();
        for segment in body.segments() {
            match segment {
                Segment::Bytes(part) => bytes.extend_from_slice(part),
                Segment::File { .. } => bytes.extend_from_slice(photo),
            }
        }
        let origin = self.origin_of(&head.uri);
        let request = http::Request::from_parts(head, bytes.freeze());
        let reply = self.exchange(now, origin, request);
        reply.arrive(now, attempt.deadline, attempt.silence, attempt.sink)
    }

    fn origin_of(&self, uri: &http::Uri) -> Origin {
        let (scheme, authority) = (uri.scheme_str(), uri.authority());
        let base = format!(
            "{}://{}",
            scheme.unwrap_or_default(),
            authority.map_or("", http::uri::Authority::as_str)
        );
        if self.api_base().starts_with(&base) { Origin::Api } else { Origin::Results }
    }
}

impl Reply {
    /// From the request's arrival to the last byte of the answer.
    #[must_use]
    pub fn takes(&self) -> Duration {
        match self.wire {
            Wire::Drip { chunk, every } => {
                let pieces = self.response.body().len().div_ceil(chunk.max(1));
                let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
                self.delay.saturating_add(every.saturating_mul(pieces))
            }
            Wire::Stall { .. } => Duration::MAX,
            _ => self.delay,
        }
    }

    /// What a driver makes of it by its deadline, and what it writes.
    fn arrive(
        self,
        now: Instant,
        deadline: Instant,
        silence: Option<Duration>,
        sink: Sink,
    ) -> Attempted {
        let heard_by = |last: Instant| silence.map_or(deadline, |s| deadline.min(last + s));
        let head_at = now + self.delay;
        if head_at >= heard_by(now) {
            let failure =
                TransportFailure::timed_out(Reach::MaybeSent, "no answer by the deadline");
            return Attempted::failed(heard_by(now), failure);
        }
        let all = self.response.body().len();
        let (came, at, stopped) = match self.wire {
            Wire::DropBeforeAnswer => {
                let closed = TransportFailure::broken(Reach::MaybeSent, "closed without an answer");
                return Attempted::failed(head_at, closed);
            }
            Wire::CutBody { after } if after < all => (after, head_at, Some(cut_off())),
            Wire::Whole | Wire::CutBody { .. } => (all, head_at, None),
            Wire::Stall { after } => (after.min(all), heard_by(head_at), Some(too_late())),
            Wire::Drip { chunk, every } => {
                let pieces = all.div_ceil(chunk.max(1));
                let ends =
                    head_at + every.saturating_mul(u32::try_from(pieces).unwrap_or(u32::MAX));
                if heard_by(head_at) <= head_at + every && all > 0 {
                    (0, heard_by(head_at), Some(too_late()))
                } else if ends < deadline {
                    (all, ends, None)
                } else {
                    let pieces = (deadline - head_at).as_nanos().checked_div(every.as_nanos());
                    let pieces = usize::try_from(pieces.unwrap_or_default()).unwrap_or(usize::MAX);
                    (chunk.max(1).saturating_mul(pieces).min(all), deadline, Some(too_late()))
                }
            }
        };
        let (head, body) = self.response.into_parts();
        let mut incoming = Incoming::new(head, sink);
        let file_from = incoming.file_from();
        let file = Bytes::copy_from_slice(incoming.take(body.get(..came).unwrap_or_default()));
        let outcome = match stopped {
            None => incoming.end(),
            Some(failure) => incoming.broken(failure),
        };
        Attempted { at, outcome, file, file_from }
    }
}

impl Attempted {
    fn failed(at: Instant, failure: TransportFailure) -> Self {
        Self { at, outcome: Outcome::Failed(failure), file: Bytes::new(), file_from: None }
    }
}

fn cut_off() -> TransportFailure {
    TransportFailure::broken(Reach::MaybeSent, "the answer was cut off")
}

fn too_late() -> TransportFailure {
    TransportFailure::timed_out(Reach::MaybeSent, "the answer stopped")
}
