//! Servers whose certificate is trusted and yet not good for this connection.

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::super::client_trusting;
use super::super::tls::pki_types::PrivateKeyDer;
use super::super::tls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring};
use super::*;

/// A server for two connections, which tells at the end what it could read.
struct TlsServer {
    port: u16,
    certificate: Vec<u8>,
    thread: JoinHandle<Vec<u8>>,
}

fn serve(name: &str, change: impl FnOnce(&mut CertificateParams)) -> TlsServer {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = thread::spawn(move || {
        let mut read = Vec::new();
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            // Fails where the client refuses the certificate.
            let _ = StreamOwned::new(tls, stream).read_to_end(&mut read);
        }
        read
    });
    TlsServer { port, certificate: certificate.der().to_vec(), thread }
}

scenario! {
    fn a_certificate_for_another_name_or_time_is_no_connection() {
        for server in [
            serve("api.removit.test", |_| ()),
            serve("localhost", |params| params.not_after = date_time_ymd(2020, 1, 1)),
            serve("localhost", |params| params.not_before = date_time_ymd(2999, 1, 1)),
        ] {
            let url = format!("https://localhost:{}", server.port);
            let client = ending_at(PATIENCE, client_trusting(&url, server.certificate));
            let error = shown(timed!(client.upload(&by_url())).unwrap_err());
            let Error::Upload(UploadError::NotSent(TransportFailure::Unreachable { detail })) =
                &error
            else {
                panic!("{error:?}")
            };
            assert!(detail.contains("certificate"), "{detail}");
            assert_eq!(server.thread.join().unwrap(), b"", "nothing was sent");
        }
    }
}
