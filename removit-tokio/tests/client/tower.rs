//! Any tower service as a transport, and transports without their type.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{PNG, endpoint, with_fast_policies};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use removit_tokio::proto::{Reach, TransportFailure, UploadError};
use removit_tokio::{
    BodyError, BoxTransport, Client, Error, Photo, RequestBody, ResponseBody, TowerTransport,
    Transport,
};
use tower::{ServiceBuilder, service_fn};

const ACCEPTED: &str = r#"{"job_id":"job-1"}"#;

fn client<T: Transport>(transport: T) -> Client<T> {
    with_fast_policies(Client::with_transport(endpoint("http://127.0.0.1:1"), transport))
}

fn photo() -> Photo {
    Photo::from_bytes("cup.png", [PNG, &[7; 500_000]].concat()).unwrap()
}

fn accepted() -> Response<Full<Bytes>> {
    Response::builder().status(202).body(Full::new(Bytes::from(ACCEPTED))).unwrap()
}

/// How an upload ends where all of its body was read and this is the error.
async fn end_after<E: Into<BodyError> + Send + 'static>(
    error: fn() -> E,
    judged: bool,
) -> UploadError {
    let service = service_fn(move |request: Request<RequestBody>| async move {
        request.into_body().collect().await.unwrap();
        Err::<Response<Full<Bytes>>, E>(error())
    });
    let transport = TowerTransport::new(service);
    let transport = if judged {
        transport.judging(|error| {
            let refused = error.to_string().contains("refused");
            refused.then(|| TransportFailure::connect("as the judge says"))
        })
    } else {
        transport
    };
    match client(transport).upload(&photo()).await.unwrap_err() {
        Error::Upload(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_service_is_shown_by_its_name_alone() {
    let service = service_fn(|_: Request<RequestBody>| async { Ok::<_, io::Error>(accepted()) });
    assert_eq!(format!("{:?}", TowerTransport::new(service)), "TowerTransport { .. }");
}

#[tokio::test]
async fn a_service_with_its_layers_is_a_transport() {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let service = ServiceBuilder::new()
        .map_request(move |request: Request<RequestBody>| {
            counted.fetch_add(1, Ordering::Relaxed);
            request
        })
        .service_fn(|request: Request<RequestBody>| async move {
            let length = request.headers()["content-length"].to_str().unwrap().to_owned();
            let body = request.into_body().collect().await?.to_bytes();
            assert_eq!(body.len().to_string(), length);
            Ok::<_, io::Error>(accepted())
        });
    let client = client(TowerTransport::new(service).clone());
    assert_eq!(client.upload(&photo()).await.unwrap().id().as_str(), "job-1");
    assert_eq!(requests.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_is_not_known_of_an_error_is_ambiguous() {
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    let end = end_after(refused, false).await;
    assert!(matches!(end, UploadError::Ambiguous(_)), "a proxy behind it may have said so: {end}");
    let end = end_after(|| "a text", false).await;
    assert!(matches!(end, UploadError::Ambiguous(_)), "{end}");
}

#[tokio::test]
async fn an_error_says_itself_what_it_is_or_the_judge_does() {
    let own = || TransportFailure::broken(Reach::NotSent, "refused in HTTP/3");
    let end = end_after(own, false).await;
    assert!(matches!(&end, UploadError::NotSent(failure) if *failure == own()), "{end}");
    let wrapped = || io::Error::other(TransportFailure::unreachable("no way"));
    assert!(matches!(end_after(wrapped, false).await, UploadError::NotSent(_)));
    let end = end_after(|| "refused", true).await;
    let UploadError::NotSent(TransportFailure::Connect { detail }) = &end else { panic!("{end}") };
    assert_eq!(detail, "as the judge says");
}

#[tokio::test]
async fn what_a_service_did_not_take_was_not_sent_whatever_it_says() {
    let service = service_fn(|_: Request<RequestBody>| async {
        Err::<Response<Full<Bytes>>, _>("before anything was read")
    });
    let error = client(TowerTransport::new(service)).upload(&photo()).await.unwrap_err();
    assert!(matches!(error, Error::Upload(UploadError::NotSent(_))), "{error:?}");
}

/// A client that somebody set up with care: it keeps no connection, and repeats
/// nothing.
fn hyper() -> HyperClient<HttpConnector, RequestBody> {
    HyperClient::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .retry_canceled_requests(false)
        .build_http()
}

#[tokio::test]
async fn a_refused_connection_of_hypers_client_is_known_as_one() {
    let error = client(TowerTransport::new(hyper())).upload(&photo()).await.unwrap_err();
    let Error::Upload(UploadError::NotSent(TransportFailure::Connect { .. })) = &error else {
        panic!("{error:?}")
    };
}

#[tokio::test]
async fn a_transport_without_its_type_does_the_same() {
    let transports = [
        BoxTransport::new(TowerTransport::new(service_fn(|_: Request<RequestBody>| async {
            Ok::<_, io::Error>(accepted())
        }))),
        BoxTransport::new(|_: Request<RequestBody>| async {
            let body = ResponseBody::from(ACCEPTED);
            Ok(Response::builder().status(202).body(body).unwrap())
        }),
    ];
    for transport in transports {
        let client: Client<BoxTransport> = client(BoxTransport::new(transport.clone()));
        assert_eq!(client.upload(&photo()).await.unwrap().id().as_str(), "job-1");
    }
}
