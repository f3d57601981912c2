//! The default transport over TLS: whom it trusts, which protocol it speaks, and
//! what a proxy on the way gets to see.

use std::sync::{Arc, Mutex};

use crate::acceptor::acceptor;
use crate::support::{KEY, PNG, with_fast_policies};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use removit_tokio::proto::{
    ApiKey, Endpoint, PollError, PollTrouble, StatusUnreadable, TransportFailure, UploadError,
};
use removit_tokio::{
    Client, Error, HyperTransport, Photo, Proxy, SetupError, TlsRoots, TransportOptions,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A protocol of this test's own: half an answer to each request.
const CUT_OFF: &str = "cut-off";

struct Seen {
    version: Version,
    headers: HeaderMap,
    body: Bytes,
}

/// A server with a certificate of its own for `localhost` and `api.removit.test`.
struct TlsServer {
    port: u16,
    root: Vec<u8>,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// What came in plain text before TLS: to a proxy, that is.
    plain: Arc<Mutex<String>>,
}

impl TlsServer {
    async fn start(protocol: &str) -> Self {
        Self::behind_proxy(protocol, None).await
    }

    /// With an answer to `CONNECT`, the server is behind a proxy on the same port.
    async fn behind_proxy(protocol: &str, answer: Option<&'static str>) -> Self {
        let protocols = Vec::from_iter((protocol != CUT_OFF).then_some(protocol));
        let (tls, root) = acceptor(&["localhost", "api.removit.test"], &protocols);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            root,
            seen: Arc::default(),
            plain: Arc::default(),
        };
        let (seen, plain) = (Arc::clone(&server.seen), Arc::clone(&server.plain));
        let (h2, cut_off) = (protocol == "h2", protocol == CUT_OFF);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if let Some(answer) = answer {
                    let head = read_head(&mut stream).await;
                    plain.lock().unwrap().push_str(&head);
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                if let Ok(mut stream) = tls.accept(stream).await {
                    if cut_off {
                        read_head(&mut stream).await;
                        let half = b"HTTP/1.1 200 OK\r\n\r\n{\"state\":\"done\"}";
                        stream.write_all(half).await.unwrap();
                        // Closes the socket without TLS's farewell.
                        stream.flush().await.unwrap();
                        continue;
                    }
                    let seen = Arc::clone(&seen);
                    let service = service_fn(move |request| accept(request, Arc::clone(&seen)));
                    let stream = TokioIo::new(stream);
                    tokio::spawn(async move {
                        if h2 {
                            let builder =
                                hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                            let _ = builder.serve_connection(stream, service).await;
                        } else {
                            let builder = hyper::server::conn::http1::Builder::new();
                            let _ = builder.serve_connection(stream, service).await;
                        }
                    });
                }
            }
        });
        server
    }

    fn options(&self) -> TransportOptions {
        let mut options = TransportOptions::default();
        options.roots = TlsRoots::ExtraOnly;
        options.extra_roots = vec![self.root.clone()];
        options.proxy = Proxy::Direct;
        options
    }

    fn client(&self, host: &str, options: &TransportOptions) -> Client {
        let url = format!("https://{host}:{}", self.port);
        let endpoint = Endpoint::new(&url, ApiKey::new(KEY).unwrap()).unwrap();
        let transport = HyperTransport::with_options(options).unwrap();
        with_fast_policies(Client::with_transport(endpoint, transport))
    }
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn accept(
    request: Request<Incoming>,
    seen: Arc<Mutex<Vec<Seen>>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    seen.lock().unwrap().push(Seen { version: head.version, headers: head.headers, body });
    let answer = Full::new(Bytes::from_static(br#"{"job_id":"job-1","status":"queued"}"#));
    Ok(Response::builder().status(202).body(answer).unwrap())
}

fn photo() -> Photo {
    Photo::from_bytes("cup.png", [PNG, &[7; 700_000]].concat()).unwrap()
}

#[tokio::test]
async fn a_certificate_of_an_extra_root_is_trusted() {
    for protocol in ["http/1.1", "h2"] {
        let server = TlsServer::start(protocol).await;
        let client = server.client("localhost", &server.options());
        let job = client.upload(&photo()).await.unwrap();
        assert_eq!(job.id().as_str(), "job-1");

        let seen = server.seen.lock().unwrap();
        let expected = if protocol == "h2" { Version::HTTP_2 } else { Version::HTTP_11 };
        assert_eq!(seen[0].version, expected);
        assert_eq!(seen[0].headers["x-api-key"], KEY);
        assert_eq!(seen[0].headers["content-length"], seen[0].body.len().to_string());
        assert!(!seen[0].headers.contains_key("transfer-encoding"));
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_is_refused_before_anything_is_sent() {
    let server = TlsServer::start("http/1.1").await;
    let mut options = server.options();
    options.extra_roots = TlsServer::start("http/1.1").await.options().extra_roots;
    let error = server.client("localhost", &options).upload(&photo()).await.unwrap_err();
    let Error::Upload(UploadError::NotSent(TransportFailure::Unreachable { detail })) = &error
    else {
        panic!("{error:?}")
    };
    assert!(detail.contains("certificate"), "{detail}");
    assert!(server.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_ends_without_the_farewell_of_tls_is_not_whole() {
    let server = TlsServer::start(CUT_OFF).await;
    let client = server.client("localhost", &server.options());
    let error = client.status(&"job-1".parse().unwrap()).await.unwrap_err();
    let Error::Poll(PollError::TimedOut { trouble: Some(trouble), .. }) = &error else {
        panic!("{error:?}")
    };
    let cut_off = matches!(trouble, PollTrouble::Unreadable { why: StatusUnreadable::CutOff, .. });
    assert!(cut_off, "{trouble:?}");
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_and_sees_no_key() {
    let server =
        TlsServer::behind_proxy("http/1.1", Some("HTTP/1.1 200 Connection established\r\n\r\n"))
            .await;
    let mut options = server.options();
    options.proxy = Proxy::Url(format!("http://me:secret@127.0.0.1:{}", server.port));
    // The name is known to the proxy alone.
    server.client("api.removit.test", &options).upload(&photo()).await.unwrap();

    let plain = server.plain.lock().unwrap().clone();
    assert!(plain.starts_with(&format!("CONNECT api.removit.test:{} HTTP/1.1\r\n", server.port)));
    assert!(plain.contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"), "{plain}");
    assert!(!plain.contains(KEY), "{plain}");
    assert!(!server.seen.lock().unwrap()[0].headers.contains_key("proxy-authorization"));
}

#[tokio::test]
async fn a_proxy_that_refuses_means_not_sent() {
    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    let server = TlsServer::behind_proxy("http/1.1", Some(refusal)).await;
    let mut options = server.options();
    options.proxy = Proxy::Url(format!("http://127.0.0.1:{}", server.port));
    let error = server.client("api.removit.test", &options).upload(&photo()).await.unwrap_err();
    let Error::Upload(UploadError::NotSent(TransportFailure::Unreachable { detail })) = &error
    else {
        panic!("{error:?}")
    };
    assert!(detail.contains("proxy authorization required"), "{detail}");
}

#[tokio::test]
async fn a_loopback_host_is_reached_without_the_proxy() {
    let server = TlsServer::start("http/1.1").await;
    let mut options = server.options();
    options.proxy = Proxy::Url("http://127.0.0.1:1".to_owned());
    assert!(server.client("localhost", &options).upload(&photo()).await.is_ok());
}

#[test]
fn a_root_that_is_no_certificate_is_refused_at_once() {
    for roots in [TlsRoots::Platform, TlsRoots::Bundled, TlsRoots::ExtraOnly] {
        let mut options = TransportOptions::default();
        options.roots = roots;
        options.extra_roots = vec![b"no certificate".to_vec()];
        let error = HyperTransport::with_options(&options).unwrap_err();
        assert!(matches!(error, SetupError::Roots { .. }), "{error}");
    }
}

#[test]
fn bundled_roots_need_nothing_from_the_system() {
    let mut options = TransportOptions::default();
    options.roots = TlsRoots::Bundled;
    assert!(HyperTransport::with_options(&options).is_ok());
}
