//! What goes through a proxy that does what it should: all of an upload, with the
//! time that is the upload's own, and nothing that the proxy could read.

use std::io::{Read, Write, copy};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::super::adapter::Proxy;
use super::super::client_with;
use super::super::tls::pki_types::PrivateKeyDer;
use super::super::tls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring};
use super::*;

/// The time for a connection, and how long the server takes to answer.
const TO_CONNECT: Duration = Duration::from_secs(4);
const TO_ANSWER: Duration = Duration::from_secs(5);

/// A server for one upload, which takes its time. Its port, and its certificate.
fn slow_server() -> (u16, Vec<u8>) {
    let own = rcgen::generate_simple_self_signed(["api.removit.test".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let tls = ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = StreamOwned::new(tls, stream);
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        stream.read_exact(&mut vec![0; length.unwrap().parse().unwrap()]).unwrap();
        thread::sleep(TO_ANSWER);
        stream.write_all(&answer("202 Accepted", "", ACCEPTED)).unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    });
    (port, own.cert.der().to_vec())
}

fn take(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    stream.read_exact(&mut read).unwrap();
    read
}

/// What a proxy does with a new client; it tells what the client said.
type Handshake = fn(&mut TcpStream) -> Vec<u8>;

/// A proxy for one connection, whatever its name. Its port, and what it was told.
fn proxy(shake_hands: Handshake, to: u16) -> (u16, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        tell.send(shake_hands(&mut client)).unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
        let (mut there, mut back) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        // Each ends with whichever side hangs up first.
        thread::spawn(move || drop(copy(&mut there, &mut server)));
        let _ = copy(&mut back, &mut client);
    });
    (port, told)
}

fn http(client: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(take(client, 1));
    }
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    head
}

/// With a name and a password.
fn socks(client: &mut TcpStream) -> Vec<u8> {
    let mut told = take(client, 2);
    assert_eq!(told[0], 5);
    told.extend(take(client, usize::from(told[1])));
    client.write_all(&[5, 2]).unwrap();
    for _ in 0..2 {
        // The version before the name; nothing before the password.
        let skipped = if told.ends_with(b"me") { 0 } else { 1 };
        take(client, skipped);
        let length = take(client, 1)[0];
        told.extend(take(client, usize::from(length)));
    }
    client.write_all(&[1, 0]).unwrap();
    // Connect to a name.
    assert_eq!(take(client, 4), [5, 1, 0, 3]);
    let length = take(client, 1)[0];
    told.extend(take(client, usize::from(length)));
    take(client, 2);
    client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).unwrap();
    told
}

scenario! {
    fn an_upload_goes_through_a_proxy_and_has_its_own_time_there() {
        let ways: [(&str, Handshake); 2] =
            [("http", http), ("socks5", socks)];
        for (scheme, shake_hands) in ways {
            let (server, certificate) = slow_server();
            let (port, told) = proxy(shake_hands, server);
            let client = client_with("https://api.removit.test", |options| {
                options.proxy = Proxy::Url(format!("{scheme}://me:secret@127.0.0.1:{port}"));
                options.extra_roots = vec![certificate];
                options.connect_timeout = TO_CONNECT;
            });
            let end = timed!(ending_at(PATIENCE, client).upload(&large()));
            assert!(end.is_ok(), "{scheme}: {end:?}");
            let told = String::from_utf8_lossy(&told.recv().unwrap()).into_owned();
            assert!(told.contains("api.removit.test"), "{scheme}: {told}");
            assert!(!told.contains(KEY), "{scheme}: {told}");
        }
    }
}
