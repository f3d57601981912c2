//! Connections: HTTP/1.1 with a limit on how long a request's head may take, and a way
//! to end.
//!
//! `axum::serve` sets no timer, without which hyper's own limit does nothing.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use super::health;
use super::problem::Problem;
use crate::app::App;

/// How long a request's head may take, and an idle connection stay.
const HEAD: Duration = Duration::from_secs(15);

/// How long requests under way have at the end.
const LAST: Duration = Duration::from_secs(4);

/// Answers probes while something that the process needs is not there yet; returns what it
/// comes to.
pub async fn until<T>(listener: &TcpListener, ready: impl Future<Output = T>) -> T {
    let router = Router::new()
        .route("/healthz", get(health::alive))
        .fallback(async || Problem::away("database"))
        .layer(axum::middleware::from_fn(in_a_task));
    let mut ready = std::pin::pin!(ready);
    loop {
        let stream = tokio::select! {
            ready = &mut ready => return ready,
            stream = accept(listener) => stream,
        };
        let service = TowerToHyperService::new(router.clone());
        // The next request of the same caller finds all routes, perhaps.
        let connection = http1().keep_alive(false).serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

/// Until the process is told to end, and a little longer.
pub async fn run(app: App, listener: TcpListener) {
    let router = super::router(app.clone());
    let graceful = GracefulShutdown::new();
    let ends = async {
        app.leaving.cancelled().await;
        // Whoever watches `/readyz` sends nothing more by then.
        tokio::time::sleep(app.settings.serves_on()).await;
    };
    let mut ends = std::pin::pin!(ends);
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream,
            () = &mut ends => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http1().serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // Callers leave as they like.
            let _ended = connection.await;
        });
    }
    drop(listener);
    let _elapsed = tokio::time::timeout(LAST, graceful.shutdown()).await;
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _nodelay = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                // Too many open files: those that are open end.
                tracing::warn!("no connection could be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder
}

/// Runs a request in a task of its own, which goes on when its caller leaves: a
/// transaction that is dropped half way would leave its connection unusable.
pub async fn in_a_task(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!("a request failed: {error}");
            Problem::internal().into_response()
        }
    }
}
