//! The transport over reqwest keeps to the same rules as the default one.

use std::time::Duration;

use crate::support::{
    Answer, ClosedPort, KEY, PNG, Server, Swallowing, accepted, answer, endpoint,
    with_fast_policies,
};
use removit_tokio::proto::{
    ApiErrorKind, ApiKey, Endpoint, TransportFailure, UploadError, UploadPolicy,
};
use removit_tokio::{Client, Error, Photo, ReqwestTransport};

fn client(server: &Server) -> Client<ReqwestTransport> {
    client_at(&server.url())
}

fn client_at(url: &str) -> Client<ReqwestTransport> {
    let transport = ReqwestTransport::new(|| reqwest::Client::builder().no_proxy()).unwrap();
    let endpoint = Endpoint::new(url, ApiKey::new(KEY).unwrap()).unwrap();
    with_fast_policies(Client::with_transport(endpoint, transport))
}

fn large() -> Photo {
    Photo::from_bytes("cup.png", [PNG, &[7; 16_000_000]].concat()).unwrap()
}

fn by_url() -> Photo {
    Photo::from_url("https://example.com/cup.jpg").unwrap()
}

#[tokio::test]
async fn a_photo_goes_out_with_its_exact_length_and_no_further_header() {
    let server = Server::start([accepted()]);
    client(&server).upload(&large()).await.unwrap();
    let received = server.received().remove(0);
    assert_eq!(received.header("content-length").unwrap(), received.body.len().to_string());
    let mut names: Vec<_> =
        received.head.lines().skip(1).map(|l| l.split(':').next().unwrap()).collect();
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-api-key"
        ]
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Server::start([accepted()]);
    let location = format!("Location: {}\r\n", other.url());
    let server = Server::start([Answer::Raw(answer("307 Temporary Redirect", &location, ""))]);
    let error = client(&server).upload(&by_url()).await.unwrap_err();
    assert!(matches!(&error, Error::Upload(UploadError::Rejected(_))), "{error:?}");
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_ambiguous_and_never_sent_again() {
    let server = Server::start([Answer::Lost, accepted()]);
    let error = client(&server).upload(&by_url()).await.unwrap_err();
    assert!(matches!(&error, Error::Upload(UploadError::Ambiguous(_))), "{error:?}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_is_not_sent_and_tried_again() {
    let server = Server::start([Answer::BreakAfter(500_000), accepted()]);
    assert!(client(&server).upload(&large()).await.is_ok());
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn an_early_refusal_is_a_refusal_where_the_server_reads_on() {
    let refusal = answer("401 Unauthorized", "", r#"{"error":"unauthorized"}"#);
    let server = Server::start([Answer::Early(refusal, Vec::new())]);
    let error = client(&server).upload(&large()).await.unwrap_err();
    let Error::Upload(UploadError::Rejected(error)) = &error else { panic!("{error:?}") };
    assert_eq!(error.kind(), ApiErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_refused_connection_is_not_sent() {
    let port = ClosedPort::hold();
    let client = client_at(&format!("http://{}", port.address()));
    let error = client.upload(&by_url()).await.unwrap_err();
    let Error::Upload(UploadError::NotSent(TransportFailure::Connect { detail })) = &error else {
        panic!("{error:?}")
    };
    assert!(detail.contains("refused"), "{detail}");
}

#[tokio::test]
async fn a_host_that_swallows_everything_costs_the_time_for_a_connection() {
    let host = Swallowing::new();
    let builder = || reqwest::Client::builder().no_proxy();
    let transport =
        ReqwestTransport::with_connect_timeout(builder, Duration::from_millis(300)).unwrap();
    let client = Client::with_transport(endpoint(&format!("http://{}", host.address())), transport);
    let mut policy = UploadPolicy::default();
    policy.attempt_timeout = Duration::from_secs(3600);
    policy.retry.max_attempts = 1;
    let client = client.upload_policy(policy);
    let photo = by_url();
    let upload = tokio::time::timeout(Duration::from_secs(20), client.upload(&photo));
    let error = upload.await.expect("it is not waited for").unwrap_err();
    let unconnected =
        matches!(&error, Error::Upload(UploadError::NotSent(TransportFailure::Connect { .. })));
    assert!(unconnected, "{error:?}");
}
