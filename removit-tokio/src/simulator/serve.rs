//! Connections: requests in, the machine's answers out, with its faults made
//! real. Nothing here knows an endpoint or a fault by name.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener as StdListener;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyDataStream, BodyExt};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use removit_proto::Instant;
use removit_proto::simulator::{Admission, Interrupted, Origin, Reply, Wire};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

use super::Shared;
use super::broken::Broken;
use super::outgoing::Outgoing;

/// How long a refused upload may go on, so that its sender can read the answer
/// before the connection closes.
const LINGER: Duration = Duration::from_secs(2);

/// How long to wait where the system has no sockets left to accept with.
const BREATH: Duration = Duration::from_millis(10);

/// Serves both origins until the sender of `stopped` is gone. Connections that
/// are open then end with the runtime.
pub(super) async fn until(
    stopped: oneshot::Receiver<()>,
    simulator: Shared,
    api: TcpListener,
    results: TcpListener,
) {
    tokio::select! {
        _gone = stopped => {}
        never = accept(api, Origin::Api, simulator.clone()) => match never {},
        never = accept(results, Origin::Results, simulator) => match never {},
    }
}

/// A listener for the runtime in whose context this runs.
pub(super) fn listener(listener: StdListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

async fn accept(listener: TcpListener, origin: Origin, simulator: Shared) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                tokio::spawn(converse(socket, origin, simulator.clone()));
            }
            Err(_) => sleep(BREATH).await,
        }
    }
}

async fn converse(socket: TcpStream, origin: Origin, simulator: Shared) {
    // Answers are small: waiting for more bytes to send would only delay them.
    let _slower_without = socket.set_nodelay(true);
    let service = service_fn(|request| answer(request, origin, simulator.clone()));
    // An error is a client that vanished or a break of the script; the account
    // knows of both.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
}

async fn answer(
    request: Request<Incoming>,
    origin: Origin,
    simulator: Shared,
) -> Result<Response<Outgoing>, Broken> {
    let (head, body) = request.into_parts();
    // Before it is counted: whoever has seen it counted can release its answer.
    let released = simulator.released.subscribe();
    let admission = simulator.lock().admit(now(), origin, &head);
    let reply = match admission {
        Admission::DropNow => return Err(Broken),
        Admission::AnswerNow(mut reply) => {
            tokio::spawn(timeout(LINGER, discard(body)));
            let close = HeaderValue::from_static("close");
            reply.response.headers_mut().insert(CONNECTION, close);
            reply
        }
        Admission::Read(ticket) => {
            let mut watch = Watch { simulator: &simulator, unfinished: Some(ticket.interrupted()) };
            let read = ticket.read(head, BodyDataStream::new(body)).await;
            let received = read.map_err(|_| Broken)?;
            watch.unfinished = None;
            simulator.lock().answer(now(), received)
        }
    };
    send(reply, released).await
}

async fn discard(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

async fn send(
    reply: Reply,
    mut released: watch::Receiver<()>,
) -> Result<Response<Outgoing>, Broken> {
    tokio::select! {
        () = sleep(reply.delay) => {}
        // The sender is in the machine's hands, and outlives this.
        _changed = released.changed() => {}
    }
    match reply.wire {
        Wire::DropBeforeAnswer => Err(Broken),
        wire => Ok(reply.response.map(|bytes| Outgoing::new(bytes, wire))),
    }
}

/// Reports a request that did not arrive whole, also where hyper drops its
/// future because the client has vanished.
struct Watch<'a> {
    simulator: &'a Shared,
    unfinished: Option<Interrupted>,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if let Some(interrupted) = self.unfinished.take() {
            self.simulator.lock().interrupted(interrupted);
        }
    }
}

/// The time since the Unix epoch; the epoch itself where the clock is before it.
fn now() -> Instant {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Instant::from_origin(since_epoch.unwrap_or_default())
}
