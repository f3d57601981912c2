//! What a server says over HTTP/2 that it did not do, frame by frame, to both
//! transports: hyper's over TLS, reqwest's without.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::acceptor::acceptor;
use crate::support::{PNG, endpoint, with_fast_policies};
use removit_tokio::proto::{
    AmbiguityCause, PollPolicy, TransportFailure, UploadError, UploadPolicy,
};
use removit_tokio::{
    Client, Error, HyperTransport, Job, Photo, Proxy, ReqwestTransport, TlsRoots, Transport,
    TransportOptions,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// Every client's first stream.
const STREAM: u32 = 1;

/// What is said to a request that was read whole.
#[derive(Clone, Copy, Debug)]
enum Word {
    Accept,
    Reset(u32),
    /// The last stream, and why.
    GoAway(u32, u32),
    GoAwayThenAccept(u32),
    GoAwayThenClose(u32),
    InterimAnswersWithoutEnd,
}

use Word::*;

struct Server {
    port: u16,
    root: Vec<u8>,
    requests: Arc<AtomicUsize>,
}

/// Says these words, one to each connection, and accepts what comes after them.
async fn serve(words: impl Into<Vec<Word>>) -> Server {
    let (tls, root) = acceptor(&["localhost"], &["h2"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let words = Arc::new(Mutex::new(words.into().into_iter()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let word = words.lock().unwrap().next().unwrap_or(Accept);
            let (tls, counted) = (tls.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let mut first = [0];
                // A handshake of TLS begins with 22, the preface of HTTP/2 with a letter.
                if stream.peek(&mut first).await.is_ok() && first == [22] {
                    connection(secure(&tls, stream).await?, word, &counted).await
                } else {
                    connection(stream, word, &counted).await
                }
            });
        }
    });
    Server { port, root, requests }
}

async fn secure(
    tls: &TlsAcceptor,
    stream: tokio::net::TcpStream,
) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + use<>> {
    tls.accept(stream).await
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn go_away(last: u32, reason: u32) -> Vec<u8> {
    frame(7, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat())
}

/// `:status`, as a literal that is not indexed.
fn status(code: &str) -> Vec<u8> {
    frame(1, 4, STREAM, &[&[0x08, 3], code.as_bytes()].concat())
}

async fn connection(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    word: Word,
    requests: &AtomicUsize,
) -> io::Result<()> {
    stream.read_exact(&mut [0; 24]).await?;
    let window = 1_u32 << 30;
    // The window of each stream, and of the connection.
    let settings = [&[0, 4][..], &window.to_be_bytes()].concat();
    stream.write_all(&frame(4, 0, 0, &settings)).await?;
    stream.write_all(&frame(8, 0, 0, &window.to_be_bytes())).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let (kind, flags) = (head[3], head[4]);
        let mut payload = vec![0; len as usize];
        stream.read_exact(&mut payload).await?;
        if kind == 4 && flags & 1 == 0 {
            stream.write_all(&frame(4, 1, 0, &[])).await?;
        }
        let is_last = kind <= 1 && flags & 1 == 1;
        if !is_last {
            continue;
        }
        requests.fetch_add(1, Ordering::Relaxed);
        let accept = [status("202"), frame(0, 1, STREAM, br#"{"job_id":"job-1"}"#)].concat();
        match word {
            Accept => stream.write_all(&accept).await?,
            Reset(reason) => stream.write_all(&frame(3, 0, STREAM, &reason.to_be_bytes())).await?,
            GoAway(last, reason) => stream.write_all(&go_away(last, reason)).await?,
            GoAwayThenAccept(last) => {
                stream.write_all(&[go_away(last, NO_ERROR), accept].concat()).await?;
            }
            GoAwayThenClose(last) => {
                stream.write_all(&go_away(last, INTERNAL_ERROR)).await?;
                return stream.shutdown().await;
            }
            InterimAnswersWithoutEnd => {
                let many = status("103").repeat(4096);
                loop {
                    stream.write_all(&many).await?;
                }
            }
        }
    }
}

fn ending_at<T: Transport>(deadline: Duration, client: Client<T>) -> Client<T> {
    let mut upload = UploadPolicy::default();
    upload.attempt_timeout = deadline;
    upload.slowest_rate = 0;
    upload.retry.max_attempts = 2;
    upload.retry.backoff =
        removit_tokio::proto::Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
    let mut poll = PollPolicy::one_look();
    poll.attempt_timeout = deadline;
    with_fast_policies(client).upload_policy(upload).poll_policy(poll)
}

fn over_hyper(server: &Server, deadline: Duration) -> Client {
    let mut options = TransportOptions::default();
    options.roots = TlsRoots::ExtraOnly;
    options.extra_roots = vec![server.root.clone()];
    options.proxy = Proxy::Direct;
    let transport = HyperTransport::with_options(&options).unwrap();
    let url = format!("https://localhost:{}", server.port);
    ending_at(deadline, Client::with_transport(endpoint(&url), transport))
}

fn over_reqwest(server: &Server, deadline: Duration) -> Client<ReqwestTransport> {
    let builder = || reqwest::Client::builder().no_proxy().http2_prior_knowledge();
    let transport = ReqwestTransport::new(builder).unwrap();
    let url = format!("http://127.0.0.1:{}", server.port);
    ending_at(deadline, Client::with_transport(endpoint(&url), transport))
}

fn photo() -> Photo {
    Photo::from_bytes("cup.png", [PNG, &[7; 500_000]].concat()).unwrap()
}

const PATIENCE: Duration = Duration::from_secs(60);

/// How an upload ends after these words, and how many requests were read whole.
async fn end<T: Transport>(
    words: &[Word],
    client: fn(&Server, Duration) -> Client<T>,
) -> (Result<Job<T>, Error>, usize) {
    let server = serve(words).await;
    let end = client(&server, PATIENCE).upload(&photo()).await;
    (end, server.requests.load(Ordering::Relaxed))
}

#[track_caller]
fn accepted<T: Transport>(word: Word, (end, requests): (Result<Job<T>, Error>, usize), of: usize) {
    assert_eq!(end.unwrap_or_else(|error| panic!("{word:?}: {error}")).id().as_str(), "job-1");
    assert_eq!(requests, of, "{word:?}");
}

#[track_caller]
fn ambiguous<T: Transport>(word: Word, (end, requests): (Result<Job<T>, Error>, usize)) {
    let Err(Error::Upload(UploadError::Ambiguous(ambiguity))) = &end else {
        panic!("{word:?}: {:?}", end.map(|job| job.id().clone()))
    };
    let broke = AmbiguityCause::Transport(TransportFailure::connect(""));
    assert_eq!(std::mem::discriminant(ambiguity.cause()), std::mem::discriminant(&broke));
    assert_eq!(requests, 1, "{word:?}");
}

#[tokio::test]
async fn what_the_server_says_it_did_not_process_is_sent_again_though_all_of_it_had_left() {
    for word in [
        Reset(REFUSED_STREAM),
        GoAway(0, NO_ERROR),
        GoAway(0, INTERNAL_ERROR),
        GoAway(0, ENHANCE_YOUR_CALM),
        GoAwayThenClose(0),
    ] {
        accepted(word, end(&[word], over_hyper).await, 2);
        accepted(word, end(&[word], over_reqwest).await, 2);
    }
}

#[tokio::test]
async fn what_the_server_may_have_processed_is_ambiguous_and_sent_once() {
    for word in [Reset(CANCEL), Reset(INTERNAL_ERROR), Reset(NO_ERROR), GoAwayThenClose(STREAM)] {
        ambiguous(word, end(&[word], over_hyper).await);
        ambiguous(word, end(&[word], over_reqwest).await);
    }
}

#[tokio::test]
async fn a_server_that_goes_away_may_still_answer_what_it_took() {
    for word in [GoAwayThenAccept(STREAM), GoAwayThenAccept(u32::MAX >> 1)] {
        accepted(word, end(&[word], over_hyper).await, 1);
        accepted(word, end(&[word], over_reqwest).await, 1);
    }
}

#[tokio::test]
async fn interim_answers_without_end_are_no_answer() {
    async fn flood<T: Transport>(client: fn(&Server, Duration) -> Client<T>) {
        let server = serve([InterimAnswersWithoutEnd; 8]).await;
        // Long enough for any machine to shake hands and to send the photo.
        let client = client(&server, Duration::from_secs(3));
        let begun = Instant::now();
        let end = client.upload(&photo()).await;
        assert!(matches!(end, Err(Error::Upload(UploadError::Ambiguous(_)))));
        assert!(client.wait(&"job-1".parse().unwrap()).await.is_err());
        assert!(begun.elapsed() < PATIENCE, "it took {:?}", begun.elapsed());
    }
    flood(over_hyper).await;
    flood(over_reqwest).await;
}
