//! The vendor without sockets, in paused time: latency on the way there and
//! back, and results that come in pieces.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use removit_tokio::proto::simulator::{Account, Config, Origin, Simulator};
use removit_tokio::proto::{Instant, Reach, TransportFailure};
use removit_tokio::{RequestBody, ResponseBody, Transport};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Sleep, sleep};

pub(crate) const API: &str = "http://127.0.0.1:1";
const RESULTS: &str = "http://127.0.0.1:2";

const LATENCY: Duration = Duration::from_millis(20);

/// Three to a write of a result's file.
const PIECE: usize = 100 * 1024;

pub(crate) struct Vendor {
    simulator: Mutex<Simulator>,
    start: tokio::time::Instant,
    answered: Arc<AtomicBool>,
}

impl Vendor {
    pub(crate) fn new() -> Arc<Self> {
        let mut simulator = Simulator::new(Config::default());
        simulator.set_bases(API, RESULTS);
        let (simulator, start) = (Mutex::new(simulator), tokio::time::Instant::now());
        Arc::new(Self { simulator, start, answered: Arc::default() })
    }

    /// Whether the client has read any whole answer.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::SeqCst)
    }

    pub(crate) fn account(&self) -> Account {
        self.simulator.lock().unwrap().account().clone()
    }
}

pub(crate) struct Wired(pub(crate) Arc<Vendor>);

impl Transport for Wired {
    async fn send(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, TransportFailure> {
        let (head, body) = request.into_parts();
        sleep(LATENCY).await;
        let body = body
            .collect()
            .await
            .map_err(|error| TransportFailure::broken(Reach::MaybeSent, error.to_string()))?;
        sleep(LATENCY).await;
        let origin = if head.uri.port_u16() == Some(1) { Origin::Api } else { Origin::Results };
        let now = Instant::ORIGIN + self.0.start.elapsed();
        let request = Request::from_parts(head, body.to_bytes());
        let reply = self.0.simulator.lock().unwrap().exchange(now, origin, request);
        sleep(LATENCY).await;
        let answered = Arc::clone(&self.0.answered);
        Ok(reply.response.map(|body| ResponseBody::new(Pieces::of(body, answered))))
    }
}

/// A body with a pause before each of its pieces.
struct Pieces {
    left: VecDeque<Bytes>,
    pause: Pin<Box<Sleep>>,
    ended: Arc<AtomicBool>,
}

impl Pieces {
    fn of(mut body: Bytes, ended: Arc<AtomicBool>) -> Self {
        let mut left = VecDeque::new();
        while !body.is_empty() {
            left.push_back(body.split_to(body.len().min(PIECE)));
        }
        Self { left, pause: Box::pin(sleep(LATENCY)), ended }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        ready!(self.pause.as_mut().poll(context));
        self.pause = Box::pin(sleep(LATENCY));
        let piece = self.left.pop_front();
        self.ended.fetch_or(piece.is_none(), Ordering::SeqCst);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }
}

pub(crate) fn paused() -> Runtime {
    // One thread for files, so that what it is given later comes later.
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true).max_blocking_threads(1).build().unwrap()
}
