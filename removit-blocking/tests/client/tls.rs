//! TLS and proxies, with a certificate made for the test.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::support::{answer, large_photo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use removit_blocking::proto::{
    ApiErrorKind, PollError, PollTrouble, StatusUnreadable, TransportFailure, UploadError,
};
use removit_blocking::{
    Client, Error, Job, Photo, Proxy, SetupError, TlsRoots, TransportOptions, UreqTransport,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const LARGE: usize = 24 * 1024 * 1024;

/// Serves one request over TLS for `localhost` and `api.test`.
struct TlsServer {
    port: u16,
    certificate: Vec<u8>,
    thread: JoinHandle<Option<String>>,
}

impl TlsServer {
    /// Reads the head of a request and answers; `reads_on` then reads a body.
    fn start(answer: Vec<u8>, reads_on: bool) -> Self {
        let names = ["localhost".to_owned(), "api.test".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let certificate = cert.der().to_vec();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            serve(stream, config, &answer, reads_on)
        });
        Self { port, certificate, thread }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn options(&self) -> TransportOptions {
        let mut options = TransportOptions::default();
        options.roots = TlsRoots::ExtraOnly;
        options.extra_roots = vec![self.certificate.clone()];
        options.proxy = Proxy::Direct;
        options
    }

    /// The head of the request that it received, if any.
    fn finish(self) -> Option<String> {
        self.thread.join().unwrap()
    }
}

fn serve(stream: TcpStream, config: ServerConfig, answer: &[u8], reads_on: bool) -> Option<String> {
    // An answer that waits for an acknowledgement would be lost with the reset.
    stream.set_nodelay(true).unwrap();
    let tls = ServerConnection::new(Arc::new(config)).unwrap();
    let mut stream = StreamOwned::new(tls, stream);
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    if reads_on {
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        stream.read_exact(&mut body).unwrap();
    }
    stream.write_all(answer).unwrap();
    stream.flush().unwrap();
    if reads_on {
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    }
    Some(head)
}

fn accepted() -> Vec<u8> {
    answer("202 Accepted", "", r#"{"job_id":"job-1"}"#)
}

fn upload(base_url: &str, options: &TransportOptions, photo: &Photo) -> Result<Job, Error> {
    let transport = UreqTransport::with_options(options).unwrap();
    let client = Client::with_transport(crate::support::endpoint(base_url), transport);
    crate::support::with_fast_policies(client).upload(photo)
}

fn photo() -> Photo {
    Photo::from_url("https://example.com/cup.jpg").unwrap()
}

#[test]
fn a_certificate_that_was_added_is_trusted_beside_all_others() {
    for roots in [TlsRoots::ExtraOnly, TlsRoots::Bundled, TlsRoots::Platform] {
        let server = TlsServer::start(accepted(), true);
        let mut options = server.options();
        options.roots = roots;
        let job = upload(&server.url(), &options, &photo());
        assert_eq!(job.unwrap().id().as_str(), "job-1", "{roots:?}");
        assert!(server.finish().is_some());
    }
}

#[test]
fn a_large_photo_arrives_whole_over_tls() {
    let server = TlsServer::start(accepted(), true);
    upload(&server.url(), &server.options(), &large_photo(LARGE)).unwrap();
    assert!(server.finish().is_some());
}

#[test]
fn a_certificate_that_is_not_trusted_is_no_connection() {
    let server = TlsServer::start(accepted(), true);
    let mut options = server.options();
    options.roots = TlsRoots::Bundled;
    options.extra_roots.clear();
    let Err(Error::Upload(UploadError::NotSent(failure))) =
        upload(&server.url(), &options, &photo())
    else {
        panic!("sent to a server that is not trusted");
    };
    assert!(matches!(failure, TransportFailure::Unreachable { .. }), "{failure:?}");
    assert_eq!(server.finish(), None);
}

#[test]
fn an_early_no_is_heard_over_tls_though_the_server_hangs_up() {
    let no = answer("401 Unauthorized", "", r#"{"error":"unauthorized"}"#);
    let server = TlsServer::start(no, false);
    let result = upload(&server.url(), &server.options(), &large_photo(LARGE));
    let Err(Error::Upload(UploadError::Rejected(error))) = result else { panic!("{result:?}") };
    assert_eq!(error.kind(), ApiErrorKind::Unauthorized);
}

#[test]
fn an_answer_that_ends_without_the_farewell_of_tls_is_not_whole() {
    let server = TlsServer::start(b"HTTP/1.1 200 OK\r\n\r\n{\"state\":\"done\"}".to_vec(), false);
    let transport = UreqTransport::with_options(&server.options()).unwrap();
    let client = Client::with_transport(crate::support::endpoint(&server.url()), transport);
    let result = client.status(&"job-1".parse().unwrap());
    let Err(Error::Poll(PollError::TimedOut { trouble, .. })) = result else {
        panic!("{result:?}")
    };
    let Some(PollTrouble::Unreadable { why, .. }) = trouble else { panic!("{trouble:?}") };
    assert_eq!(why, StatusUnreadable::CutOff);
}

#[test]
fn what_is_no_certificate_is_refused_at_setup() {
    let mut options = TransportOptions::default();
    options.roots = TlsRoots::ExtraOnly;
    options.extra_roots = vec![b"no certificate".to_vec()];
    let error = UreqTransport::with_options(&options).unwrap_err();
    assert!(matches!(error, SetupError::Roots { .. }), "{error:?}");
}

/// A proxy for one tunnel, which resolves every name to loopback.
fn tunnel(to_port: u16) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            client.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let mut server = TcpStream::connect(("127.0.0.1", to_port)).unwrap();
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let (mut from_client, mut to_server) =
            (client.try_clone().unwrap(), server.try_clone().unwrap());
        let up = std::thread::spawn(move || {
            // Ends with whichever side hangs up first.
            let _ = std::io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(std::net::Shutdown::Write);
        });
        let _ = std::io::copy(&mut server, &mut client);
        let _ = client.shutdown(std::net::Shutdown::Both);
        up.join().unwrap();
        String::from_utf8(head).unwrap()
    });
    (port, thread)
}

#[test]
fn a_proxy_sees_where_a_request_goes_and_nothing_of_it() {
    let server = TlsServer::start(accepted(), true);
    let (port, proxy) = tunnel(server.port);
    let mut options = server.options();
    options.proxy = Proxy::Url(format!("http://user:secret@127.0.0.1:{port}"));
    upload("https://api.test", &options, &large_photo(LARGE)).unwrap();
    let head = proxy.join().unwrap();
    assert!(head.starts_with("CONNECT api.test:443 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"), "{head}");
    assert!(!head.contains(crate::support::KEY) && !head.contains("User-Agent"), "{head}");
    assert!(server.finish().unwrap().contains(crate::support::KEY));
}

#[test]
fn a_loopback_host_is_reached_directly_whatever_the_proxy() {
    let server = TlsServer::start(accepted(), true);
    let mut options = server.options();
    options.proxy = Proxy::Url("http://127.0.0.1:1".to_owned());
    upload(&server.url(), &options, &photo()).unwrap();
    assert!(server.finish().is_some());
}
