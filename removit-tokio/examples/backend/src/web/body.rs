//! Bodies of requests: what nobody read of one when its answer is there, and how much of
//! one a parser may hold.
//!
//! Whoever still sends while the connection is closed under it sees a reset, and not the
//! answer. So what is left is read and thrown away first, up to a bound: also of a request
//! that was refused by its head, and where a parser gave up half way. No body is kept here.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{StatusCode, header};

use crate::app::App;

/// How long the rest of a body may take, and how long it may be silent.
const LONGEST: Duration = Duration::from_secs(30);
const SILENT: Duration = Duration::from_secs(5);

/// So much is read of any body before its sender is left to its fate.
const LEAST: u64 = 64 * 1024 * 1024;

/// Reads what a handler left of a body before the answer goes out.
pub async fn to_its_end(State(app): State<App>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(head, body)).await;
    }
    // Whoever asks first, and was not told to go on, sends nothing.
    let asks = head.headers.contains_key(header::EXPECT);
    let shared = Shared::new(body);
    let body = Body::from_stream(shared.clone());
    let answer = next.run(Request::from_parts(head, body)).await;
    let is_sent = !asks || shared.is_begun.load(Ordering::Relaxed);
    // Whoever was too slow was waited for enough.
    if is_sent && answer.status() != StatusCode::REQUEST_TIMEOUT {
        shared.drain(app.settings.max_photo.saturating_mul(4).max(LEAST)).await;
    }
    answer
}

/// A body that its handler and the code around it read, one after the other.
#[derive(Clone)]
struct Shared {
    stream: Arc<Mutex<BodyDataStream>>,
    is_begun: Arc<AtomicBool>,
}

impl Shared {
    fn new(body: Body) -> Self {
        let stream = Arc::new(Mutex::new(body.into_data_stream()));
        Self { stream, is_begun: Arc::default() }
    }

    async fn drain(mut self, bound: u64) {
        let mut came = 0;
        let read = async {
            while came <= bound {
                match tokio::time::timeout(SILENT, self.next()).await {
                    Ok(Some(Ok(bytes))) => came += bytes.len() as u64,
                    // Over, broken off or silent.
                    _ => break,
                }
            }
        };
        let _elapsed = tokio::time::timeout(LONGEST, read).await;
    }
}

impl Stream for Shared {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.is_begun.store(true, Ordering::Relaxed);
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        stream.poll_next_unpin(cx)
    }
}

/// A body in sips: the parser of forms reads on as long as anything is there, and would hold
/// all that a fast sender sends while the disk writes. It gets a chunk at a time, and an
/// error where it takes many and gives nothing.
pub struct Sips {
    stream: BodyDataStream,
    held: Held,
    rests: bool,
}

/// How much went into a parser since something came out of it.
#[derive(Clone, Debug, Default)]
pub struct Held(Arc<AtomicUsize>);

impl Held {
    /// Something came out.
    pub fn given(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl Sips {
    /// The most that goes into a parser before something comes out, in bytes.
    const MOST: usize = 64 * 1024;

    /// This body, for a parser that reports to `held`.
    pub fn of(body: Body, held: Held) -> Self {
        Self { stream: body.into_data_stream(), held, rests: false }
    }
}

impl Stream for Sips {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rests) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let held = self.held.0.load(Ordering::Relaxed);
        let next = self.stream.poll_next_unpin(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &next {
            if held > Self::MOST {
                let long = "what is around the fields is longer than 64 KiB";
                return Poll::Ready(Some(Err(axum::Error::new(long))));
            }
            self.held.0.store(held + bytes.len(), Ordering::Relaxed);
            self.rests = true;
        }
        next
    }
}
