//! A small correct transport over plain sockets, and every way to break it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Error, ErrorKind, Seek, Write};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri};
use removit_proto::conformance::Exchange;
use removit_proto::{Body, FirstBytes, Outcome, Reach, Segment, Sink, TransportFailure};

use crate::defect::Defect;
use crate::wire::Wire;

/// What a body for memory may hold of an answer that belongs into a file.
const ANSWER_LIMIT: u64 = 1 << 20;

#[derive(Default)]
pub(crate) struct Reference {
    defect: Option<Defect>,
    /// Connections that are kept, by authority.
    idle: Mutex<HashMap<String, Wire>>,
    /// Answers that a defect gives to the wrong exchange, by authority.
    stray: Mutex<HashMap<String, (usize, Option<Bytes>)>>,
    key: Mutex<Option<HeaderValue>>,
}

/// How much of the request left, and why no more of it or no answer came.
struct Broken {
    whole: bool,
    error: Error,
}

impl Reference {
    pub(crate) fn with(defect: Defect) -> Self {
        Self { defect: Some(defect), ..Self::default() }
    }

    pub(crate) fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    pub(crate) fn exchange(&self, exchange: Exchange) -> Outcome {
        self.exchange_over(exchange, |_| ())
    }

    /// `connected` sees each connection before it is used.
    pub(crate) fn exchange_over(&self, exchange: Exchange, connected: impl Fn(&Wire)) -> Outcome {
        let Exchange { attempt, time_left, photo, file, .. } = exchange;
        let (sink, mut request) = (attempt.sink, attempt.request);
        let limit = || (!self.has(Defect::IgnoresTheDeadline)).then(|| Instant::now() + time_left);
        let mut deadline = limit();
        let body = match self.body(request.body(), &photo) {
            Ok(body) => body,
            Err(failure) => return Outcome::Failed(failure),
        };
        self.spoil(&mut request);
        let mut sent_before = false;
        for _ in 0..4 {
            let outcome = self.once(&request, &body, sink, file.as_ref(), deadline, &connected);
            let redirect = match &outcome {
                Outcome::Response(answer) if self.has(Defect::FollowsRedirects) => target(answer),
                _ => None,
            };
            if let Some(target) = redirect {
                *request.uri_mut() = against(request.uri(), &target);
            } else if !sent_before && !body.is_empty() && self.sends_again(&outcome) {
                sent_before = true;
                if self.has(Defect::SendsAgainAfterTheDeadline) {
                    deadline = limit();
                }
            } else {
                return outcome;
            }
        }
        Outcome::Failed(TransportFailure::broken(Reach::MaybeSent, "redirected for ever"))
    }

    fn sends_again(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Failed(TransportFailure::TimedOut { .. }) => {
                self.has(Defect::SendsAgainAfterTheDeadline)
            }
            Outcome::Failed(failure) => self.has(Defect::SendsAgain) && !failure.is_not_sent(),
            Outcome::Response(answer) => {
                self.has(Defect::SendsAgainWhenRefused) && answer.status() == 503
            }
            _ => false,
        }
    }

    fn body(&self, body: &Body, photo: &[u8]) -> Result<Vec<u8>, TransportFailure> {
        let mut wire = Vec::new();
        for segment in body.segments() {
            match segment {
                Segment::Bytes(bytes) => wire.extend_from_slice(bytes),
                Segment::File { len } if *len == photo.len() as u64 => {
                    wire.extend_from_slice(photo);
                }
                Segment::File { len } if self.has(Defect::FillsUpThePhoto) => {
                    wire.extend_from_slice(photo);
                    wire.resize(wire.len() + *len as usize - photo.len(), 0);
                }
                _ => return Err(TransportFailure::source("the photo is not the one promised")),
            }
        }
        Ok(wire)
    }

    /// The defects of a request.
    fn spoil(&self, request: &mut Request<Body>) {
        let headers = request.headers_mut();
        let mut seen = self.key.lock().unwrap();
        if let Some(key) = headers.get("x-api-key") {
            *seen = Some(key.clone());
        } else if let (true, Some(key)) = (self.has(Defect::TakesTheKeyEverywhere), &*seen) {
            headers.insert("x-api-key", key.clone());
        } else if let Some(bearer) = headers.get("authorization") {
            let key = bearer.to_str().unwrap().strip_prefix("Bearer ").unwrap();
            *seen = Some(key.parse().unwrap());
        } else if let Some(key) = &*seen {
            let key = key.to_str().unwrap();
            if self.has(Defect::TakesTheKeyAsBearer) {
                headers.insert("authorization", format!("Bearer {key}").parse().unwrap());
            } else if self.has(Defect::TakesTheKeyInBase64) {
                let user = STANDARD.encode(format!("shop:{key}"));
                headers.insert("x-client", user.parse().unwrap());
            }
        }
        if self.has(Defect::AddsACookie) {
            headers.insert("cookie", HeaderValue::from_static("seen=1"));
        }
        if self.has(Defect::AddsAHeader) {
            headers.insert("accept-language", HeaderValue::from_static("en"));
        }
        if self.has(Defect::CutsLargeUploads) && body_len(headers) > 8 << 20 {
            headers.insert("content-length", HeaderValue::from_static("8388608"));
        }
        if self.has(Defect::SendsInChunks) && headers.remove("content-length").is_some() {
            headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
        }
    }

    fn once(
        &self,
        request: &Request<Body>,
        body: &[u8],
        sink: Sink,
        file: Option<&File>,
        deadline: Option<Instant>,
        connected: &impl Fn(&Wire),
    ) -> Outcome {
        let authority = request.uri().authority().unwrap().to_string();
        // A kept connection may be closing: an upload has one of its own.
        let kept = body.is_empty().then(|| self.idle.lock().unwrap().remove(&authority)).flatten();
        let wire = match kept {
            Some(wire) => Ok(Wire { deadline, ..wire }),
            None => Wire::connect(authority.parse::<SocketAddr>().unwrap(), deadline, self.defect),
        };
        let mut wire = match wire {
            Ok(wire) => wire,
            Err(error) if self.has(Defect::CallsARefusedConnectionSent) => {
                return Outcome::Failed(self.failure(&Broken { whole: true, error }));
            }
            Err(error) => return Outcome::Failed(self.no_connection(&error)),
        };
        connected(&wire);
        self.enter(&authority);
        let outcome = match self.answer(&mut wire, request, body) {
            Ok(head) => self.receive(&mut wire, head, sink, file),
            Err(broken) => Outcome::Failed(self.failure(&broken)),
        };
        let outcome = self.leave(&authority, outcome);
        if let Outcome::Response(answer) = &outcome {
            let clean = wire.input.is_empty() || self.has(Defect::TakesLeftOvers);
            if clean && answer.headers().get("connection").is_none_or(|value| value != "close") {
                self.idle.lock().unwrap().insert(authority, wire);
            }
        }
        outcome
    }

    /// Sends the request and reads the head of its answer, also where the server
    /// hung up before it had read all.
    fn answer(
        &self,
        wire: &mut Wire,
        request: &Request<Body>,
        body: &[u8],
    ) -> Result<Response<()>, Broken> {
        let mut bytes = self.head_of(request).into_bytes();
        if self.has(Defect::SendsInChunks) && !body.is_empty() {
            bytes.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
            bytes.extend_from_slice(body);
            bytes.extend_from_slice(b"\r\n0\r\n\r\n");
        } else {
            bytes.extend_from_slice(body);
        }
        let (written, sent) = wire.write(&bytes);
        let whole = written == bytes.len();
        let broken = |error| Broken { whole, error };
        match sent {
            Err(error) if is_timeout(&error) || self.has(Defect::LosesEarlyAnswers) => {
                Err(broken(error))
            }
            Err(error) => wire.head().map_err(|_| broken(error)),
            Ok(()) => wire.head().map_err(broken),
        }
    }

    fn head_of(&self, request: &Request<Body>) -> String {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let target = match target.split_once("/./") {
            Some((before, after)) if self.has(Defect::TidiesPaths) => format!("{before}/{after}"),
            _ => target.to_owned(),
        };
        let authority = request.uri().authority().unwrap();
        let has_key =
            ["x-api-key", "authorization"].iter().any(|name| request.headers().contains_key(*name));
        let target = match &*self.key.lock().unwrap() {
            Some(key) if !has_key && self.has(Defect::TakesTheKeyAlongInTheUrl) => {
                format!("{target}&key={}", key.to_str().unwrap())
            }
            _ => target,
        };
        let mut head = format!("{} {target} HTTP/1.1\r\nhost: {authority}\r\n", request.method());
        for (name, value) in request.headers() {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        head + "\r\n"
    }

    fn receive(
        &self,
        wire: &mut Wire,
        mut head: Response<()>,
        sink: Sink,
        file: Option<&File>,
    ) -> Outcome {
        if self.has(Defect::LosesHeaders) {
            head.headers_mut().remove("retry-after");
        }
        let status = head.status();
        let dropped = match self.defect {
            Some(Defect::DropsRefusals) => status.is_client_error(),
            Some(Defect::DropsServerErrors) => status.is_server_error(),
            Some(Defect::NeedsALocation) => {
                status.is_redirection() && !head.headers().contains_key("location")
            }
            _ => false,
        };
        if dropped {
            let failure = TransportFailure::broken(Reach::MaybeSent, "the server refused");
            return Outcome::Failed(failure);
        }
        let into_file = head.status().is_success() || self.has(Defect::StoresRefusals);
        match sink {
            Sink::File { limit, .. } if into_file => self.store(wire, head, file.unwrap(), limit),
            Sink::Memory { limit } => self.collect(wire, head, limit),
            _ => self.collect(wire, head, ANSWER_LIMIT),
        }
    }

    fn collect(&self, wire: &mut Wire, mut head: Response<()>, limit: u64) -> Outcome {
        let limit = limit as usize;
        let bounded = !self.has(Defect::ReadsWithoutBound);
        let mut body = Vec::new();
        let read = wire.body(&head, |piece| {
            body.extend_from_slice(piece);
            if bounded && body.len() > limit { Err(ErrorKind::FileTooLarge.into()) } else { Ok(()) }
        });
        if self.has(Defect::CallsADripTimedOut) && read.as_ref().is_err_and(is_timeout) {
            return Outcome::Failed(TransportFailure::timed_out(
                Reach::MaybeSent,
                "no whole answer",
            ));
        }
        let whole = (read.is_ok() && body.len() <= limit) || self.has(Defect::TakesHalfForWhole);
        body.truncate(limit);
        if self.has(Defect::Decompresses) && head.headers_mut().remove("content-encoding").is_some()
        {
            body.clear();
        }
        let answer = head.map(|()| Bytes::from(body));
        if whole { Outcome::Response(answer) } else { Outcome::Partial(answer) }
    }

    fn store(&self, wire: &mut Wire, head: Response<()>, mut file: &File, limit: u64) -> Outcome {
        if !self.has(Defect::KeepsTheOldFile) {
            file.set_len(0).unwrap();
        }
        file.rewind().unwrap();
        let bounded = !self.has(Defect::StoresWithoutBound);
        let mut len = 0;
        let (mut held_back, mut start) = (Vec::new(), FirstBytes::default());
        let read = wire.body(&head, |piece| {
            if bounded && len + piece.len() as u64 > limit {
                return Err(ErrorKind::FileTooLarge.into());
            }
            len += piece.len() as u64;
            start.take(piece);
            if self.has(Defect::LosesTheLastPiece) {
                let earlier = std::mem::replace(&mut held_back, piece.to_vec());
                return file.write_all(&earlier);
            }
            file.write_all(piece)
        });
        match read {
            Err(error) if error.kind() == ErrorKind::FileTooLarge => {
                Outcome::Failed(TransportFailure::TooLarge { limit })
            }
            Err(error) if !self.has(Defect::StoresHalf) => {
                Outcome::Failed(self.failure(&Broken { whole: true, error }))
            }
            _ => Outcome::stored(head, len, start),
        }
    }

    fn failure(&self, broken: &Broken) -> TransportFailure {
        let sent = match self.defect {
            Some(Defect::CallsItNotSent) => false,
            Some(Defect::NeverCallsItNotSent) => true,
            _ => broken.whole,
        };
        let reach = if sent { Reach::MaybeSent } else { Reach::NotSent };
        let detail = match &*self.key.lock().unwrap() {
            Some(key) if self.has(Defect::TellsTheKeyInErrors) => key.to_str().unwrap().to_owned(),
            Some(key) if self.has(Defect::TellsTheKeyInBase64) => STANDARD.encode(key),
            _ => broken.error.to_string(),
        };
        if is_timeout(&broken.error) {
            TransportFailure::timed_out(reach, detail)
        } else {
            TransportFailure::broken(reach, detail)
        }
    }

    fn no_connection(&self, error: &Error) -> TransportFailure {
        match &*self.key.lock().unwrap() {
            Some(key) if self.has(Defect::TellsTheKeyWhenRefused) => TransportFailure::connect(
                format!("{error}, with the key {}", key.to_str().unwrap()),
            ),
            _ => TransportFailure::connect(error.to_string()),
        }
    }

    fn enter(&self, authority: &str) {
        self.stray.lock().unwrap().entry(authority.to_owned()).or_default().0 += 1;
    }

    /// Gives an answer away where another exchange with this server is under way.
    fn leave(&self, authority: &str, outcome: Outcome) -> Outcome {
        let mut stray = self.stray.lock().unwrap();
        let (under_way, earlier) = stray.get_mut(authority).unwrap();
        *under_way -= 1;
        match outcome {
            Outcome::Response(answer) if self.has(Defect::CrossesAnswers) && *under_way > 0 => {
                let mine = answer.body().clone();
                let theirs = earlier.replace(mine.clone()).unwrap_or(mine);
                Outcome::Response(answer.map(|_| theirs))
            }
            outcome => outcome,
        }
    }

    pub(crate) fn shown(&self) -> String {
        let key = self.key.lock().unwrap().as_ref().map(|key| key.to_str().unwrap().to_owned());
        match key {
            Some(key) if self.has(Defect::ShowsTheKey) => format!("Reference {{ key: {key} }}"),
            _ => "Reference".to_owned(),
        }
    }
}

fn body_len(headers: &http::HeaderMap) -> u64 {
    let length = headers.get("content-length").and_then(|value| value.to_str().ok());
    length.and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn is_timeout(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn target(answer: &Response<Bytes>) -> Option<String> {
    let redirect = answer.status().is_redirection().then_some(answer)?;
    redirect.headers().get("location")?.to_str().ok().map(str::to_owned)
}

fn against(base: &Uri, target: &str) -> Uri {
    if target.starts_with('/') {
        format!("http://{}{target}", base.authority().unwrap()).parse().unwrap()
    } else {
        target.parse().unwrap()
    }
}
