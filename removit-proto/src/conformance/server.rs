//! A server of plain sockets on loopback that does what a case wrote down, and remembers
//! what came.
//!
//! It answers below a path of its own alone, which nobody can guess: ports are given
//! again, and a broken transport may go on after its case. It stops when it is dropped.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::connection::Connection;
use super::log::{Log, Received};
use super::played::Played;

/// What a server does with one connection.
type Script = dyn Fn(&mut Connection) + Send + Sync;

pub(super) struct Server {
    address: SocketAddr,
    path: Arc<str>,
    log: Arc<Log>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// A server on a free port, below this path.
    ///
    /// # Errors
    /// Where the machine gives it no port.
    pub(super) fn start(
        path: String,
        played: Arc<Played>,
        script: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (path, log) = (Arc::<str>::from(path), Arc::new(Log::new(played)));
        let script: Arc<Script> = Arc::new(script);
        let accepting = {
            let (path, log) = (Arc::clone(&path), Arc::clone(&log));
            thread::spawn(move || accept(&listener, &script, &path, &log))
        };
        Ok(Self { address, path, log, accepting: Some(accepting) })
    }

    /// The base URL of the API that it plays.
    pub(super) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// Where its paths begin.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many bytes of answers the client's side took.
    pub(super) fn written(&self) -> u64 {
        self.log.written()
    }

    /// The requests whose heads have come, in that order.
    pub(super) fn requests(&self) -> Vec<Received> {
        self.log.requests().clone()
    }

    /// How many requests have arrived whole.
    pub(super) fn whole_requests(&self) -> usize {
        self.log.requests().iter().filter(|request| request.whole).count()
    }

    /// Whether a request has arrived whole.
    pub(super) fn has_a_request(&self) -> bool {
        self.whole_requests() > 0
    }

    /// Whether the head of a request has come.
    pub(super) fn has_a_head(&self) -> bool {
        !self.log.requests().is_empty()
    }

    /// Waits until `reached` holds of the requests; `false` where it never does.
    pub(super) fn wait_for(&self, reached: impl Fn(&[Received]) -> bool) -> bool {
        self.log.wait_for(reached)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.log.stop();
        // Wakes the accepting thread; where that fails it was awake already.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            // A script that panicked shows in its case: what it serves is missing.
            drop(accepting.join());
        }
    }
}

fn accept(listener: &TcpListener, script: &Arc<Script>, path: &Arc<str>, log: &Arc<Log>) {
    let mut talks = Vec::new();
    while let Ok((stream, _)) = listener.accept() {
        if log.is_stopping() {
            break;
        }
        let (script, path, log) = (Arc::clone(script), Arc::clone(path), Arc::clone(log));
        talks.push(thread::spawn(move || {
            if let Some(mut connection) = Connection::accepted(stream, path, log) {
                script(&mut connection);
            }
        }));
    }
    for talk in talks {
        drop(talk.join());
    }
}

/// An answer with its `Content-Length`. `headers` are whole lines.
pub(super) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn ask(server: &Server, path: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        // A reset is no answer either.
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    /// Another case's client, whose own server had this port before.
    #[test]
    fn who_asks_for_another_path_is_turned_away_and_counts_for_nothing() {
        let talks = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&talks);
        let played = Arc::new(Played::new());
        let server = Server::start("/one-17".to_owned(), played, move |connection| {
            counting.fetch_add(1, Ordering::SeqCst);
            assert_eq!(connection.number, 0, "the strangers before were not counted");
            drop(connection.request());
            connection.send(answer("200 OK", "Connection: close\r\n", "it"));
        })
        .unwrap();
        for stranger in ["/", "/one-18/x", "/one-17", "/one-171/x", "x"] {
            assert_eq!(ask(&server, stranger), "", "{stranger}");
        }
        assert_eq!((server.requests().len(), talks.load(Ordering::SeqCst)), (0, 0));
        assert!(ask(&server, "/one-17/x").ends_with("it"));
        assert_eq!((server.requests().len(), talks.load(Ordering::SeqCst)), (1, 1));
    }
}
