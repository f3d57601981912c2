//! The API's requests, as the exchanges that a case gives to its subject.

use core::time::Duration;
use std::fs::File;

use bytes::Bytes;

use super::closed_port::ClosedPort;
use super::exchange::Exchange;
use super::held::Miss;
use super::key_hunt::KEY;
use super::server::Server;
use super::stored::Stored;
use super::trial::{AMPLE, Trial};
use crate::transport::attempt::{ANSWER_LIMIT, Attempt, Sink, Step};
use crate::transport::attempt_id::{AttemptId, MachineKind};
use crate::{
    ApiKey, Body, Delivery, DownloadRequest, Endpoint, FileName, ImageType, Instant, JobId, Mode,
    OutputFormat, Params, ResultUrl, Seed, Segment, SourceFile, StatusRequest, UploadRequest,
};

impl Trial<'_> {
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
        let file = stored.handle()?;
        Ok((exchange(request, Sink::file(limit), Bytes::new(), Some(file)), stored))
    }

    fn endpoint(&self, url: &str) -> Result<Endpoint, Miss> {
        let key = ApiKey::new(KEY).map_err(|error| Miss::Failed(error.to_string()))?;
        let endpoint = Endpoint::new(url, key).map_err(|error| Miss::Failed(error.to_string()))?;
        Ok(endpoint.with_auth(self.auth))
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

/// A PNG's signature, and then bytes without a pattern that a mistake could hit: they come
/// again after a prime's length.
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
