//! The way to the server: who is asked, with which header, through whom, trusting whom.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio_rustls::rustls::{ServerConnection, StreamOwned};

use super::way::{WAYS, Way, at_once, each_way, set};
use crate::acceptor::acceptor;
use crate::bench::{Bench, finish};
use crate::ran::{KEY, Ran};

const REFUSED: &str =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

/// What a listener got to read, one head after the other.
type Heads = Arc<Mutex<Vec<String>>>;

/// Reads the head of each connection's request and answers it.
fn listen(answer: Option<&'static str>) -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heads = Heads::default();
    let seen = Arc::clone(&heads);
    thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            seen.lock().unwrap().push(head(&mut stream));
            match answer {
                Some(answer) => {
                    let _ = stream.write_all(answer.as_bytes());
                }
                None => silent.push(stream),
            }
        }
    });
    (address, heads)
}

fn head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn where_the_api_is() {
    at_once(&WAYS, |way| {
        for path in ["", "/", "/api/v1", "/api/v1/upload"] {
            let bench = Bench::new();
            let url = format!("{}{path}", bench.server.base_url());
            let mut command = set(&bench, way, &["submit", "cup.png"], "base-url", &url);
            if way != Way::Environment {
                command.env_remove("REMOVIT_BASE_URL");
            }
            Ran::new(&command.output().unwrap()).exits(0);
            assert_eq!(bench.jobs(), 1, "{way:?}: {path}");
        }
    });
    // In whichever way it is written, it is the same API.
    let bench = Bench::new();
    for path in ["/", "/api/v1/", ""] {
        let url = format!("{}{path}", bench.server.base_url());
        bench.run(&["submit", "cup.png", "--base-url", &url]).exits(0);
    }
    assert_eq!((bench.jobs(), fs::read_dir(bench.state()).unwrap().count()), (1, 1));
}

#[test]
fn which_header_carries_the_key() {
    for way in [Way::Default].into_iter().chain(WAYS) {
        let (address, heads) = listen(Some(REFUSED));
        let bench = Bench::new();
        let words = ["status", "job-1", "--base-url", &format!("http://{address}")];
        finish(set(&bench, way, &words, "auth", "bearer").spawn().unwrap()).exits(4);
        let head = heads.lock().unwrap()[0].to_ascii_lowercase();
        let line = head.lines().find(|line| line.contains(KEY)).unwrap();
        let header = if way == Way::Default { "x-api-key" } else { "authorization" };
        assert_eq!(line.split(':').next(), Some(header), "{way:?}");
    }
}

#[test]
fn the_way_leads_through_a_proxy_or_through_none() {
    let (address, heads) = listen(Some("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
    let proxy = format!("http://{address}");
    let words = ["status", "job-1", "--base-url", "https://removit.invalid:1"];
    let make = || {
        heads.lock().unwrap().clear();
        Bench::new()
    };
    let seen = |_: &Bench, ran: &Ran| {
        assert!(ran.code != Some(0) && !ran.err.contains(&address), "{ran:?}");
        heads.lock().unwrap().first().map(|head| head[..32].to_owned()).unwrap_or_default()
    };
    for way in WAYS {
        let bench = make();
        let ran = finish(set(&bench, way, &words, "proxy", &proxy).spawn().unwrap());
        assert_eq!(seen(&bench, &ran), "CONNECT removit.invalid:1 HTTP/1", "{way:?}");
        let bench = make();
        let mut command = set(&bench, way, &words, "no-proxy", "true");
        let ran = finish(command.env("HTTPS_PROXY", &proxy).spawn().unwrap());
        assert_eq!(seen(&bench, &ran), "", "{way:?}");
    }
    // The variable alone: as before, there is a proxy.
    let bench = make();
    let ran = finish(bench.command(&words).env("HTTPS_PROXY", &proxy).spawn().unwrap());
    assert_eq!(seen(&bench, &ran), "CONNECT removit.invalid:1 HTTP/1");
    // A wrong one is told without its password.
    let ran = bench.run(&["status", "x", "--proxy", "ftp://me:hidden@host"]).exits(2);
    assert!(ran.err.contains("--proxy: ") && ran.err.contains("not that of a proxy"), "{ran:?}");
    assert!(!ran.err.contains("hidden"), "{ran:?}");
    bench.run(&["status", "x", "--proxy", &proxy, "--no-proxy"]).exits(2);
}

/// A proxy that takes connections and is silent: only the time limit ends each try.
#[test]
fn making_a_connection_takes_no_longer_than_it_may() {
    at_once(&WAYS, |way| {
        let (address, heads) = listen(None);
        let bench = Bench::new();
        let proxy = format!("http://{address}");
        let url = "https://removit.invalid";
        let words = ["submit", "cup.png", "--base-url", url, "--proxy", &proxy, "--timeout", "6s"];
        let ran = finish(set(&bench, way, &words, "connect-timeout", "50ms").spawn().unwrap());
        // By default the first try would take longer than all of them may.
        assert!(heads.lock().unwrap().len() > 1, "{way:?}: {:?}", ran.exits(10));
    });
}

/// A server whose certificate nobody knows: each request is refused, inside TLS.
fn secret_server() -> (String, Vec<u8>) {
    let (tls, root) = acceptor(&["localhost"], &["http/1.1"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let config = Arc::clone(tls.config());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream: StreamOwned<_, TcpStream> = StreamOwned::new(session, stream.unwrap());
            if head(&mut stream).contains("/api/v1/status") {
                let _ = stream.write_all(REFUSED.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    (url, root)
}

fn pem(der: &[u8]) -> String {
    let text = base64(der);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..4 {
            let letter = (bits >> (18 - 6 * place)) & 63;
            let is_there = place <= chunk.len();
            text.push(if is_there { char::from(LETTERS[letter as usize]) } else { '=' });
        }
    }
    text
}

#[test]
fn whom_to_trust_is_said_by_a_file_in_pem_or_der() {
    let (url, root) = secret_server();
    let words = ["status", "job-1", "--base-url", &url];
    let code = |_: &Bench, ran: &Ran| ran.code.unwrap().to_string();
    for bytes in
        [root.clone(), pem(&root).into_bytes(), format!("a gateway\n{}", pem(&root)).into()]
    {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("root");
        fs::write(&file, &bytes).unwrap();
        each_way(("ca-cert", file.to_str().unwrap()), &words, Bench::new, code, "4");
    }
    let bench = Bench::new();
    fs::write(bench.path("none"), "no certificate").unwrap();
    for (file, exit, told) in [("none", 2, "no certificate in it"), ("absent", 1, "No such file")] {
        let ran = bench.run(&["status", "x", "--ca-cert", file]).exits(exit);
        assert!(ran.err.contains("--ca-cert") && ran.err.contains(told), "{ran:?}");
    }
}

/// What the operating system trusts can be said by a variable; Mozilla's list cannot.
#[cfg(target_os = "linux")]
#[test]
fn whose_roots_are_trusted() {
    let (url, root) = secret_server();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    fs::write(&file, pem(&root)).unwrap();
    let words = ["status", "job-1", "--base-url", &url];
    for way in [Way::Default].into_iter().chain(WAYS) {
        let bench = Bench::new();
        let mut command = set(&bench, way, &words, "tls-roots", "bundled");
        let ran = finish(command.env("SSL_CERT_FILE", &file).spawn().unwrap());
        let code = if way == Way::Default { 4 } else { 10 };
        assert_eq!(ran.code, Some(code), "{way:?}: {ran:?}");
    }
}
