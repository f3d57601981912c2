//! A client written by hand on hyper-util's pooled one, as its documentation shows it.
//!
//! Its photo is read either in the task itself, which holds up the runtime, or through
//! tokio's file, on its threads.

use std::io::{self, Read};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{Request, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Pooled;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncRead, ReadBuf};

use crate::answers::KEY;
use crate::by_hand;

/// How much of a file is read at once.
const CHUNK: usize = 64 * 1024;

pub(crate) type Client = Pooled<HttpConnector, BoxBody<Bytes, io::Error>>;

/// Keeps its connections, or makes a new one for each request.
pub(crate) fn client(keeps: bool) -> Client {
    let kept = if keeps { usize::MAX } else { 0 };
    Pooled::builder(TokioExecutor::new()).pool_max_idle_per_host(kept).build_http()
}

/// `uploads` sends the upload, `client` looks at the job.
pub(crate) async fn json(uploads: &Client, client: &Client, base_url: &str) {
    let body = by_hand::upload();
    let request = Request::post(by_hand::upload_url(base_url))
        .header("x-api-key", KEY)
        .header(header::CONTENT_TYPE, "application/json")
        .body(whole(body.into()));
    let answer = send(uploads, request.expect("a request")).await;
    wait(client, base_url, &by_hand::job_id(&answer)).await;
}

pub(crate) async fn multipart(
    uploads: &Client,
    client: &Client,
    base_url: &str,
    photo: &Path,
    inline: bool,
) {
    let answer = upload(uploads, base_url, photo, inline).await;
    wait(client, base_url, &by_hand::job_id(&answer)).await;
}

pub(crate) async fn upload(client: &Client, base_url: &str, photo: &Path, inline: bool) -> Bytes {
    let (before, after) = by_hand::form();
    let file = if inline {
        File::Inline(std::fs::File::open(photo).expect("a photo"))
    } else {
        File::Pool(tokio::fs::File::open(photo).await.expect("a photo"))
    };
    let len = std::fs::metadata(photo).expect("a photo").len();
    let form = Form {
        left: before.len() as u64 + len + after.len() as u64,
        before: Some(before.into()),
        file,
        file_left: len,
        buffer: BytesMut::new(),
        after: Some(after.into()),
    };
    let request = Request::post(by_hand::upload_url(base_url))
        .header("x-api-key", KEY)
        .header(header::CONTENT_TYPE, by_hand::form_type())
        .body(form.boxed());
    send(client, request.expect("a request")).await
}

async fn wait(client: &Client, base_url: &str, job_id: &str) {
    loop {
        let request = Request::get(by_hand::status_url(base_url, job_id))
            .header("x-api-key", KEY)
            .body(whole(Bytes::new()));
        if by_hand::is_done(&send(client, request.expect("a request")).await) {
            return;
        }
    }
}

async fn send(client: &Client, request: Request<BoxBody<Bytes, io::Error>>) -> Bytes {
    let answer = client.request(request).await.expect("an answer");
    answer.into_body().collect().await.expect("a body").to_bytes()
}

fn whole(body: Bytes) -> BoxBody<Bytes, io::Error> {
    Full::new(body).map_err(|never| match never {}).boxed()
}

struct Form {
    left: u64,
    before: Option<Bytes>,
    file: File,
    file_left: u64,
    buffer: BytesMut,
    after: Option<Bytes>,
}

enum File {
    Inline(std::fs::File),
    Pool(tokio::fs::File),
}

impl Body for Form {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        let data = if let Some(before) = this.before.take() {
            before
        } else if this.file_left > 0 {
            this.buffer.resize(CHUNK, 0);
            let read = match &mut this.file {
                File::Inline(file) => file.read(&mut this.buffer)?,
                File::Pool(file) => {
                    let mut buffer = ReadBuf::new(&mut this.buffer);
                    ready!(Pin::new(file).poll_read(context, &mut buffer))?;
                    buffer.filled().len()
                }
            };
            if read == 0 {
                return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
            }
            this.file_left = this.file_left.saturating_sub(read as u64);
            this.buffer.split_to(read).freeze()
        } else if let Some(after) = this.after.take() {
            after
        } else {
            return Poll::Ready(None);
        };
        this.left -= data.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
