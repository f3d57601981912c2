//! What a case works with: the subject, the API's requests, and a key to look for.

use core::time::Duration;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant as Moment;

use bytes::Bytes;
use http::Response;

use super::case::{Held, Miss};
use super::exchange::Exchange;
use super::server::{Connection, Server};
use super::subject::{Cancel, Subject};
use crate::api::accepted::Accepted;
use crate::transport::attempt::{ANSWER_LIMIT, Attempt, Sink};
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::transport::outcome::Outcome;
use crate::{
    ApiKey, AuthScheme, Body, Delivery, DownloadRequest, Endpoint, FileName, ImageType, Instant,
    JobId, Mode, OutputFormat, Params, ResultUrl, Seed, Segment, SourceFile, StatusRequest,
    UploadRequest,
};

/// The key of every request of the kit.
pub(super) const KEY: &str = "sk-conformance-4f1d0c7e9b";
/// For exchanges that are not about time.
pub(super) const AMPLE: Duration = Duration::from_secs(8);
/// For exchanges that end at their deadline.
pub(super) const SHORT: Duration = Duration::from_secs(1);
/// When an exchange that should have ended at [`SHORT`] counts as never ending.
pub(super) const LATE: Duration = Duration::from_secs(5);

/// What the API says to an upload.
pub(super) const ACCEPTED: &str = r#"{"job_id":"019cdc54-2673","status":"queued"}"#;
/// What it says of a job.
pub(super) const PENDING: &str = r#"{"job_id":"a b&c","state":"pending","progress":33}"#;

pub(super) struct Trial<'a> {
    pub(super) subject: &'a Subject<'a>,
}

/// An outcome, and how long it took.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

impl<'a> Trial<'a> {
    pub(super) const fn new(subject: &'a Subject<'a>) -> Self {
        Self { subject }
    }

    pub(super) fn serve(
        &self,
        script: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Result<Server, Miss> {
        Server::start(script).map_err(|error| Miss::Failed(format!("no server: {error}")))
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
        let began = Moment::now();
        let outcome = self.subject.exchange(exchange);
        Ended { outcome, took: began.elapsed() }
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
        let cancel = Cancel::default();
        let (outcome, reached) = thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let reached = reached();
                cancel.make();
                reached
            });
            let outcome = self.subject.exchange_until(exchange, &cancel);
            (outcome, waiting.join().unwrap_or(false))
        });
        if reached { Ok(()) } else { Err(Miss::Failed(format!("it ended before: {outcome:?}"))) }
    }

    pub(super) fn json_upload(&self, server: &Server) -> Result<Exchange, Miss> {
        let request = UploadRequest::from_url(parsed("https://example.com/cup.jpg?size=2")?)
            .mode(Mode::Params(Params::set("mon_set")));
        self.upload(server, &request, 0, AuthScheme::XApiKey)
    }

    /// An upload of a file of so many bytes.
    pub(super) fn file_upload(&self, server: &Server, len: usize) -> Result<Exchange, Miss> {
        self.file_upload_with(server, len, AuthScheme::XApiKey)
    }

    pub(super) fn file_upload_with(
        &self,
        server: &Server,
        len: usize,
        auth: AuthScheme,
    ) -> Result<Exchange, Miss> {
        let promised = u64::try_from(len).unwrap_or(u64::MAX);
        let file = SourceFile::new(FileName::new("cup \"1\".png"), ImageType::Png, promised);
        let file = file.map_err(|error| Miss::Failed(error.to_string()))?;
        let request = UploadRequest::from_file(file)
            .mode(Mode::Background)
            .delivery(Delivery::Url)
            .format(OutputFormat::Webp);
        self.upload(server, &request, len, auth)
    }

    fn upload(
        &self,
        server: &Server,
        request: &UploadRequest,
        photo: usize,
        auth: AuthScheme,
    ) -> Result<Exchange, Miss> {
        let endpoint = endpoint(server)?.with_auth(auth);
        let request = request.to_http(&endpoint, Seed::new(7));
        Ok(exchange(request, Sink::Memory { limit: ANSWER_LIMIT }, photo_bytes(photo), None))
    }

    pub(super) fn status(&self, server: &Server) -> Result<Exchange, Miss> {
        self.status_of(server, "a b&c")
    }

    pub(super) fn status_of(&self, server: &Server, id: &str) -> Result<Exchange, Miss> {
        let request = StatusRequest::new(parsed::<JobId>(id)?).to_http(&endpoint(server)?);
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
        let url = ResultUrl::check(&format!("{}{path}", server.url()), &endpoint(server)?);
        let url = url.map_err(|error| Miss::Failed(error.to_string()))?;
        let request = DownloadRequest::new(url).to_http();
        let stored = Stored::new().map_err(|error| Miss::Failed(format!("no file: {error}")))?;
        let file = stored.file.try_clone().map_err(|error| Miss::Failed(error.to_string()))?;
        Ok((exchange(request, Sink::file(limit), Bytes::new(), Some(file)), stored))
    }
}

fn exchange(
    request: http::Request<Body>,
    sink: Sink,
    photo: Bytes,
    file: Option<File>,
) -> Exchange {
    let deadline = Instant::ORIGIN + AMPLE;
    let attempt = Attempt {
        id: AttemptId::new(MachineKind::Upload, Seed::new(1), 1),
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

fn endpoint(server: &Server) -> Result<Endpoint, Miss> {
    let key = ApiKey::new(KEY).map_err(|error| Miss::Failed(error.to_string()))?;
    Endpoint::new(&server.url(), key).map_err(|error| Miss::Failed(error.to_string()))
}

fn parsed<T: core::str::FromStr<Err: core::fmt::Display>>(text: &str) -> Result<T, Miss> {
    text.parse().map_err(|error: T::Err| Miss::Failed(error.to_string()))
}

/// A PNG's signature, and then bytes without a pattern that a mistake could hit.
fn photo_bytes(len: usize) -> Bytes {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
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
        if self.took < LATE {
            return Ok(());
        }
        Err(Miss::Failed(format!("{SHORT:?} were given, {:.1?} were taken", self.took)))
    }
}
