//! What HTTP/2 alone can do to an upload: reset it, send it away, or never let it
//! go on.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::acceptor::acceptor;
use crate::support::{PNG, endpoint, with_fast_policies};
use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::{Request, Response};
use removit_tokio::proto::{Backoff, TransportFailure, UploadError, UploadPolicy};
use removit_tokio::{Client, Error, HyperTransport, Photo, Proxy, TlsRoots, TransportOptions};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

type Stream = TlsStream<TcpStream>;

/// What is done with a request, by its number from 0.
#[derive(Clone, Copy, Debug)]
enum Treatment {
    /// Reads it and accepts it.
    Accept,
    /// Reads it and resets it.
    Reset(Reason),
    /// Resets it, with most of it unread.
    ResetEarly(Reason),
    /// Reads it, and ends the connection with a `GOAWAY`.
    GoAway(Reason),
    /// Reads it, says that no other is welcome, and accepts it.
    LastOne,
    /// Reads it and says nothing.
    Silence,
    /// Lets no more than the first window of it come.
    Stall,
}

use Treatment::*;

struct Server {
    client: Client,
    requests: Arc<AtomicUsize>,
}

/// A server that treats its requests so, one after the other.
async fn start(treatments: impl Into<Vec<Treatment>>) -> Server {
    let (tls, root) = acceptor(&["localhost"], &["h2"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());

    let mut options = TransportOptions::default();
    options.roots = TlsRoots::ExtraOnly;
    options.extra_roots = vec![root];
    options.proxy = Proxy::Direct;
    let transport = HyperTransport::with_options(&options).unwrap();
    let mut policy = UploadPolicy::default();
    policy.attempt_timeout = Duration::from_secs(1);
    policy.slowest_rate = 0;
    policy.retry.max_attempts = 2;
    policy.retry.backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
    let client = Client::with_transport(endpoint(&url), transport);
    let client = with_fast_policies(client).upload_policy(policy);

    let mut treatments = treatments.into().into_iter();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = tls.accept(stream).await else { continue };
            let Ok(mut connection) = h2::server::handshake(stream).await else { continue };
            while let Some(Ok((request, respond))) = connection.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let treatment = treatments.next().expect("a treatment for each request");
                treat(&mut connection, request, respond, treatment).await;
            }
        }
    });
    Server { client, requests }
}

async fn treat(
    connection: &mut Connection<Stream, Bytes>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    treatment: Treatment,
) {
    let mut body = request.into_body();
    if let ResetEarly(reason) = treatment {
        return respond.send_reset(reason);
    }
    if let Stall = treatment {
        // Lives on, so that its window stays full.
        tokio::spawn(async move {
            let _open = (body, respond);
            std::future::pending::<()>().await;
        });
        return;
    }
    while let Some(Ok(data)) = with(connection, body.data()).await {
        body.flow_control().release_capacity(data.len()).unwrap();
    }
    match treatment {
        Reset(reason) => respond.send_reset(reason),
        GoAway(reason) => connection.abrupt_shutdown(reason),
        Accept | LastOne => {
            if let LastOne = treatment {
                connection.graceful_shutdown();
            }
            let answer = Response::builder().status(202).body(()).unwrap();
            let mut body = respond.send_response(answer, false).unwrap();
            body.send_data(Bytes::from_static(br#"{"job_id":"job-1"}"#), true).unwrap();
        }
        Silence => {
            tokio::spawn(async move {
                let _open = respond;
                std::future::pending::<()>().await;
            });
        }
        Stall | ResetEarly(_) => unreachable!("it was not read"),
    }
}

/// Waits for something while the connection goes on.
async fn with<T>(connection: &mut Connection<Stream, Bytes>, work: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        done = work => done,
        _ = poll_fn(|context| connection.poll_closed(context)) => panic!("closed too early"),
    }
}

fn photo() -> Photo {
    Photo::from_bytes("cup.png", [PNG, &[7; 500_000]].concat()).unwrap()
}

async fn fails(server: &Server) -> UploadError {
    let begun = Instant::now();
    let error = server.client.upload(&photo()).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(20));
    match error {
        Error::Upload(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_request_that_is_reset_before_its_last_byte_is_not_sent() {
    for reason in [Reason::REFUSED_STREAM, Reason::CANCEL, Reason::INTERNAL_ERROR] {
        let server = start([ResetEarly(reason); 2]).await;
        let error = fails(&server).await;
        assert!(matches!(error, UploadError::NotSent(_)), "{reason:?}: {error:?}");
        assert_eq!(server.requests.load(Ordering::Relaxed), 2, "{reason:?}: it was tried again");
    }
}

#[tokio::test]
async fn a_request_that_ends_in_another_way_is_ambiguous_and_sent_once() {
    for treatment in [
        Reset(Reason::INTERNAL_ERROR),
        Reset(Reason::CANCEL),
        Reset(Reason::NO_ERROR),
        GoAway(Reason::NO_ERROR),
        GoAway(Reason::ENHANCE_YOUR_CALM),
        GoAway(Reason::REFUSED_STREAM),
        Silence,
    ] {
        let server = start([treatment]).await;
        let error = fails(&server).await;
        assert!(matches!(error, UploadError::Ambiguous(_)), "{treatment:?}: {error:?}");
        assert!(error.to_string().contains("look at the account"), "{error}");
        assert_eq!(server.requests.load(Ordering::Relaxed), 1, "{treatment:?}");
    }
}

#[tokio::test]
async fn a_server_that_goes_away_may_still_answer() {
    let server = start([LastOne, Accept]).await;
    server.client.upload(&photo()).await.unwrap();
    // Over a new connection.
    server.client.upload(&photo()).await.unwrap();
    assert_eq!(server.requests.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn an_upload_whose_window_stays_closed_is_not_sent_by_the_deadline() {
    let server = start([Stall; 2]).await;
    let error = fails(&server).await;
    assert!(matches!(error, UploadError::NotSent(TransportFailure::TimedOut { .. })), "{error:?}");
}
