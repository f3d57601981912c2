//! The machine that fetches one result into the caller's file.
//!
//! No request of it carries the API key. Each redirect is checked by the rules
//! for result URLs (contract, rule 8), and at most five are followed. A retry
//! starts again at the result's own URL, whose redirects may have expired; where the
//! server allows it, it asks for what is missing alone.
//! The file gets its final name only after `Done(Ok(_))`: that is the driver's part.

use core::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::api::content_length::content_length;
use crate::api::download_request::DownloadRequest;
use crate::api::excerpt::Excerpt;
use crate::api::result_kind::{NotAnImage, ResultKind};
use crate::api::result_url::ResultUrl;
use crate::api::retry_after::retry_after;
use crate::api::seed::Seed;
use crate::machine::download_error::DownloadError;
use crate::machine::download_part::Part;
use crate::machine::download_policy::DownloadPolicy;
use crate::machine::downloaded::Downloaded;
use crate::machine::{Action, InFlight, Machine, Wakeup, deadline_after};
use crate::transport::attempt::{Attempt, Sink, Step};
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::transport::outcome::Outcome;
use crate::transport::time::Instant;
use crate::transport::transport_failure::TransportFailure;

/// The machine that fetches one result.
///
/// Its state is not stored: a new process begins anew with the [`ResultUrl`], which can
/// be, or where that has expired with the job's id, and loses no more than bytes.
///
/// ```text
/// Ready ──► Fetching ──► Done(Ok)   2xx, whole in the file
///   ▲        ▲   │ ────► Done(Err)  refused, unsafe redirect, too large, disk full
///   │        │   ▼
///   │       Waiting                 5xx, 429, broken, silent, wrong length, no image
///   └────────────┘                  redirect, at most five
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    first_url: ResultUrl,
    url: ResultUrl,
    policy: DownloadPolicy,
    seed: Seed,
    started: Instant,
    sent: u64,
    attempts: u32,
    redirects: u32,
    /// What is in the file by now.
    part: Option<Part>,
    phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Ready,
    Fetching { flight: InFlight, asked: Asked },
    Waiting { wakeup: Wakeup, last: DownloadError },
    Done(Result<Downloaded, DownloadError>),
}

/// What an attempt asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// All of the result.
    All,
    /// What is missing behind the part.
    Rest,
}

impl Download {
    /// A download that starts at `now`.
    #[must_use]
    pub fn new(url: ResultUrl, policy: DownloadPolicy, seed: Seed, now: Instant) -> Self {
        Self {
            first_url: url.clone(),
            url,
            policy,
            seed,
            started: now,
            sent: 0,
            attempts: 0,
            redirects: 0,
            part: None,
            phase: Phase::Ready,
        }
    }

    /// The attempt whose outcome is awaited, if one is.
    #[must_use]
    pub const fn in_flight(&self) -> Option<AttemptId> {
        match &self.phase {
            Phase::Fetching { flight, .. } => Some(Self::id(self.seed, flight.number)),
            _ => None,
        }
    }

    /// Until when the download waits to be sent again, and why.
    pub(crate) const fn waiting(&self) -> Option<Wakeup> {
        match &self.phase {
            Phase::Waiting { wakeup, .. } => Some(*wakeup),
            _ => None,
        }
    }

    pub(crate) const fn end(&self) -> Option<&Result<Downloaded, DownloadError>> {
        match &self.phase {
            Phase::Done(end) => Some(end),
            _ => None,
        }
    }

    const fn id(seed: Seed, number: u64) -> AttemptId {
        AttemptId::new(MachineKind::Download, seed, number)
    }

    fn send(&mut self, now: Instant) -> Action<Result<Downloaded, DownloadError>> {
        let deadline = deadline_after(now, self.policy.attempt_timeout);
        if deadline <= now {
            let failure = TransportFailure::no_time_left();
            let error = DownloadError::Transport(failure);
            self.phase = Phase::Done(Err(error.clone()));
            return Action::Done(Err(error));
        }
        self.sent = self.sent.saturating_add(1);
        if self.redirects == 0 {
            self.attempts = self.attempts.saturating_add(1);
        }
        let number = self.sent;
        let id = Self::id(self.seed, number);
        let silence = Some(self.policy.silence);
        let limit = self.policy.max_len;
        let url = self.url.clone();
        let (request, sink, asked) = match self.part.as_ref().filter(|part| part.is_of(&url)) {
            Some(part) => (part.ask(url), Sink::File { limit, from: part.len() }, Asked::Rest),
            None => (DownloadRequest::new(url), Sink::file(limit), Asked::All),
        };
        self.phase = Phase::Fetching { flight: InFlight { number, deadline }, asked };
        let request = request.to_http();
        let (step, job_id, input) = (Step::Result, None, None);
        let resent = number.saturating_sub(1);
        Action::Send(Attempt { id, step, job_id, input, resent, request, deadline, silence, sink })
    }

    fn settle(&mut self, now: Instant, asked: Asked, outcome: Outcome) {
        match outcome {
            Outcome::Stored { head, len, start } => {
                self.settle_stored(now, asked, &head, len, &start);
            }
            Outcome::StoredPart { head, len, start, failure } => {
                self.keep_part(now, asked, &head, len, &start);
                self.settle_failure(now, failure);
            }
            Outcome::Response(answer) | Outcome::Partial(answer) => self.settle_head(now, &answer),
            Outcome::Failed(failure) => self.settle_failure(now, failure),
        }
    }

    fn settle_failure(&mut self, now: Instant, failure: TransportFailure) {
        let for_good = failure.is_lasting() || matches!(failure, TransportFailure::TooLarge { .. });
        let error = DownloadError::Transport(failure);
        if for_good { self.give_up(error) } else { self.retry(now, error, None) }
    }

    /// What the file holds after an answer that may have a rest.
    fn keep_part(
        &mut self,
        now: Instant,
        asked: Asked,
        head: &Response<()>,
        len: u64,
        start: &Bytes,
    ) {
        let before = self.part.take();
        let begun = before.as_ref().map_or(0, Part::len);
        self.part = match before.filter(|_| asked == Asked::Rest) {
            Some(part) if head.status() == StatusCode::PARTIAL_CONTENT => {
                let total = part.rest(head).filter(|_| len >= part.len());
                total.map(|total| part.grown(len, total, start))
            }
            _ => Part::of(&self.url, head, len, start),
        };
        if self.part.as_ref().is_some_and(|part| part.len() > begun) {
            self.started = now;
        }
    }

    fn settle_stored(
        &mut self,
        now: Instant,
        asked: Asked,
        head: &Response<()>,
        len: u64,
        start: &Bytes,
    ) {
        let rest = match (&self.part, asked) {
            (Some(part), Asked::Rest) => {
                part.rest(head).map(|total| (total, part.start_before(start)))
            }
            _ => None,
        };
        let (expected, begins) = match &rest {
            Some((total, begins)) => (*total, begins),
            None => (content_length(head.headers()), start),
        };
        if rest.is_none() && matches!(head.status().as_u16(), 202 | 204..=206) {
            self.part = None;
            let asked = retry_after(head.headers());
            return self.retry(now, DownloadError::NotDelivered(head.status()), asked);
        }
        if len == 0 || expected.is_some_and(|expected| expected != len) {
            if expected.is_some_and(|expected| len < expected) {
                self.keep_part(now, asked, head, len, start);
            } else {
                self.part = None;
            }
            return self.retry(now, DownloadError::WrongLength { expected, received: len }, None);
        }
        let kind = match ResultKind::from_bytes(begins) {
            Ok(kind) => kind,
            Err(what) => {
                let asked = retry_after(head.headers());
                let excerpt = excerpt(what, begins);
                self.part = None;
                return self.retry(now, DownloadError::NotAnImage { what, excerpt }, asked);
            }
        };
        let content_type = head.headers().get(header::CONTENT_TYPE);
        self.phase = Phase::Done(Ok(Downloaded {
            url: self.url.clone(),
            len,
            content_type: content_type.and_then(|v| v.to_str().ok()).map(str::to_owned),
            kind,
        }));
    }

    fn settle_head(&mut self, now: Instant, answer: &Response<Bytes>) {
        let status = answer.status();
        let location = answer.headers().get(header::LOCATION);
        match status.as_u16() {
            301 | 302 | 303 | 307 | 308 => match location {
                Some(location) => self.follow(location),
                None => self.give_up(DownloadError::LostRedirect(status)),
            },
            202 | 204..=206 => {
                let asked = retry_after(answer.headers());
                self.retry(now, DownloadError::NotDelivered(status), asked);
            }
            // 2xx without its body in the file: nothing was delivered.
            200..=299 => {
                let expected = content_length(answer.headers());
                self.retry(now, DownloadError::WrongLength { expected, received: 0 }, None);
            }
            // There is no such rest: the result is another one by now.
            416 if self.part.is_some() => {
                self.part = None;
                self.retry(now, DownloadError::NotDelivered(status), None);
            }
            408 | 425 | 429 | 500..=599 => {
                self.retry(now, DownloadError::Server(status), retry_after(answer.headers()));
            }
            _ => self.give_up(DownloadError::Refused(status)),
        }
    }

    fn follow(&mut self, location: &HeaderValue) {
        if self.redirects >= self.policy.max_redirects {
            return self.give_up(DownloadError::TooManyRedirects);
        }
        match self.url.redirected_by(location) {
            Ok(url) => {
                self.redirects = self.redirects.saturating_add(1);
                self.url = url;
                self.phase = Phase::Ready;
            }
            Err(error) => self.give_up(DownloadError::UnsafeRedirect(error)),
        }
    }

    fn retry(&mut self, now: Instant, error: DownloadError, asked: Option<Duration>) {
        let retry = &self.policy.retry;
        let Some(wakeup) = retry.next(self.started, self.attempts, asked, self.seed, now) else {
            return self.give_up(error);
        };
        self.url = self.first_url.clone();
        self.redirects = 0;
        self.phase = Phase::Waiting { wakeup, last: error };
    }

    fn give_up(&mut self, error: DownloadError) {
        self.phase = Phase::Done(Err(error));
    }
}

impl Machine for Download {
    type Output = Result<Downloaded, DownloadError>;

    fn next_action(&mut self, now: Instant) -> Action<Self::Output> {
        if let Phase::Fetching { flight, .. } = &self.phase {
            if let Some(wakeup) = flight.wakeup(now) {
                return Action::SleepUntil(wakeup);
            }
            // Nobody knows what it left in the file.
            self.part = None;
            self.retry(now, DownloadError::Transport(TransportFailure::lost()), None);
        }
        if let Phase::Waiting { wakeup, last } = &self.phase {
            if now < wakeup.at {
                return Action::SleepUntil(*wakeup);
            }
            if self.policy.retry.is_over(self.started, now) {
                let last = last.clone();
                self.give_up(last);
            }
        }
        match &self.phase {
            Phase::Done(end) => Action::Done(end.clone()),
            _ => self.send(now),
        }
    }

    fn handle(&mut self, now: Instant, attempt: AttemptId, outcome: Outcome) {
        if let Phase::Fetching { asked, .. } = self.phase {
            if self.in_flight() == Some(attempt) {
                self.settle(now, asked, outcome);
            }
        }
    }
}

/// What an operator is shown of a body that is text.
fn excerpt(what: NotAnImage, start: &[u8]) -> Excerpt {
    match what {
        NotAnImage::Compressed | NotAnImage::Unknown => Excerpt::default(),
        _ => Excerpt::unsigned(&String::from_utf8_lossy(start)),
    }
}
