//! A whole exchange in virtual time: an attempt of a machine in, its outcome out.
//!
//! Plays the driver, the wire and the vendor at once, for tests of whatever
//! decides about attempts. No time passes here: the answer says when it comes.

use core::time::Duration;

use bytes::{Bytes, BytesMut};

use super::machine::Simulator;
use super::received::Origin;
use super::reply::{Reply, Wire};
use crate::transport::attempt::{ANSWER_LIMIT, Attempt, Sink};
use crate::transport::outcome::Outcome;
use crate::transport::transport_failure::{Reach, TransportFailure};
use crate::{Instant, ResultKind, Segment};

/// What came of an attempt.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempted {
    /// When the driver knows: never after the attempt's deadline.
    pub at: Instant,
    /// What it hands to the machine.
    pub outcome: Outcome,
    /// What the caller's file holds then; empty but for downloads.
    pub file: Bytes,
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
        let at = now + reply.takes();
        if at >= attempt.deadline {
            let silence =
                TransportFailure::timed_out(Reach::MaybeSent, "no answer by the deadline");
            let (at, outcome) = (attempt.deadline, Outcome::Failed(silence));
            return Attempted { at, outcome, file: reply.before_the_silence(attempt.sink) };
        }
        let (outcome, file) = reply.outcome(attempt.sink);
        Attempted { at, outcome, file }
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

    /// What a file holds of an answer that stopped without an end.
    fn before_the_silence(&self, sink: Sink) -> Bytes {
        let body = self.response.body();
        match (self.wire, sink) {
            (Wire::Stall { after }, Sink::File { .. }) if self.response.status().is_success() => {
                body.slice(..after.min(body.len()))
            }
            _ => Bytes::new(),
        }
    }

    /// What a driver makes of it, and what is in its file.
    fn outcome(self, sink: Sink) -> (Outcome, Bytes) {
        let Self { response, wire, .. } = self;
        let to_file = match sink {
            Sink::File { limit } if response.status().is_success() => Some(limit),
            _ => None,
        };
        let came = match wire {
            Wire::DropBeforeAnswer => {
                let closed = TransportFailure::broken(Reach::MaybeSent, "closed without an answer");
                return (Outcome::Failed(closed), Bytes::new());
            }
            Wire::CutBody { after } | Wire::Stall { after } => after.min(response.body().len()),
            Wire::Whole | Wire::Drip { .. } => response.body().len(),
        };
        let cut_off = came < response.body().len();
        let body = response.body().slice(..came);
        let len = u64::try_from(came).unwrap_or(u64::MAX);
        match to_file {
            Some(limit) if len > limit => {
                (Outcome::Failed(TransportFailure::TooLarge { limit }), Bytes::new())
            }
            Some(_) if cut_off => {
                let broken = TransportFailure::broken(Reach::MaybeSent, "the answer was cut off");
                (Outcome::Failed(broken), body)
            }
            Some(_) => {
                let start = body.slice(..body.len().min(ResultKind::START_LEN));
                (Outcome::stored(response.map(|_| ()), len, start), body)
            }
            None => {
                let limit = match sink {
                    Sink::Memory { limit } => limit,
                    Sink::File { .. } => ANSWER_LIMIT,
                };
                let kept = body.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
                let answer = response.map(|_| body.slice(..kept));
                let whole = !cut_off && kept == body.len();
                let outcome =
                    if whole { Outcome::Response(answer) } else { Outcome::Partial(answer) };
                (outcome, Bytes::new())
            }
        }
    }
}
