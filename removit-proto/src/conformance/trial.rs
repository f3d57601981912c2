//! What a case works with: the subject, the API's requests, and a key to look for.

use core::time::Duration;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant as Moment;

use bytes::Bytes;
use http::Response;

use super::closed_port::ClosedPort;
use super::connection::Connection;
use super::exchange::Exchange;
use super::held::{Held, Miss};
use super::key_hunt::KEY;
use super::played::Played;
use super::server::Server;
use super::subject::{Cancel, Subject};
use crate::api::accepted::Accepted;
use crate::transport::attempt::{ANSWER_LIMIT, Attempt, Sink, Step};
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::transport::outcome::Outcome;
use crate::transport::transport_failure::TransportFailure;
use crate::{
    ApiKey, AuthScheme, Body, Delivery, DownloadRequest, Endpoint, FileName, ImageType, Instant,
    JobId, Mode, OutputFormat, Params, ResultUrl, Seed, Segment, SourceFile, StatusRequest,
    UploadRequest,
};

/// For exchanges that are not about time.
pub(super) const AMPLE: Duration = Duration::from_secs(8);
/// For exchanges that end at their deadline.
pub(super) const SHORT: Duration = Duration::from_secs(1);
/// How long after its deadline an exchange counts as never ending.
const LATE: Duration = Duration::from_secs(4);

/// How long a client has to read what came before a reset: as long as the last of these.
pub(super) const TIME_TO_LOOK: [Duration; 3] =
    [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(4)];

/// What the API says to an upload.
pub(super) const ACCEPTED: &str = r#"{"job_id":"019cdc54-2673","status":"queued"}"#;
/// What it says of a job.
pub(super) const PENDING: &str = r#"{"job_id":"a b&c","state":"pending","progress":33}"#;

pub(super) struct Trial<'a> {
    pub(super) subject: &'a Subject<'a>,
    /// How the key is sent.
    auth: AuthScheme,
    case: &'static str,
    /// What makes paths that nobody guesses; drawn anew for each case.
    seed: RandomState,
    servers: AtomicU64,
    played: Arc<Played>,
}

/// An outcome, and how long it took.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    given: Duration,
    took: Duration,
}

impl<'a> Trial<'a> {
    pub(super) fn new(subject: &'a Subject<'a>, case: &'static str) -> Self {
        Self {
            subject,
            auth: AuthScheme::XApiKey,
            case,
            seed: RandomState::new(),
            servers: AtomicU64::new(0),
            played: Arc::new(Played::new()),
        }
    }

    /// The same case with the key in another header.
    pub(super) fn with_auth(&self, auth: AuthScheme) -> Self {
        Self { auth, played: Arc::clone(&self.played), ..Self::new(self.subject, self.case) }
    }

    /// What was played so far.
    pub(super) fn played(&self) -> Vec<String> {
        self.played.lines()
    }

    pub(super) fn serve(
        &self,
        script: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Result<Server, Miss> {
        Server::start(self.path(), Arc::clone(&self.played), script)
            .map_err(|error| Miss::Failed(format!("no server: {error}")))
    }

    /// Plays it with each of these times until it holds.
    pub(super) fn given(
        &self,
        times: impl IntoIterator<Item = Duration>,
        play: impl Fn(Duration) -> Held,
    ) -> Held {
        let mut held = Ok(());
        for time in times {
            held = play(time);
            if held.is_ok() {
                break;
            }
        }
        held
    }

    /// Plays it with more and more time until it `arrived`: else it shows a busy machine alone.
    pub(super) fn once_it_arrives(
        &self,
        arrived: impl Fn(&Server) -> bool,
        serve: impl Fn(Duration) -> Result<Server, Miss>,
        play: impl Fn(&Server, Duration) -> Held,
    ) -> Held {
        let mut held = Ok(());
        for time in [SHORT, SHORT * 4, SHORT * 16] {
            let server = serve(time)?;
            held = play(&server, time);
            if arrived(&server) {
                break;
            }
        }
        held
    }

    /// A port that refuses connections for as long as it is held.
    pub(super) fn closed_port(&self) -> Result<ClosedPort, Miss> {
        ClosedPort::hold(self.path())
            .map_err(|error| Miss::Failed(format!("no closed port: {error}")))
    }

    /// A path for a server of this case alone.
    fn path(&self) -> String {
        let number = self.servers.fetch_add(1, Ordering::Relaxed);
        format!("/{}-{:016x}", self.case, self.seed.hash_one((self.case, number)))
    }

    /// A server that reads a request and says nothing.
    pub(super) fn silent(&self) -> Result<Server, Miss> {
        self.serve(|connection| {
            drop(connection.request());
            connection.until_hung_up();
        })
    }

    /// A server that gives the same answer to every request.
    pub(super) fn answering(&self, answer: impl Into<Bytes>) -> Result<Server, Miss> {
        let answer = answer.into();
        self.serve(
            move |connection| {
                while connection.request().is_some() && connection.send(&answer) {}
            },
        )
    }

    pub(super) fn run(&self, exchange: Exchange) -> Ended {
        self.begins(&exchange);
        let (given, began) = (exchange.time_left, Moment::now());
        let outcome = self.subject.exchange(exchange);
        self.played.add(format!("client: {}", named(&outcome)));
        Ended { outcome, given, took: began.elapsed() }
    }

    fn begins(&self, exchange: &Exchange) {
        let (method, given) = (exchange.attempt.request.method(), exchange.time_left);
        self.played.add(format!("client: a {method}, {given:?} given"));
    }

    /// Begins an exchange, and cancels it once `reached` returns.
    pub(super) fn cancelled(
        &self,
        exchange: Exchange,
        reached: impl FnOnce() -> bool + Send,
    ) -> Held {
        if !self.subject.cancels {
            return Err(Miss::Skipped("a blocking transport is not cancelled"));
        }
        self.begins(&exchange);
        let cancel = Cancel::default();
        let (outcome, reached) = thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let reached = reached();
                self.played.add("client: the exchange is dropped");
                cancel.make();
                reached
            });
            let outcome = self.subject.exchange_until(exchange, &cancel);
            (outcome, waiting.join().unwrap_or(false))
        });
        if reached { Ok(()) } else { Err(Miss::Failed(format!("it ended before: {outcome:?}"))) }
    }

    pub(super) fn json_upload(&self, server: &Server) -> Result<Exchange, Miss> {
        self.json_upload_to(&server.url())
    }

    /// An upload to a port that nobody listens on.
    pub(super) fn refused_upload(&self, port: &ClosedPort) -> Result<Exchange, Miss> {
        let url = port.url().map_err(|error| Miss::Failed(format!("no closed port: {error}")))?;
        self.json_upload_to(&url)
    }

    fn json_upload_to(&self, url: &str) -> Result<Exchange, Miss> {
        let request = UploadRequest::from_url(parsed("https://example.com/cup.jpg?size=2")?)
            .mode(Mode::Params(Params::set("mon_set")));
        self.upload(url, &request, 0)
    }

    /// An upload of a file of so many bytes.
    pub(super) fn file_upload(&self, server: &Server, len: usize) -> Result<Exchange, Miss> {
        let promised = u64::try_from(len).unwrap_or(u64::MAX);
        let file = SourceFile::new(FileName::new("cup \"1\".png"), ImageType::Png, promised);
        let file = file.map_err(|error| Miss::Failed(error.to_string()))?;
        let request = UploadRequest::from_file(file)
            .mode(Mode::Background)
            .delivery(Delivery::Url)
            .format(OutputFormat::Webp);
        self.upload(&server.url(), &request, len)
    }

    fn upload(&self, url: &str, request: &UploadRequest, photo: usize) -> Result<Exchange, Miss> {
        let request = request.to_http(&self.endpoint(url)?, Seed::new(7));
        Ok(exchange(request, Sink::Memory { limit: ANSWER_LIMIT }, photo_bytes(photo), None))
    }

    pub(super) fn status(&self, server: &Server) -> Result<Exchange, Miss> {
        self.status_of(server, "a b&c")
    }

    pub(super) fn status_of(&self, server: &Server, id: &str) -> Result<Exchange, Miss> {
        let request =
            StatusRequest::new(parsed::<JobId>(id)?).to_http(&self.endpoint(&server.url())?);
        Ok(exchange(request, Sink::Memory { limit: ANSWER_LIMIT }, Bytes::new(), None))
    }

    /// A download of at most `limit` bytes, and the file that it goes to.
    pub(super) fn download(
        &self,
        server: &Server,
        path: &str,
        limit: u64,
    ) -> Result<(Exchange, Stored), Miss> {
        if !self.subject.stores {
            return Err(Miss::Skipped("the transport stores no files"));
        }
        let base = server.url();
        let url = ResultUrl::check(&format!("{base}{path}"), &self.endpoint(&base)?);
        let url = url.map_err(|error| Miss::Failed(error.to_string()))?;
        let request = DownloadRequest::new(url).to_http();
        let stored = Stored::new().map_err(|error| Miss::Failed(format!("no file: {error}")))?;
        let file = stored.file.try_clone().map_err(|error| Miss::Failed(error.to_string()))?;
        Ok((exchange(request, Sink::file(limit), Bytes::new(), Some(file)), stored))
    }

    fn endpoint(&self, url: &str) -> Result<Endpoint, Miss> {
        let key = ApiKey::new(KEY).map_err(|error| Miss::Failed(error.to_string()))?;
        let endpoint = Endpoint::new(url, key).map_err(|error| Miss::Failed(error.to_string()))?;
        Ok(endpoint.with_auth(self.auth))
    }
}

/// An outcome without what was in it.
fn named(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response(answer) => {
            format!("has a whole {} with {} bytes", answer.status().as_u16(), answer.body().len())
        }
        Outcome::Partial(answer) => {
            format!("has a part of a {}, {} bytes", answer.status().as_u16(), answer.body().len())
        }
        Outcome::Stored { len, .. } => format!("has stored {len} bytes"),
        Outcome::Failed(failure) if failure.is_not_sent() => "failed, not sent".to_owned(),
        Outcome::Failed(TransportFailure::TimedOut { .. }) => "failed, timed out".to_owned(),
        _ => "failed".to_owned(),
    }
}

fn exchange(
    request: http::Request<Body>,
    sink: Sink,
    photo: Bytes,
    file: Option<File>,
) -> Exchange {
    let deadline = Instant::ORIGIN + AMPLE;
    let step = match sink {
        Sink::File { .. } => Step::Result,
        _ if request.method() == http::Method::POST => Step::Upload,
        _ => Step::Status,
    };
    let attempt = Attempt {
        id: AttemptId::new(MachineKind::Upload, Seed::new(1), 1),
        step,
        job_id: None,
        input: None,
        resent: 0,
        request,
        deadline,
        silence: None,
        sink,
    };
    Exchange { attempt, time_left: AMPLE, photo, file }
}

impl Exchange {
    /// The same with another time limit.
    pub(super) fn within(mut self, time: Duration) -> Self {
        self.time_left = time;
        self.attempt.deadline = Instant::ORIGIN + time;
        self
    }

    /// The body as it belongs on the wire.
    pub(super) fn wire_body(&self) -> Vec<u8> {
        let mut wire = Vec::new();
        for segment in self.attempt.request.body().segments() {
            match segment {
                Segment::Bytes(bytes) => wire.extend_from_slice(bytes),
                Segment::File { .. } => wire.extend_from_slice(&self.photo),
            }
        }
        wire
    }
}

fn parsed<T: core::str::FromStr<Err: core::fmt::Display>>(text: &str) -> Result<T, Miss> {
    text.parse().map_err(|error: T::Err| Miss::Failed(error.to_string()))
}

/// A PNG's signature, and then bytes without a pattern that a mistake could hit: they come again after a prime's length.
fn photo_bytes(len: usize) -> Bytes {
    const PERIOD: usize = 65_521;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    let block: Vec<u8> = words.flatten().take(PERIOD.min(len)).collect();
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.append(&mut block.repeat(len.div_ceil(PERIOD)));
    bytes.truncate(len);
    bytes.into()
}

/// A temporary file that a subject fills; gone with this value.
pub(super) struct Stored {
    file: File,
    path: std::path::PathBuf,
}

impl Stored {
    fn new() -> std::io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("removit-conformance-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        Ok(Self { file, path })
    }

    /// A further handle of the file, for a further attempt.
    pub(super) fn handle(&self) -> Result<File, Miss> {
        self.file.try_clone().map_err(|error| Miss::Failed(error.to_string()))
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>, Miss> {
        let read = || {
            let mut file = &self.file;
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(0))?;
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error: std::io::Error| Miss::Failed(format!("the file: {error}")))
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        // A file that stays behind is in the system's folder for such files.
        drop(fs::remove_file(&self.path));
    }
}

impl Ended {
    /// The whole answer.
    pub(super) fn response(&self) -> Result<&Response<Bytes>, Miss> {
        match &self.outcome {
            Outcome::Response(response) => Ok(response),
            other => Err(Miss::Failed(format!("no whole answer but {other:?}"))),
        }
    }

    pub(super) fn accepted(&self) -> Held {
        match Accepted::decode(self.response()?) {
            Some(_) => Ok(()),
            None => Err(Miss::Failed(format!("not the server's answer: {:?}", self.outcome))),
        }
    }

    /// Fails where the outcome says that the server cannot have processed the
    /// request.
    pub(super) fn may_have_arrived(&self) -> Held {
        match &self.outcome {
            Outcome::Failed(failure) if failure.is_not_sent() => {
                Err(Miss::Failed(format!("it is called not sent: {failure:?}")))
            }
            _ => Ok(()),
        }
    }

    /// Fails where the outcome leaves open whether the request arrived.
    pub(super) fn not_sent(&self) -> Held {
        match &self.outcome {
            Outcome::Failed(failure) if failure.is_not_sent() => Ok(()),
            other => Err(Miss::Failed(format!("it is not called not sent: {other:?}"))),
        }
    }

    pub(super) fn in_time(&self) -> Held {
        let Self { given, took, .. } = self;
        if *took < *given + LATE {
            return Ok(());
        }
        Err(Miss::Failed(format!("{given:?} were given, {took:.1?} were taken")))
    }
}
