//! Transports of one's own, machines of one's own, and what any transport has
//! to keep to.

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::support::{KEY, PNG, Server, json, pending, with_fast_policies};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use removit_tokio::proto::{
    ANSWER_LIMIT, AmbiguityCause, ApiKey, Endpoint, PollPolicy, Poller, Reach, Seed,
    TransportFailure, UploadError, UploadPolicy,
};
use removit_tokio::{
    Client, Clock, Driver, Error, HyperTransport, Photo, RequestBody, ResponseBody, Transport,
};

const ACCEPTED: &str = r#"{"job_id":"job-1","status":"queued"}"#;

fn endpoint() -> Endpoint {
    Endpoint::production(ApiKey::new(KEY).unwrap())
}

fn client<T: Transport>(transport: T) -> Client<T> {
    with_fast_policies(Client::with_transport(endpoint(), transport))
}

fn photo() -> Photo {
    Photo::from_bytes("cup.png", [PNG, &[7; 1_000_000]].concat()).unwrap()
}

fn accepted(body: impl Into<Bytes>) -> Response<ResponseBody> {
    Response::builder().status(202).body(ResponseBody::from(body.into())).unwrap()
}

#[tokio::test]
async fn a_closure_is_a_transport() {
    let transport = |request: Request<RequestBody>| async move {
        let promised = request.headers()["content-length"].to_str().unwrap().to_owned();
        assert_eq!(request.body().len().to_string(), promised);
        assert_eq!(request.body().size_hint().exact(), Some(request.body().len()));
        assert_eq!(
            format!("{:?}", request.body()),
            format!("RequestBody {{ len: {promised}, .. }}")
        );
        let body = request.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.len().to_string(), promised);
        Ok(accepted(ACCEPTED))
    };
    assert_eq!(client(transport).upload(&photo()).await.unwrap().id().as_str(), "job-1");
}

#[tokio::test]
async fn the_answers_of_the_default_transport_tell_their_length_and_their_end() {
    let server = Server::start([pending(), json("200 OK", "")]);
    let hyper = HyperTransport::new().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let transport = |request: Request<RequestBody>| {
        let (hyper, seen) = (hyper.clone(), Arc::clone(&seen));
        async move {
            let answer = hyper.send(request).await?;
            let length =
                answer.headers().get("content-length").unwrap().to_str().unwrap().to_owned();
            assert_eq!(answer.body().size_hint().exact().unwrap().to_string(), length);
            seen.lock().unwrap().push(answer.body().is_end_stream());
            Ok(answer)
        }
    };
    let client = Client::with_transport(crate::support::endpoint(&server.url()), transport);
    for _ in 0..2 {
        let _ = client.status(&"job-1".parse().unwrap()).await;
    }
    assert_eq!(*seen.lock().unwrap(), [false, true]);
}

#[tokio::test]
async fn what_a_transport_did_not_take_was_not_sent_whatever_it_says() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let transport = move |request: Request<RequestBody>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            // Half of the body, and then a claim that more may have gone.
            let _ = request.into_body().frame().await;
            Err::<Response<ResponseBody>, _>(TransportFailure::broken(Reach::MaybeSent, "reset"))
        }
    };
    let error = client(transport).upload(&photo()).await.unwrap_err();
    assert!(matches!(&error, Error::Upload(UploadError::NotSent(_))), "{error:?}");
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn what_a_transport_took_may_have_been_sent_whatever_it_is() {
    let transport = |request: Request<RequestBody>| async move {
        let _ = request.into_body().collect().await;
        Err::<Response<ResponseBody>, _>(TransportFailure::broken(Reach::MaybeSent, "reset"))
    };
    let error = client(transport).upload(&photo()).await.unwrap_err();
    assert!(matches!(&error, Error::Upload(UploadError::Ambiguous(_))), "{error:?}");
}

#[tokio::test]
async fn a_body_that_outlives_its_attempt_hands_out_nothing_more() {
    let (hand_over, mut handed_over) = tokio::sync::mpsc::unbounded_channel();
    let transport = move |request: Request<RequestBody>| {
        let mut body = request.into_body();
        let hand_over = hand_over.clone();
        async move {
            let _ = body.frame().await;
            let _ = hand_over.send(body);
            std::future::pending::<Result<Response<ResponseBody>, TransportFailure>>().await
        }
    };
    let mut policy = UploadPolicy::default();
    policy.attempt_timeout = Duration::from_millis(50);
    policy.slowest_rate = 0;
    policy.retry.max_attempts = 1;
    let error = client(transport).upload_policy(policy).upload(&photo()).await.unwrap_err();
    let Error::Upload(UploadError::NotSent(TransportFailure::TimedOut { reach, .. })) = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(*reach, Reach::NotSent);
    let mut body: RequestBody = handed_over.recv().await.unwrap();
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn a_time_out_after_all_of_the_body_is_ambiguous() {
    let transport = |request: Request<RequestBody>| async move {
        let _ = request.into_body().collect().await;
        std::future::pending::<Result<Response<ResponseBody>, TransportFailure>>().await
    };
    let mut policy = UploadPolicy::default();
    policy.attempt_timeout = Duration::from_millis(50);
    policy.slowest_rate = 0;
    let error = client(transport).upload_policy(policy).upload(&photo()).await.unwrap_err();
    let Error::Upload(UploadError::Ambiguous(ambiguity)) = &error else { panic!("{error:?}") };
    assert!(matches!(
        ambiguity.cause(),
        AmbiguityCause::Transport(TransportFailure::TimedOut { .. })
    ));
}

/// A body without end, which counts what was read of it.
struct Endless(Arc<AtomicU64>);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = Bytes::from_static(&[b' '; 10_000]);
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}

#[tokio::test]
async fn an_endless_answer_is_read_up_to_the_limit() {
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let transport = move |_: Request<RequestBody>| {
        let body = ResponseBody::new(Endless(Arc::clone(&counted)));
        async move { Ok(Response::builder().status(202).body(body).unwrap()) }
    };
    let error = client(transport).upload(&photo()).await.unwrap_err();
    assert!(matches!(&error, Error::Upload(UploadError::Ambiguous(_))), "{error:?}");
    assert!(read.load(Ordering::Relaxed) <= ANSWER_LIMIT + 10_000);
}

#[tokio::test]
async fn a_machine_of_ones_own_can_be_driven() {
    let server = Server::start([pending()]);
    let transport = HyperTransport::new().unwrap();
    let mut driver = Driver::new(&transport).with_clock(Clock::start());
    let endpoint = Endpoint::new(&server.url(), ApiKey::new(KEY).unwrap()).unwrap();
    let job = "job-1".parse().unwrap();
    let now = driver.clock().now();
    let mut poller = Poller::resume(endpoint, job, PollPolicy::one_look(), Seed::new(1), now);
    let mut seen = Vec::new();
    let end = driver.drive(&mut poller, |poller| seen.push(poller.polls())).await;
    assert_eq!(end.unwrap_err().into_status().unwrap().progress(), Some(33));
    assert_eq!(seen, [1]);
}

#[tokio::test(start_paused = true)]
async fn paused_time_is_followed() {
    let transport = |_: Request<RequestBody>| async {
        Ok(Response::new(ResponseBody::from(r#"{"job_id":"job-1","state":"pending"}"#)))
    };
    let client = Client::with_transport(endpoint(), transport);
    let begun = tokio::time::Instant::now();
    assert!(client.wait(&"job-1".parse().unwrap()).await.is_err());
    let waited = begun.elapsed();
    let limit = PollPolicy::default().timeout;
    assert!(waited >= limit && waited < limit + Duration::from_secs(1), "{waited:?}");
}

#[tokio::test]
async fn requests_that_went_well_share_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        for _ in 0..3 {
            while !lines.next().unwrap().unwrap().is_empty() {}
            let body = r#"{"job_id":"job-1","state":"pending"}"#;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            (&stream).write_all((head + body).as_bytes()).unwrap();
        }
    });
    let client = crate::support::client(&url);
    for _ in 0..3 {
        assert!(client.status(&"job-1".parse().unwrap()).await.is_ok());
    }
    server.join().unwrap();
}
