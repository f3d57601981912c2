//! Servers whose certificate is trusted and yet not good for this connection.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use super::super::adapter::ClientCertificate;
use super::super::client_with;
use super::super::tls::pki_types::PrivateKeyDer;
use super::super::tls::server::WebPkiClientVerifier;
use super::super::tls::{
    ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned, crypto::ring,
};
use super::*;

/// A server that tells at the end how many connections there were, and what it could
/// read.
struct TlsServer {
    port: u16,
    certificate: Vec<u8>,
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<(usize, Vec<u8>)>,
}

fn serve(name: &str, change: impl FnOnce(&mut CertificateParams)) -> TlsServer {
    serve_those_with(None, name, change)
}

/// Serves only those clients which show this certificate, where there is one.
fn serve_those_with(
    client: Option<&[u8]>,
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> TlsServer {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = match client {
        None => config.with_no_client_auth(),
        Some(client) => {
            let mut roots = RootCertStore::empty();
            roots.add(client.to_vec().into()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let stopped = Arc::new(AtomicBool::new(false));
    let is_stopped = Arc::clone(&stopped);
    let thread = thread::spawn(move || {
        let (mut connections, mut read) = (0, Vec::new());
        loop {
            let (stream, _) = listener.accept().unwrap();
            if is_stopped.load(Ordering::Relaxed) {
                return (connections, read);
            }
            connections += 1;
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(tls, stream);
            // Fails where one side refuses the other's certificate.
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            if !head.is_empty() && stream.read_exact(&mut body).is_ok() {
                stream.write_all(&answer("202 Accepted", "", ACCEPTED)).unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
            read.extend(head.into_bytes());
        }
    });
    TlsServer { port, certificate: certificate.der().to_vec(), stopped, thread }
}

impl TlsServer {
    /// A client that trusts this certificate alone.
    fn client(&self, trusted: Vec<u8>) -> TheClient {
        let url = format!("https://localhost:{}", self.port);
        ending_at(PATIENCE, client_with(&url, |options| options.extra_roots = vec![trusted]))
    }

    fn finish(self) -> (usize, Vec<u8>) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        self.thread.join().unwrap()
    }
}

scenario! {
    fn a_certificate_that_is_no_good_ends_everything_at_once_and_says_what_to_do() {
        let stranger = serve("localhost", |params| {
            params.distinguished_name.push(DnType::CommonName, "a stranger");
        });
        let stranger = stranger.certificate;
        for (server, trusted, advice) in [
            (serve("api.removit.test", |_| ()), None, "check the server's URL"),
            (serve("localhost", |params| params.not_after = date_time_ymd(2020, 1, 1)), None, "clock"),
            (serve("localhost", |params| params.not_before = date_time_ymd(2999, 1, 1)), None, "clock"),
            (serve("localhost", |_| ()), Some(stranger), "add its root certificate"),
        ] {
            let client = server.client(trusted.unwrap_or_else(|| server.certificate.clone()));
            let error = shown(timed!(client.upload(&by_url())).unwrap_err());
            let Error::Upload(UploadError::NotSent(TransportFailure::Unreachable { detail })) =
                &error
            else {
                panic!("{error:?}")
            };
            assert!(detail.contains("certificate") && detail.contains(advice), "{detail}");
            assert!(!error.to_string().contains("safe to try again"), "{error}");

            let error = shown(timed!(client.wait(&job())).unwrap_err());
            let Error::Poll(PollError::Unreachable { failure, .. }) = &error else {
                panic!("{error:?}")
            };
            assert!(failure.to_string().contains(advice), "{failure}");
            assert_eq!(error.job_id(), Some(&job()));

            assert_eq!(server.finish(), (2, Vec::new()), "one connection each, nothing was sent");
        }
    }
}

scenario! {
    fn a_result_whose_server_cannot_be_trusted_is_not_tried_again() {
        let server = serve("localhost", |_| ());
        let url = format!("https://localhost:{}/cup.png", server.port);
        let body = format!(r#"{{"job_id":"job-1","state":"done","final_url":"{url}"}}"#);
        let answer = http::Response::new(body);
        let status = JobStatus::decode(&answer, &job(), &endpoint(&url)).unwrap();
        let finished = Finished::try_from(status).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let into = Destination::folder(folder.path(), "cup");
        let client = server.client(serve("localhost", |_| ()).certificate);
        let error = shown(timed!(client.download(&finished, &into)).unwrap_err());
        let Error::Download { failed, .. } = &error else { panic!("{error:?}") };
        let lasting = matches!(
            &failed[0].1,
            SaveError::Fetch(DownloadError::Transport(TransportFailure::Unreachable { .. }))
        );
        assert!(lasting, "{failed:?}");
        assert_eq!(server.finish(), (1, Vec::new()));
    }
}

scenario! {
    fn a_server_that_asks_for_a_certificate_is_shown_the_one_of_the_options() {
        let own = rcgen::generate_simple_self_signed(["shop.test".to_owned()]).unwrap();
        let pem = own.cert.pem() + &own.signing_key.serialize_pem();
        for certificate in [
            ClientCertificate::from_pem(pem.as_bytes()),
            ClientCertificate::from_der(
                vec![own.cert.der().to_vec()],
                own.signing_key.serialize_der(),
            ),
        ] {
            let server = serve_those_with(Some(own.cert.der()), "localhost", |_| ());
            let url = format!("https://localhost:{}", server.port);
            let client = client_with(&url, |options| {
                options.extra_roots = vec![server.certificate.clone()];
                options.client_certificate = Some(certificate.unwrap());
            });
            assert!(timed!(ending_at(PATIENCE, client).upload(&by_url())).is_ok());
            assert_eq!(server.finish().0, 1);
        }
    }
}

scenario! {
    fn a_server_that_is_shown_no_certificate_or_another_one_has_processed_nothing() {
        let own = rcgen::generate_simple_self_signed(["shop.test".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(["other.test".to_owned()]).unwrap();
        let other = other.cert.pem() + &other.signing_key.serialize_pem();
        let other = ClientCertificate::from_pem(other.as_bytes()).unwrap();
        assert_eq!(format!("{other:?}"), "ClientCertificate { .. }", "without its key");
        for shown_one in [None, Some(other)] {
            for photo in [by_url(), large()] {
                let server = serve_those_with(Some(own.cert.der()), "localhost", |_| ());
                let url = format!("https://localhost:{}", server.port);
                let client = client_with(&url, |options| {
                    options.extra_roots = vec![server.certificate.clone()];
                    options.client_certificate = shown_one.clone();
                });
                let error = shown(timed!(ending_at(PATIENCE, client).upload(&photo)).unwrap_err());
                let not_sent = matches!(&error, Error::Upload(UploadError::NotSent(_)));
                assert!(not_sent, "{error:?}");
                assert!(server.finish().1.is_empty(), "nothing was read");
            }
        }
    }
}

scenario! {
    fn a_tls_configuration_of_ones_own_is_used_in_place_of_all_others() {
        let server = serve("localhost", |_| ());
        let mut roots = RootCertStore::empty();
        roots.add(server.certificate.clone().into()).unwrap();
        let mut own = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Which protocols are offered is the transport's to say.
        own.alpn_protocols = vec![b"gopher".to_vec()];
        let client = client_with(&format!("https://localhost:{}", server.port), |options| {
            options.tls = Some(Arc::new(own));
        });
        assert!(timed!(ending_at(PATIENCE, client).upload(&by_url())).is_ok());
        assert_eq!(server.finish().0, 1);
    }
}
